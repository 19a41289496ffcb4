"""Rows of the ledger as the domain's values. Also of runs that others wrote with the contract's columns only."""

from typing import Any

from pydantic import ValidationError
from sqlalchemy import Label, Row, RowMapping, Select, String, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH

from core.domain.chat import Message, Parameters
from core.domain.pricing import FALLBACK, UNKNOWN, Cost, CostLine, CostSource, Prices
from core.domain.runs import Payer, RunEntry, RunOrigin, RunRecord, RunRow, RunStatus
from core.domain.usage import Usage
from core.store.tables import llm_usage_logs as logs
from core.store.tables import run_texts

STATUS: Label[str] = literal_column(
    f"CASE WHEN {logs.c.status} = 'completed' AND NOT {logs.c.success} THEN 'error' ELSE {logs.c.status} END", String
).label("status")
"""Where a run stands. Who knows only `success` says with it that a run failed. An index holds it, written like this."""

IS_ESTIMATE = logs.c.cost_source.in_([CostSource.ESTIMATED, CostSource.UNKNOWN])
"""Whether a cost is not exact; one of unknown source is taken for an estimate."""

_EXCERPT = logs.c.metadata["prompt"].astext.label("prompt")
_OF_THE_USER = cast('$[*] ? (@.role == "user")', JSONPATH)
_SAID = func.jsonb_path_query_array(run_texts.c.messages, _OF_THE_USER, type_=JSONB)
LAST_QUESTION = _SAID[-1]["content"].astext


def scanned() -> Select[Any]:
    """Select what a line of the history shows."""
    return select(
        logs.c.id,
        logs.c.user_id,
        logs.c.model_name,
        STATUS,
        logs.c.error_code,
        _EXCERPT,
        logs.c.input_tokens,
        logs.c.output_tokens,
        logs.c.cost,
        logs.c.cost_source,
        logs.c.latency_ms,
        logs.c.ttft_ms,
        logs.c.created_at,
        logs.c.tags,
        logs.c.paid_by,
    )


def told() -> Select[Any]:
    """Select what a line of the history shows, and its texts."""
    excerpts = logs.c.metadata
    return (
        scanned()
        .add_columns(
            func.coalesce(LAST_QUESTION, _EXCERPT).label("question"),
            func.coalesce(run_texts.c.response, excerpts["response"].astext).label("response"),
            excerpts["parameters"].label("parameters"),
        )
        .join_from(logs, run_texts, isouter=True)
    )


def whole() -> Select[Any]:
    """Select a whole run with its texts, where they are kept."""
    texts = select(run_texts.c.messages, run_texts.c.response, run_texts.c.reasoning)
    columns = [column for column in logs.c if column.name not in ("status", "metadata")]
    kept = texts.selected_columns
    return select(*columns, STATUS, logs.c.metadata.label("excerpts"), *kept).join_from(logs, run_texts, isouter=True)


def run_row(row: Row[Any]) -> RunRow:
    """Return one line of the history."""
    return RunRow.model_construct(**_scanned_fields(row._mapping), prompt=row.prompt)


def run_entry(row: Row[Any]) -> RunEntry:
    """Return one line of the history with its texts."""
    fields = _scanned_fields(row._mapping)
    parameters = _parameters(row.parameters)
    return RunEntry.model_construct(**fields, prompt=row.question, response=row.response, parameters=parameters)


def run_record(row: Row[Any]) -> RunRecord:
    """Return one run, whole."""
    values, excerpts = row._mapping, row.excerpts
    messages = _messages(values["messages"])
    answer = excerpts.get("response") if messages is None else values["response"]
    return RunRecord(
        **_scanned_fields(values),
        prompt=_last_question(messages) or excerpts.get("prompt"),
        usage=_usage(values),
        usage_reported=values["usage_reported"],
        raw_usage=values["raw_usage"],
        prices=Prices.model_validate(values["prices"]) if values["prices"] else FALLBACK,
        parameters=_parameters(excerpts.get("parameters")),
        origin=RunOrigin(values["origin"]),
        messages=messages,
        response=answer,
        reasoning=values["reasoning"],
        finish_reason=values["finish_reason"],
        error_message=values["error_message"],
        notices=tuple(values["notices"]),
        generation_id=values["generation_id"],
        answered_by=values["answered_by"],
    )


def kept_tags(kept: Any) -> dict[str, str]:
    """Return the tags of a run by name; none where what others wrote is nothing of the kind."""
    return {name: str(value) for name, value in kept.items()} if isinstance(kept, dict) else {}


def _scanned_fields(values: RowMapping) -> dict[str, Any]:
    same = ("id", "user_id", "error_code", "input_tokens", "output_tokens", "latency_ms", "ttft_ms", "created_at")
    return {
        **{name: values[name] for name in same},
        "model_id": values["model_name"],
        "status": RunStatus(values["status"]),
        "cost": _cost(values),
        "tags": kept_tags(values["tags"]),
        "paid_by": Payer.OWN if values["paid_by"] == Payer.OWN else Payer.LAB,
    }


def _cost(values: RowMapping) -> Cost:
    if values["cost"] is None:
        return UNKNOWN
    source = CostSource(values["cost_source"])
    known = CostSource.ESTIMATED if source is CostSource.UNKNOWN else source
    lines = tuple(CostLine.model_validate(line) for line in values.get("cost_lines") or ())
    return Cost(amount=values["cost"], source=known, lines=lines)


def _usage(values: RowMapping) -> Usage:
    names = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
    billed = values["cost"] if values["cost_source"] == CostSource.PROVIDER else None
    return Usage(**{name: values[name] for name in names}, billed_usd=billed)


def _messages(kept: list[dict[str, Any]] | None) -> tuple[Message, ...] | None:
    return None if kept is None else tuple(Message.model_validate(message) for message in kept)


def _last_question(messages: tuple[Message, ...] | None) -> str | None:
    said = [message.content for message in messages or () if message.role == "user"]
    return said[-1] if said else None


def _parameters(kept: Any) -> Parameters:
    try:
        return Parameters.model_validate(kept or {})
    except ValidationError:  # others may have asked for what the lab would not
        return Parameters()
