"""Everything that is kept about one person, read to be handed over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, cast, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.types import Text

from core.domain.runs import RunRecord
from core.store.database import Database
from core.store.rows import run_record, whole
from core.store.tables import api_tokens, audit_log, month_counts, provider_keys, refusals, sessions, templates, users
from core.store.tables import llm_usage_logs as logs
from core.store.words import beginnings

RUNS_AT_ONCE = 200
ROWS_AT_ONCE = 1_000
LIMIT_S = 30.0

Rows = list[dict[str, Any]]

_PLACE = tuple_(logs.c.created_at, logs.c.id)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data it is. `erased_at` is when name, keys and texts were cleared, if they were."""

    id: str
    username: str
    role: str
    enabled: bool
    created_at: datetime
    erased_at: datetime | None


_KEPT: dict[str, tuple[Column[Any], tuple[Column[Any], ...]]] = {
    "sessions": (
        sessions.c.user_id,
        tuple(sessions.c[name] for name in ("created_at", "last_seen_at", "expires_at", "address", "agent")),
    ),
    "api_tokens": (
        api_tokens.c.user_id,
        tuple(api_tokens.c[name] for name in ("name", "ending", "scopes", "created_at", "last_used_at", "expires_at")),
    ),
    "templates": (
        templates.c.user_id,
        tuple(templates.c[name] for name in ("name", "prompt", "category", "description", "created_at", "updated_at")),
    ),
    "provider_keys": (
        provider_keys.c.owner,
        tuple(provider_keys.c[name] for name in ("provider", "base_url", "ending", "added_at", "last_used_at")),
    ),
    "months": (month_counts.c.user_id, (month_counts.c.month, month_counts.c.runs)),
}
"""What is few enough to be read at once: whose it is, and what of it is told. No hash and no secret is among it."""

_ACCOUNT = ("id", "username", "tier", "role", "enabled", "created_at", "limits", "openid", "erased_at")


class PersonStore:
    """Reads what is kept about people. Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, name_or_id: str) -> Subject | None:
        """Return the person of that id, or of that name, whatever its case."""
        named = or_(users.c.id == name_or_id, func.lower(users.c.username) == func.lower(name_or_id))
        columns = [users.c[name] for name in Subject.__dataclass_fields__]
        query = select(*columns).where(named).order_by((users.c.id == name_or_id).desc()).limit(1)
        row = self._database.call(lambda connection: connection.execute(query).first())
        return None if row is None else Subject(*row)

    def account(self, user_id: str) -> dict[str, Any]:
        """Return the account without its hash, and what hangs on it, by kind."""

        def work(connection: Connection) -> dict[str, Any]:
            account = select(*(users.c[name] for name in _ACCOUNT)).where(users.c.id == user_id)
            kept = {kind: _rows(connection, whose == user_id, columns) for kind, (whose, columns) in _KEPT.items()}
            return {"account": dict(connection.execute(account).one()._mapping), **kept}

        return self._database.call(work)

    def runs(self, user_id: str) -> Iterator[list[RunRecord]]:
        """Yield all runs, newest first, some at a time, with their texts as far as they are kept."""
        beyond: list[ColumnElement[bool]] = []
        while True:
            query = whole().where(logs.c.user_id == user_id, *beyond)
            newest = query.order_by(logs.c.created_at.desc(), logs.c.id.desc()).limit(RUNS_AT_ONCE)
            found = self._database.call(partial(_records, query=newest), limit_s=LIMIT_S)
            if not found:
                return
            yield found
            last = found[-1]
            place = tuple_(literal(last.created_at), literal(last.id))
            beyond = [logs.c.created_at <= last.created_at, place > _PLACE]

    def refusals(self, user_id: str) -> Rows:
        """Return what was refused, the latest first."""
        columns = tuple(refusals.c[name] for name in ("minute", "model_name", "code", "message", "times"))
        return self._database.call(
            lambda connection: _rows(connection, refusals.c.user_id == user_id, columns), limit_s=LIMIT_S
        )

    def notes(self, user_id: str) -> Iterator[Rows]:
        """Yield all audit notes by the person and about the person, newest first, some at a time."""
        last: int | None = None
        while found := self._database.call(partial(_notes, user_id=user_id, before=last), limit_s=LIMIT_S):
            yield found
            last = found[-1]["id"]


def _rows(connection: Connection, mine: ColumnElement[bool], columns: tuple[Column[Any], ...]) -> Rows:
    query = select(*columns).where(mine).order_by(columns[0].desc())
    return [dict(row._mapping) for row in connection.execute(query)]


def _records(connection: Connection, query: Select[Any]) -> list[RunRecord]:
    return [run_record(row) for row in connection.execute(query)]


def _notes(connection: Connection, user_id: str, before: int | None) -> Rows:
    """The words of the log lead to where the id stands; what else has the same words is left out."""
    query = connection.scalar(beginnings(user_id))
    spoken = audit_log.c.words.bool_op("@@")(cast(query, TSQUERY)) & (
        (audit_log.c.subject == user_id) | cast(audit_log.c.details, Text).contains(f'"{user_id}"', autoescape=True)
    )
    mine = [or_(audit_log.c.actor == user_id, spoken)]
    mine += [] if before is None else [audit_log.c.id < before]
    columns = [audit_log.c[name] for name in ("id", "at", "actor", "act", "subject", "details")]
    found = select(*columns).where(*mine).order_by(audit_log.c.id.desc()).limit(ROWS_AT_ONCE)
    return [dict(row._mapping) for row in connection.execute(found)]
