"""An answer as the playground shows it, whether it comes from a run that has just ended or from the record."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.domain.pricing import Cost, Prices
from core.domain.runs import Outcome, Payer, RunRecord, RunStatus, speed
from core.domain.usage import Usage
from core.services.runs import LiveRun


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said in one run, and its figures. Durations in milliseconds."""

    run_id: UUID
    model_id: str
    status: RunStatus
    text: str
    reasoning: str
    usage: Usage
    cost: Cost
    prices: Prices
    raw_usage: dict[str, Any] | None
    latency_ms: int | None
    ttft_ms: int | None
    finish_reason: str | None
    error_message: str | None
    notices: tuple[str, ...]
    paid_by: Payer = Payer.LAB
    cleared: bool = False
    """Whether the texts are gone, since their retention has passed."""

    @property
    def tokens_per_second(self) -> float | None:
        """Output tokens a second after the first word; None if it cannot be told."""
        return speed(self.usage.output_tokens, self.latency_ms, self.ttft_ms)


def of_outcome(run: LiveRun, outcome: Outcome) -> Answer:
    """Return the answer of a run that has ended."""
    return Answer(
        run_id=outcome.run_id,
        model_id=run.admission.request.model_id,
        text=outcome.text,
        reasoning=outcome.reasoning,
        **_shared(outcome),
    )


def of_record(record: RunRecord) -> Answer:
    """Return the answer of a recorded run; empty where its text was cleared."""
    return Answer(
        run_id=record.id,
        model_id=record.model_id,
        text=record.response or "",
        reasoning=record.reasoning or "",
        cleared=record.messages is None,
        **_shared(record),
    )


def _shared(run: Outcome | RunRecord) -> dict[str, Any]:
    names = "status usage prices cost raw_usage latency_ms ttft_ms finish_reason error_message notices paid_by"
    return {name: getattr(run, name) for name in names.split()}
