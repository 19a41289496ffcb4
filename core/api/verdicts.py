"""How a run ended, as the API tells it: as the last event of its stream, or whole."""

from core.api.answers import encoded
from core.api.schemas import DoneEvent, ErrorEvent, FailedAnswer, RunAnswer, Verdict
from core.domain.runs import Outcome, RunStatus
from core.services.runs import LiveRun

STOPPED = "The run was stopped. What had arrived is kept."


def verdict_of(run: LiveRun) -> bytes:
    """Return the last event of a run that has ended, as JSON."""
    outcome = _ended(run)
    return encoded(_done(run, outcome) if outcome.status is RunStatus.COMPLETED else _failed(run, outcome))


def answer_of(run: LiveRun) -> bytes:
    """Return a run that has ended, whole, as JSON."""
    outcome = _ended(run)
    texts = {"content": outcome.text, "reasoning": outcome.reasoning}
    if outcome.status is RunStatus.COMPLETED:
        return encoded(RunAnswer(**_done(run, outcome).model_dump(), **texts))
    return encoded(FailedAnswer(**_failed(run, outcome).model_dump(), **texts))


def _ended(run: LiveRun) -> Outcome:
    assert run.outcome is not None
    return run.outcome


def _done(run: LiveRun, outcome: Outcome) -> DoneEvent:
    return DoneEvent(
        **_verdict(run, outcome).model_dump(),
        finish_reason=outcome.finish_reason,
        tokens_per_second=outcome.tokens_per_second,
    )


def _failed(run: LiveRun, outcome: Outcome) -> ErrorEvent:
    return ErrorEvent(
        **_verdict(run, outcome).model_dump(),
        error=outcome.error_message or STOPPED,
        code=outcome.error_code or "cancelled",
    )


def _verdict(run: LiveRun, outcome: Outcome) -> Verdict:
    usage, cost = outcome.usage, outcome.cost
    return Verdict(
        run_id=outcome.run_id,
        model_id=run.admission.request.model_id,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        total_tokens=usage.total_tokens,
        cached_tokens=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cost=cost.amount,
        cost_source=cost.source,
        latency_ms=outcome.latency_ms,
        ttft_ms=outcome.ttft_ms,
        notices=outcome.notices,
    )
