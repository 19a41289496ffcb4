"""The conversation of the playground: turns, kept for the browser session, and named in the URL by its last run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

import streamlit as st

from core.domain.accounts import User
from core.domain.chat import Message, Parameters
from core.domain.runs import RunOrigin, RunRecord
from core.errors import NotFound
from core.lab import Lab
from core.services.runs import LiveRun
from pages.components.answers import Answer, of_outcome, of_record
from pages.components.model_picker import choose_model
from pages.components.parameters import choose_parameters
from pages.components.tags import choose_tags

UNFOLLOWED_S = 1.0


@dataclass(slots=True)
class Turn:
    """What the user said, and what came back: a run in flight, an answer, or the bare text of an earlier turn."""

    prompt: str
    reply: LiveRun | Answer | str

    @property
    def text(self) -> str:
        """The reply's text, as far as it is there."""
        match self.reply:
            case LiveRun():
                return self.reply.tally.text
            case Answer():
                return self.reply.text
            case str():
                return self.reply


@dataclass(slots=True)
class Conversation:
    """The turns so far and the system prompt that they were held under."""

    turns: list[Turn] = field(default_factory=list)
    system: str = ""

    @property
    def live(self) -> LiveRun | None:
        """The run in flight, if there is one; it is always the last turn's."""
        reply = self.turns[-1].reply if self.turns else None
        return reply if isinstance(reply, LiveRun) else None

    @property
    def run_id(self) -> UUID | None:
        """The id of the last turn's run."""
        match self.turns[-1].reply if self.turns else None:
            case LiveRun() as run:
                return run.admission.run_id
            case Answer() as answer:
                return answer.run_id
        return None

    def messages(self, prompt: str, system: str) -> tuple[Message, ...]:
        """Return what is sent for `prompt`: the system prompt, the answered turns, and the prompt itself."""
        messages = [Message(role="system", content=system)] if system.strip() else []
        for turn in self.turns:
            if turn.text.strip():
                messages.append(Message(role="user", content=turn.prompt))
                messages.append(Message(role="assistant", content=turn.text))
        return (*messages, Message(role="user", content=prompt))

    def before_last(self) -> "Conversation":
        """Return the conversation as it was before its last prompt."""
        return Conversation(self.turns[:-1], self.system)

    def conclude(self) -> None:
        """Turn the run that has ended into its answer; without effect while it goes on."""
        if (run := self.live) and run.outcome:
            self.turns[-1].reply = of_outcome(run, run.outcome)


def open_conversation(lab: Lab, user: User) -> Conversation:
    """Return the conversation of this browser session. To be called before the composer is drawn.

    The run that the URL names wins; a fresh session without one finds the user's run that nobody follows any more.
    """
    conversation: Conversation = st.session_state.setdefault("conversation", Conversation())
    named = st.query_params.get("run")
    if named and named != str(conversation.run_id):
        conversation = st.session_state["conversation"] = _opened(lab, user, named)
    elif not conversation.turns and (lost := _unfollowed(lab, user)):
        conversation = st.session_state["conversation"] = _of_live(lost)
    return conversation


def name_in_url(conversation: Conversation) -> None:
    """Have the URL name the conversation, so that a reload, the back button or a colleague's click finds it."""
    named = str(conversation.run_id) if conversation.run_id else None
    if named and st.query_params.get("run") != named:
        st.query_params["run"] = named
    elif not named:
        st.query_params.pop("run", None)


def _opened(lab: Lab, user: User, run_id: str) -> Conversation:
    try:
        run = lab.runs.open(user, UUID(run_id))
    except (NotFound, ValueError):
        st.toast("That run does not exist, or is not yours.", icon=":material/search_off:")
        return Conversation()
    return _of_record(run) if isinstance(run, RunRecord) else _of_live(run)


def _unfollowed(lab: Lab, user: User) -> LiveRun | None:
    def is_lost(run: LiveRun) -> bool:
        return run.admission.origin is RunOrigin.PLAYGROUND and monotonic() - run.followed > UNFOLLOWED_S

    return next((run for run in reversed(lab.runs.live(user)) if is_lost(run)), None)


def _of_live(run: LiveRun) -> Conversation:
    request, tags = run.admission.request, run.admission.tags
    conversation = _of_messages(request.messages, run)
    conversation.conclude()
    _choose(request.model_id, request.parameters, conversation.system, tags)
    return conversation


def _of_record(record: RunRecord) -> Conversation:
    conversation = _of_messages(record.messages or (), of_record(record))
    _choose(record.model_id, record.parameters, conversation.system, record.tags)
    return conversation


def _choose(model_id: str, parameters: Parameters, system: str, tags: Mapping[str, str]) -> None:
    """Have the composer go on as the opened run was sent; without tags of its own, under those that are chosen."""
    choose_model(model_id)
    choose_parameters(parameters, system)
    if tags:
        choose_tags(tags)


def _of_messages(messages: tuple[Message, ...], reply: LiveRun | Answer) -> Conversation:
    """Rebuild the turns that were sent, with `reply` to the last of them."""
    conversation = Conversation(system="\n\n".join(m.content for m in messages if m.role == "system"))
    for message in messages:
        if message.role == "user":
            conversation.turns.append(Turn(message.content, ""))
        elif message.role == "assistant" and conversation.turns:
            conversation.turns[-1].reply = message.content
    if not conversation.turns:
        conversation.turns.append(Turn("", reply))
    conversation.turns[-1].reply = reply
    return conversation
