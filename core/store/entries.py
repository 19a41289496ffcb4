"""What the ledger writes of a run, as rows of its tables. What goes into a JSON column may still be a model."""

from typing import Any

from core.domain.chat import clean
from core.domain.runs import EXCERPT_CHARACTERS, Admission, Outcome, RunStatus
from core.store.plain import capped, fitting, plain_json
from core.store.tables import llm_usage_logs as logs

SOURCE = "testing_lab"

Row = dict[str, Any]


def started(admission: Admission, instance_id: int, *, text: bool = True) -> Row:
    """Return the row of a run that is about to begin, with an excerpt of its `text` or without."""
    request = admission.request
    return {
        "id": admission.run_id,
        "user_id": admission.user_id,
        "model_name": request.model_id,
        "status": RunStatus.STARTED,
        "origin": admission.origin,
        "tags": admission.tags,
        "prices": admission.prices,
        "paid_by": admission.paid_by,
        "reserved_usd": admission.reserved_usd,
        "estimated_input_tokens": admission.input_tokens,
        "instance_id": instance_id,
        "deadline_at": admission.deadline_at,
        "created_at": admission.started_at,
        "metadata": {
            "prompt": request.prompt[:EXCERPT_CHARACTERS] if text else None,
            "response": None,
            "parameters": request.parameters,
            "source": SOURCE,
        },
    }


def question(admission: Admission) -> Row:
    """Return the row that keeps the texts of a run: so far, what was asked."""
    return {
        "run_id": admission.run_id,
        "messages": admission.request.messages,
        "created_at": admission.started_at,
    }


def settled(outcome: Outcome) -> Row:
    """Return what settling changes in the row of a run, its excerpts apart."""
    usage, cost = outcome.usage, outcome.cost
    return {
        "status": outcome.status,
        "success": outcome.status is RunStatus.COMPLETED,
        "input_tokens": capped(usage.input_tokens),
        "output_tokens": capped(usage.output_tokens),
        "total_tokens": capped(usage.total_tokens),
        "cached_tokens": capped(usage.cached_tokens),
        "cache_write_tokens": capped(usage.cache_write_tokens),
        "reasoning_tokens": capped(usage.reasoning_tokens),
        "usage_reported": outcome.usage_reported,
        "raw_usage": plain_json(outcome.raw_usage),
        "prices": outcome.prices,
        "cost": cost.amount,
        "cost_source": cost.source,
        "cost_lines": cost.lines,
        "latency_ms": capped(outcome.latency_ms),
        "ttft_ms": capped(outcome.ttft_ms),
        "finish_reason": fitting(outcome.finish_reason, logs.c.finish_reason),
        "error_code": outcome.error_code,
        "notices": plain_json(outcome.notices),
        "generation_id": fitting(outcome.generation_id, logs.c.generation_id),
        "answered_by": fitting(outcome.answered_by, logs.c.answered_by),
        "service_tier": fitting(outcome.service_tier, logs.c.service_tier),
        "settled_at": outcome.ended_at,
    }


def answer(outcome: Outcome) -> Row:
    """Return what settling adds to the texts of a run."""
    return {"response": clean(outcome.text), "reasoning": clean(outcome.reasoning)}


def excerpts(outcome: Outcome) -> Row:
    """Return what settling adds of the texts to the row of a run: to its metadata, and what its error says."""
    return {
        "metadata": {"response": clean(outcome.text)[:EXCERPT_CHARACTERS]},
        "error_message": fitting(outcome.error_message, logs.c.error_message),
    }


NO_EXCERPTS: Row = {"metadata": {}, "error_message": None}
"""What it adds where no texts are kept."""
