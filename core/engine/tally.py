"""What a run has come to so far: folds a provider's events into text, usage and a verdict, at the end an outcome."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, assert_never

from core.domain.events import (
    Delta,
    Event,
    Failed,
    Finished,
    Identified,
    Noticed,
    ReasoningDelta,
    TextDelta,
    UsageReported,
)
from core.domain.faults import UNBILLED, FaultCode, explain
from core.domain.pricing import Prices, cost_of
from core.domain.runs import Admission, Outcome, Payer, RunStatus
from core.domain.usage import Usage, estimate_tokens


@dataclass(slots=True)
class Tally:
    """The state of one run. `deltas` only grows, so a reader that remembers a position never misses a piece."""

    deltas: list[Delta] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    reported: UsageReported | None = None
    identity: Identified = field(default_factory=Identified)
    finish_reason: str | None = None
    failure: Failed | None = None
    first_delta_s: float | None = None
    characters: int = 0
    """The length of all deltas."""

    def take(self, events: Iterable[Event], elapsed_s: float) -> None:
        """Fold in `events`, which arrived `elapsed_s` seconds after the run was started."""
        for event in events:
            match event:
                case TextDelta() | ReasoningDelta():
                    if self.first_delta_s is None:
                        self.first_delta_s = elapsed_s
                    self.deltas.append(event)
                    self.characters += len(event.text)
                case UsageReported():
                    self.reported = event
                case Identified():
                    self.identity = _merged(self.identity, event)
                case Noticed():
                    self.notices.append(event.message)
                case Finished():
                    self.finish_reason = event.reason
                case Failed():
                    self.failure = event
                case _:
                    assert_never(event)

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(delta.text for delta in self.deltas if isinstance(delta, TextDelta))

    @property
    def reasoning(self) -> str:
        """The reasoning so far."""
        return "".join(delta.text for delta in self.deltas if isinstance(delta, ReasoningDelta))

    def outcome(
        self,
        admission: Admission,
        *,
        prices: Prices,
        provider: str,
        cancelled: bool,
        latency_s: float,
        ended_at: datetime,
    ) -> Outcome:
        """Return how the run ended, at these `prices`. `provider` is the display name that its sentences use."""
        usage, usage_reported = self._usage(admission, cancelled)
        return Outcome(
            run_id=admission.run_id,
            status=self._status(cancelled),
            text=self.text,
            reasoning=self.reasoning,
            usage=usage,
            usage_reported=usage_reported,
            raw_usage=dict(self.reported.raw) if self.reported else None,
            prices=prices,
            cost=cost_of(usage, prices, reported=usage_reported),
            latency_ms=round(latency_s * 1000),
            ttft_ms=None if self.first_delta_s is None else round(self.first_delta_s * 1000),
            finish_reason=self.finish_reason,
            notices=tuple(self.notices),
            generation_id=self.identity.generation_id,
            answered_by=self.identity.model,
            service_tier=self.identity.service_tier,
            started_at=admission.started_at,
            ended_at=ended_at,
            paid_by=admission.paid_by,
            **self._error(provider, admission, charged=usage.total_tokens > 0),
        )

    def _status(self, cancelled: bool) -> RunStatus:
        if cancelled:
            return RunStatus.CANCELLED
        if self.failure is None:
            return RunStatus.COMPLETED
        return RunStatus.INCOMPLETE if self.failure.code is FaultCode.TRUNCATED else RunStatus.ERROR

    def _error(self, provider: str, admission: Admission, *, charged: bool) -> dict[str, Any]:
        if self.failure is None:
            return {}
        code, detail, wait = self.failure.code, self.failure.detail, self.failure.retry_after_s
        own_key = admission.paid_by is Payer.OWN
        message = explain(code, provider, detail=detail, retry_after_s=wait, own_key=own_key)
        return {"error_code": code, "error_message": message if charged else f"{message} Nothing was charged."}

    def _usage(self, admission: Admission, cancelled: bool) -> tuple[Usage, bool]:
        """Return the usage, and whether the provider told it. A stream that broke off was billed all the same."""
        if self.reported and not self.reported.partial:
            return self.reported.usage, True
        refused = self.failure is not None and self.failure.code in UNBILLED and not cancelled
        if refused and not self.deltas and not self.reported:
            return Usage(), True
        return self._counted(admission), False

    def _counted(self, admission: Admission) -> Usage:
        reasoning = estimate_tokens(self.reasoning)
        output = estimate_tokens(self.text) + reasoning
        if not self.reported:
            return Usage(input_tokens=admission.input_tokens, output_tokens=output, reasoning_tokens=reasoning)
        told = self.reported.usage
        output = max(output, told.output_tokens)
        return told.model_copy(update={"output_tokens": output, "reasoning_tokens": min(reasoning, output)})


def _merged(known: Identified, told: Identified) -> Identified:
    return Identified(
        generation_id=told.generation_id or known.generation_id,
        model=told.model or known.model,
        service_tier=told.service_tier or known.service_tier,
    )
