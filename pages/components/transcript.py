"""A conversation as a file: Markdown for people, JSON for programs."""

import json

from core.domain.runs import RunStatus
from pages.components.answers import Answer
from pages.components.conversation import Conversation, Turn
from pages.components.format import money_exact
from pages.components.status import word


def as_markdown(conversation: Conversation) -> str:
    """Return the conversation as Markdown, with each run's model and cost."""
    system = "\n".join(f"> {line}" for line in conversation.system.splitlines())
    parts = [system] if system else []
    for turn in conversation.turns:
        parts += ["## You", turn.prompt, f"## {_speaker(turn)}", turn.text]
        if isinstance(turn.reply, Answer):
            parts.append(f"*{_figures(turn.reply)}*")
    return "\n\n".join(parts) + "\n"


def as_json(conversation: Conversation) -> str:
    """Return the conversation as JSON: costs are exact decimal strings, durations milliseconds."""
    turns = [{"prompt": turn.prompt, "answer": turn.text, "run": _facts(turn.reply)} for turn in conversation.turns]
    return json.dumps({"system": conversation.system or None, "turns": turns}, ensure_ascii=False, indent=2)


def _speaker(turn: Turn) -> str:
    return turn.reply.model_id if isinstance(turn.reply, Answer) else "Assistant"


def _figures(answer: Answer) -> str:
    usage, cost = answer.usage, answer.cost
    figures = f"{usage.input_tokens} in, {usage.output_tokens} out, {money_exact(cost.amount)} ({cost.source})"
    return figures if answer.status is RunStatus.COMPLETED else f"{word(answer.status)}. {figures}"


def _facts(reply: object) -> dict[str, object] | None:
    if not isinstance(reply, Answer):
        return None
    return {
        "id": str(reply.run_id),
        "model_id": reply.model_id,
        "status": reply.status,
        "reasoning": reply.reasoning or None,
        "usage": reply.usage.model_dump(mode="json"),
        "cost": None if reply.cost.amount is None else str(reply.cost.amount),
        "cost_source": reply.cost.source,
        "latency_ms": reply.latency_ms,
        "ttft_ms": reply.ttft_ms,
        "finish_reason": reply.finish_reason,
        "error": reply.error_message,
    }
