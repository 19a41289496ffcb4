"""Settling runs, many in one transaction. What is settled already, also by the same batch, is left alone."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Update,
    Uuid,
    any_,
    bindparam,
    select,
    update,
)

from core.domain.runs import Outcome, RunStatus
from core.store import entries
from core.store.places import release
from core.store.recordsets import given, recordset
from core.store.tables import llm_usage_logs as logs
from core.store.tables import run_texts

_RUN_IDS = "run_ids"


def settle(connection: Connection, outcomes: Sequence[Outcome]) -> list[bool]:
    """Record how runs ended. Returns for each whether this call did it: no if it was done, or there is no such run."""
    unsettled = _lock(connection, [outcome.run_id for outcome in outcomes])
    rows = [unsettled.pop(outcome.run_id, None) for outcome in outcomes]
    ended = [outcome for outcome, row in zip(outcomes, rows, strict=True) if row]
    if ended:
        _keep(connection, ended)
        release(connection, [row.user_id for row in rows if row and row.status == RunStatus.STARTED])
    return [row is not None for row in rows]


def _lock(connection: Connection, run_ids: list[UUID]) -> dict[UUID, Row[Any]]:
    return {row.id: row for row in connection.execute(_UNSETTLED, {_RUN_IDS: run_ids})}


def _keep(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Write the figures, and the answers beside the questions; where a question was cleared, its answer is not kept."""
    answers = [{"run_id": outcome.run_id, **entries.answer(outcome)} for outcome in outcomes]
    run_ids = [outcome.run_id for outcome in outcomes]
    asked = set(connection.scalars(_ANSWERED, {_RUN_IDS: run_ids, **given(answers)}))
    rows = [
        {
            "id": outcome.run_id,
            **entries.settled(outcome),
            "metadata": entries.excerpt(outcome) if outcome.run_id in asked else {},
        }
        for outcome in outcomes
    ]
    connection.execute(_ended(tuple(rows[0])), {_RUN_IDS: run_ids, **given(rows)})


def _named(run_id: Column[UUID]) -> ColumnElement[bool]:
    """Say it of every table: a set of rows alone could lead the planner to read a whole table."""
    return run_id == any_(bindparam(_RUN_IDS, type_=ARRAY(Uuid)))


def _unsettled() -> Select[Any]:
    """Lock, in one order, the runs that are not settled yet."""
    waits = logs.c.status.in_([RunStatus.STARTED, RunStatus.UNKNOWN]) & logs.c.settled_at.is_(None)
    unsettled = select(logs.c.id, logs.c.user_id, logs.c.status).where(_named(logs.c.id), waits)
    return unsettled.order_by(logs.c.id).with_for_update()


def _answered() -> Update:
    new = recordset(run_texts, ("run_id", "response", "reasoning"))
    answer = {"response": new.c.response, "reasoning": new.c.reasoning}
    mine = update(run_texts).where(_named(run_texts.c.run_id), run_texts.c.run_id == new.c.run_id)
    return mine.values(answer).returning(run_texts.c.run_id)


@cache
def _ended(names: tuple[str, ...]) -> Update:
    new = recordset(logs, names)
    changes = {name: new.c[name] for name in names if name not in ("id", "metadata")}
    metadata = logs.c.metadata.op("||")(new.c.metadata)
    return update(logs).where(_named(logs.c.id), logs.c.id == new.c.id).values({**changes, "metadata": metadata})


_UNSETTLED = _unsettled()
_ANSWERED = _answered()
