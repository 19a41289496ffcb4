"""What is left of the texts of runs beside `run_texts`: excerpts in the ledger, and what providers said of failures.

They go with the texts (see `Ledger.clear_texts`). What others wrote, or an earlier version left, is looked for here.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, tuple_, update

from core.domain.runs import RunStatus
from core.store.database import Database
from core.store.ledger import WITHOUT_TEXTS
from core.store.tables import llm_usage_logs as logs
from core.store.tables import run_texts

LIMIT_S = 300.0
AT_ONCE = 1_000

_EXCERPT = or_(logs.c.metadata["prompt"].astext.is_not(None), logs.c.metadata["response"].astext.is_not(None))
_SAID = logs.c.error_message.is_not(None)
_ENDED = logs.c.status != RunStatus.STARTED


@dataclass(frozen=True, slots=True)
class Left:
    """How much text there is that is older than it may be: of runs, their excerpts, messages of errors, files."""

    texts: int
    excerpts: int
    errors: int
    files: int = 0

    @property
    def all(self) -> int:
        """All of it."""
        return self.texts + self.excerpts + self.errors + self.files


class TextStore:
    """The texts that are older than they may be. Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def left(self, before: datetime) -> Left:
        """Count what is kept of runs that have ended, from before an instant. It reads all of the ledger that is as
        old."""
        kept = select(func.count()).where(run_texts.c.created_at < before, _RUN_ENDED)
        counts = (func.count().filter(_EXCERPT), func.count().filter(_SAID))
        rest = select(*counts).select_from(logs).where(logs.c.created_at < before, _ENDED)

        def work(connection: Connection) -> Left:
            return Left(connection.scalar(kept) or 0, *connection.execute(rest).one())

        return self._database.call(work, limit_s=LIMIT_S)

    def clear(self, before: datetime, since: datetime | None = None) -> int:
        """Clear the excerpts and messages of runs from before an instant, and not before `since`. Returns of how many
        runs."""
        cleared, reached = 0, since
        while found := self._database.call(partial(_clear, before=before, since=reached), limit_s=LIMIT_S):
            cleared, reached = cleared + len(found), found[-1].created_at
        return cleared


def without_texts(connection: Connection, mine: ColumnElement[bool]) -> int:
    """Clear every text of the runs of which `mine` holds, also of those under way. Returns of how many runs."""
    runs = select(logs.c.id).where(mine)
    gone = connection.execute(run_texts.delete().where(run_texts.c.run_id.in_(runs))).rowcount
    rest = connection.execute(update(logs).where(mine, or_(_EXCERPT, _SAID)).values(WITHOUT_TEXTS)).rowcount
    return max(gone, rest)


def _clear(connection: Connection, before: datetime, since: datetime | None) -> list[Row[Any]]:
    old = [logs.c.created_at < before, _ENDED, or_(_EXCERPT, _SAID)]
    old += [] if since is None else [logs.c.created_at >= since]
    some = select(logs.c.id, logs.c.created_at).where(*old).order_by(logs.c.created_at).limit(AT_ONCE)
    found = list(connection.execute(some).all())
    places = [(row.id, row.created_at) for row in found]
    connection.execute(update(logs).where(tuple_(logs.c.id, logs.c.created_at).in_(places)).values(WITHOUT_TEXTS))
    return found


_RUN_ENDED = select(logs.c.id).where(logs.c.id == run_texts.c.run_id, _ENDED).exists()
