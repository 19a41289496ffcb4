"""What can be asked of the recorded runs, and the shape of the answers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.domain.periods import Period
from core.domain.runs import RunEntry, RunRow, RunStatus


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which runs. None does not restrict; all that is given must hold. `text` is searched in the kept prompts.

    `ended` leaves out the runs under way.
    """

    user_id: str | None = None
    model_id: str | None = None
    provider: str | None = None
    status: RunStatus | None = None
    period: Period | None = None
    text: str | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the history, between runs: newest first, ties broken by id."""

    created_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some runs, newest first. `newer` and `older` are where to go on from, None at an end."""

    rows: list[RunRow]
    newer: Position | None
    older: Position | None


@dataclass(frozen=True, slots=True)
class HistoryList:
    """Some runs with their texts, newest first, and how many there are in `total`. `older` is None at the end."""

    total: int
    entries: list[RunEntry]
    older: Position | None
