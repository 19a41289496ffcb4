"""Settling runs, many in one transaction. What is settled already, also by the same batch, is left alone."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Row,
    Select,
    Update,
    Uuid,
    any_,
    bindparam,
    select,
    update,
)

from core.domain.pricing import CostSource
from core.domain.runs import Outcome, RunStatus
from core.store import entries
from core.store.lookups import ask_later
from core.store.places import release
from core.store.recordsets import given, recordset
from core.store.tables import llm_usage_logs as logs
from core.store.tables import run_texts

_RUN_IDS, _FIRST, _LAST = "run_ids", "first", "last"
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def settle(connection: Connection, outcomes: Sequence[Outcome], billed_later: Collection[str] = ()) -> list[bool]:
    """Record how runs ended. Returns for each whether this call did it: no if it was done, or there is no such run.

    `billed_later` are the providers that can be asked afterwards what a run cost; where it is an estimate, they will.
    """
    unsettled = _lock(connection, outcomes)
    rows = [unsettled.pop(outcome.run_id, None) for outcome in outcomes]
    ended = [outcome for outcome, row in zip(outcomes, rows, strict=True) if row]
    if ended:
        release(connection, [row.user_id for row in rows if row and row.status == RunStatus.STARTED])
        _keep(connection, ended)
    if guessed := [outcome for outcome in ended if billed_later and _is_guess(outcome)]:
        last = max(outcome.ended_at for outcome in guessed)
        since = _places(guessed)[_FIRST]
        ask_later(connection, [outcome.run_id for outcome in guessed], billed_later, since, last)
    return [row is not None for row in rows]


def _lock(connection: Connection, outcomes: Sequence[Outcome]) -> dict[UUID, Row[Any]]:
    return {row.id: row for row in connection.execute(_UNSETTLED, _places(outcomes))}


def _places(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Which rows, and between which instants: so that only the months are looked into in which they lie."""
    starts = [outcome.started_at for outcome in outcomes]
    known = [start for start in starts if start is not None]
    first, last = (min(known), max(known)) if len(known) == len(starts) else (_EARLIEST, _LATEST)
    return {_RUN_IDS: [outcome.run_id for outcome in outcomes], _FIRST: first, _LAST: last}


def _is_guess(outcome: Outcome) -> bool:
    return outcome.generation_id is not None and outcome.cost.source is CostSource.ESTIMATED


def _keep(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Write the figures, and the answers beside the questions; where a question was cleared, neither its answer is kept
    nor what the provider said of it."""
    answers = [{"run_id": outcome.run_id, **entries.answer(outcome)} for outcome in outcomes]
    places = _places(outcomes)
    asked = set(connection.scalars(_ANSWERED, {_RUN_IDS: places[_RUN_IDS], **given(answers)}))
    rows = [
        {
            "id": outcome.run_id,
            **entries.settled(outcome),
            **(entries.excerpts(outcome) if outcome.run_id in asked else entries.NO_EXCERPTS),
        }
        for outcome in outcomes
    ]
    connection.execute(_ended(tuple(rows[0])), {**places, **given(rows)})


def _named(run_id: Column[UUID]) -> ColumnElement[bool]:
    """Say it of every table: a set of rows alone could lead the planner to read a whole table."""
    return run_id == any_(bindparam(_RUN_IDS, type_=ARRAY(Uuid)))


def _recorded() -> ColumnElement[bool]:
    first, last = (bindparam(name, type_=DateTime(timezone=True)) for name in (_FIRST, _LAST))
    return _named(logs.c.id) & logs.c.created_at.between(first, last)


def _unsettled() -> Select[Any]:
    """Lock, in one order, the runs that are not settled yet."""
    waits = logs.c.status.in_([RunStatus.STARTED, RunStatus.UNKNOWN]) & logs.c.settled_at.is_(None)
    unsettled = select(logs.c.id, logs.c.user_id, logs.c.status).where(_recorded(), waits)
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
    return update(logs).where(_recorded(), logs.c.id == new.c.id).values({**changes, "metadata": metadata})


_UNSETTLED = _unsettled()
_ANSWERED = _answered()
