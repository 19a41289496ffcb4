"""The composer at the foot of the playground: model, template, parameters, tags, the prompt or Stop, what it takes."""

import streamlit as st
from pydantic import ValidationError

from core.domain.accounts import User
from core.domain.budgets import BudgetState
from core.domain.chat import ChatRequest
from core.domain.models import ModelInfo
from core.domain.runs import Payer, RunOrigin
from core.errors import LabError
from core.lab import Lab
from core.services.runs import LiveRun
from pages.components.conversation import Conversation, Turn
from pages.components.format import literal
from pages.components.model_picker import offer_instead, pick_model
from pages.components.parameters import chosen_parameters, draw_parameters
from pages.components.quote_line import draw_quote
from pages.components.tags import chosen_tags, draw_tags
from pages.components.templates import pick_template, picked_prompt

PROMPT, REFUSAL, UNSENT = "prompt", "refusal", "unsent"
STOP_WIDTH = 275  # pixels: that of what it stands in place of, so that the models' list stays as wide as it is


class Composer:
    """The composer of one rerun. While a run goes on, Stop stands where templates and parameters are."""

    def __init__(self, lab: Lab, user: User, conversation: Conversation) -> None:
        self._lab = lab
        self._user = user
        self._conversation = conversation

    @property
    def model(self) -> ModelInfo:
        """The chosen model."""
        return self._choice.model

    def draw(self, *, busy: bool) -> str | None:
        """Draw the composer and return the prompt that was just sent, if one was; `busy` while a run goes or begins.

        The prompt's field is called outside `st.bottom`, where it lands all the same: only then does Streamlit keep
        the page scrolled to the end of the conversation.
        """
        with st.bottom:
            refused = st.empty()  # always there, so that what is open below stays open when a refusal goes
            if refusal := st.session_state.pop(REFUSAL, None):
                refused.warning(literal(refusal), icon=":material/block:")
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                self._choice = pick_model(self._lab, self._user)
                self._tools = st.empty()
            self._draw_tools()
            offer_instead(self._lab, self._user, self._choice)
        if waiting := picked_prompt(self._lab, self._user) or st.session_state.pop(UNSENT, None):
            write(waiting)
        prompt = st.chat_input("Write a prompt", key=PROMPT, disabled=busy, submit_mode="disable")
        with st.bottom:
            self._draw_quote()
        return prompt

    def send(self, prompt: str) -> None:
        """Put `prompt` to the model as the next turn. If it is refused, the page tells why and it stays written."""
        if run := self._started(self._conversation, prompt):
            self._conversation.turns.append(Turn(prompt, run))
            self._draw_stop(run)
        else:
            st.session_state[UNSENT] = prompt
            st.rerun()

    def send_again(self) -> None:
        """Put the last prompt once more; its new answer takes the place of the old one, unless it is refused."""
        prompt = self._conversation.turns[-1].prompt
        if run := self._started(self._conversation.before_last(), prompt):
            self._conversation.turns[-1] = Turn(prompt, run)
            self._draw_stop(run)
        else:
            st.rerun()

    def _started(self, before: Conversation, prompt: str) -> LiveRun | None:
        try:
            request, tags = self._request(before, prompt), chosen_tags()
            run = self._lab.runs.start(self._user, request, RunOrigin.PLAYGROUND, tags=tags)
        except (LabError, ValidationError) as error:
            st.session_state[REFUSAL] = _plain(error)
            return None
        self._conversation.system = chosen_parameters()[1]
        return run

    def _draw_tools(self) -> None:
        if run := self._conversation.live:
            self._draw_stop(run)
            return
        with self._tools.container(horizontal=True, gap="small", width="content"):
            pick_template(self._user)
            draw_parameters()
            draw_tags(self._user)

    def _draw_stop(self, run: LiveRun) -> None:
        self._tools.button(
            "Stop",
            key="stop",
            icon=":material/stop_circle:",
            width=STOP_WIDTH,
            shortcut="Esc",
            on_click=self._lab.runs.stop,
            args=(self._user, run.admission.run_id),
        )

    def _request(self, before: Conversation, prompt: str) -> ChatRequest:
        parameters, system = chosen_parameters()
        messages = before.messages(prompt, system)
        return ChatRequest(model_id=self._choice.model.id, messages=messages, **parameters.model_dump())

    def _draw_quote(self) -> None:
        """Draw what the next run will take beside what is being written, which the browser adds."""
        try:
            request = self._request(self._conversation, "")
        except ValidationError as error:
            st.caption(_plain(error))
            return
        quote, left = self._lab.runs.quote(request), self._lab.runs.runs_left(self._user)
        room = self._room() if quote.worst_case_usd else None
        draw_quote(quote, left, room, has_history=len(request.messages) > 1)

    def _room(self) -> BudgetState | None:
        """The budget that the next run would come up against first; none where the user's own key pays."""
        try:
            paid_by, tags = self._lab.models.call(self._user, self.model).paid_by, chosen_tags()
        except LabError:  # it cannot be sent as it stands
            return None
        return None if paid_by is Payer.OWN else self._lab.budgets.tightest(self._user, self.model.id, tags)


def write(prompt: str) -> None:
    """Put `prompt` into the composer, to be sent as it stands or changed. Before the composer is drawn only."""
    st.session_state[PROMPT] = prompt


def _plain(error: LabError | ValidationError) -> str:
    if isinstance(error, LabError):
        return error.message
    return "The conversation is too long to send. Start a new one, or shorten the prompt."
