"""The months of the ledger: tables of their own in the schema `llm_usage_months`, one for each month of UTC.

Months are made ahead, so that a run always finds its own. A run of another time, which others may write, lies among the
`others` until its month is made.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

from sqlalchemy import Connection, text

from core.errors import InvalidRequest, NotFound
from core.store.database import Database
from core.store.rollup_sql import figures

SCHEMA = "llm_usage_months"
AHEAD = 3
LIMIT_S = 300.0
_LOCK = 0x6D6F6E746873  # any number that nobody else locks


class Months:
    """The months of a database's ledger. Every method raises `StoreUnavailable` if it is away."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    def make_ahead(self) -> None:
        """Make this month and the next ones, where they are not there yet."""
        wanted = [self._now().astimezone(UTC).date().replace(day=1)]
        for _ in range(AHEAD):
            wanted.append(_after(wanted[-1]))
        missing = sorted(set(wanted) - set(self.all()))
        for first in missing:
            self._database.call(partial(_make, month=first), limit_s=LIMIT_S)

    def all(self) -> list[date]:
        """Return the first days of the months that are there, oldest first."""
        return self._database.call(_months)

    def detach(self, month: date) -> str:
        """Take a month that has passed out of the ledger and return the table that holds it from then on.

        Its runs are in no history and no figure any more; attach the table, or drop it. Raises `NotFound`, and
        `InvalidRequest` for a month that has not passed, or whose texts are kept still.
        """
        first = month.replace(day=1)
        if _after(first) > self._now().astimezone(UTC).date():
            raise InvalidRequest("Only a month that has passed can be detached.")
        return self._database.call(lambda connection: _detach(connection, first), limit_s=LIMIT_S)


def _after(month: date) -> date:
    return (month.replace(day=1) + timedelta(32)).replace(day=1)


def _name(month: date) -> str:
    return f"m{month:%Y_%m}"


def _months(connection: Connection) -> list[date]:
    attached = """
        SELECT child.relname FROM pg_inherits
        JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = 'llm_usage_logs'::regclass AND child.relname LIKE 'm____\\___' ORDER BY 1"""
    return [date(int(name[1:5]), int(name[6:8]), 1) for name in connection.scalars(text(attached))]


def _make(connection: Connection, month: date) -> None:
    """Make a month, and move there what lay among the others. Whoever writes to the ledger waits for it."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if month in _months(connection):
        return
    name, ends = f"{SCHEMA}.{_name(month)}", {"first": _begins(month), "end": _begins(_after(month))}
    connection.execute(text(f"CREATE TABLE {name} (LIKE llm_usage_logs INCLUDING DEFAULTS INCLUDING GENERATED)"))
    strays = "created_at >= CAST(:first AS timestamptz) AND created_at < CAST(:end AS timestamptz)"
    if connection.scalar(text(f"SELECT EXISTS (SELECT FROM {SCHEMA}.others WHERE {strays})"), ends):
        _move(connection, name, strays, ends)
    bounds = f"FROM ('{ends['first']}') TO ('{ends['end']}')"
    connection.execute(text(f"ALTER TABLE llm_usage_logs ATTACH PARTITION {name} FOR VALUES {bounds}"))


def _move(connection: Connection, name: str, strays: str, ends: dict[str, str]) -> None:
    """The texts of what is moved wait meanwhile: they refer to the ledger. No trigger of the ledger sees the move."""
    columns = ", ".join(
        connection.scalars(
            text(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema()"
                " AND table_name = 'llm_usage_logs' AND is_generated = 'NEVER'"
            )
        )
    )
    connection.execute(text("ALTER TABLE run_texts DROP CONSTRAINT fk_run_texts_run_id"))
    connection.execute(
        text(
            f"WITH moved AS (DELETE FROM {SCHEMA}.others WHERE {strays} RETURNING {columns})"
            f" INSERT INTO {name} ({columns}) SELECT {columns} FROM moved"
        ),
        ends,
    )
    connection.execute(
        text(
            "ALTER TABLE run_texts ADD CONSTRAINT fk_run_texts_run_id FOREIGN KEY (run_id, created_at)"
            " REFERENCES llm_usage_logs (id, created_at) ON DELETE CASCADE NOT VALID"
        )
    )


def _detach(connection: Connection, month: date) -> str:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if month not in _months(connection):
        raise NotFound(f"The ledger has no month {month:%Y-%m}.")
    ends = {"first": _begins(month), "end": _begins(_after(month))}
    kept = "SELECT EXISTS (SELECT FROM run_texts WHERE created_at >= CAST(:first AS timestamptz) AND created_at < :end)"
    if connection.scalar(text(kept.replace(":end", "CAST(:end AS timestamptz)")), ends):
        raise InvalidRequest("Texts of this month are kept still. Detach it when their retention has passed.")
    name = f"{SCHEMA}.{_name(month)}"
    connection.execute(text(f"ALTER TABLE llm_usage_logs DETACH PARTITION {name}"))
    connection.execute(text(f"INSERT INTO rollup_changes SELECT -1, gone.* FROM ({figures(name)}) AS gone"))
    return name


def _begins(month: date) -> str:
    return f"{month:%Y-%m-%d} 00:00:00+00"
