"""What can be asked of the recorded runs, and the shape of the answers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.domain.periods import Period
from core.domain.runs import RunEntry, RunRow, RunStatus


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which runs. None does not restrict; all that is given must hold.

    `tag` is a name and its value. Of `text` every word must stand in the prompt, where that is kept, or begin a word
    there. `ended` leaves out the runs under way.
    """

    user_id: str | None = None
    model_id: str | None = None
    provider: str | None = None
    status: RunStatus | None = None
    error_code: str | None = None
    tag: tuple[str, str] | None = None
    period: Period | None = None
    text: str | None = None
    ended: bool = False

    @property
    def wordless(self) -> bool:
        """Whether `text` is given and holds no word, so that nothing can be found by it."""
        return self.text is not None and not any(map(str.isalnum, self.text))


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the history, between runs: newest first, ties broken by id."""

    created_at: datetime
    id: UUID

    @classmethod
    def before(cls, instant: datetime) -> "Position":
        """Return the place beyond which, towards the older ones, are the runs from before `instant`."""
        return cls(instant, UUID(int=0))


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some runs, newest first. `newer` and `older` are where to go on from, None at an end.

    `texts_since` is when the oldest run began whose texts are kept: told where runs were searched by their texts, None
    if none are kept.
    """

    rows: list[RunRow]
    newer: Position | None
    older: Position | None
    texts_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class HistoryList:
    """Some runs with their texts, newest first, and how many there are in `total`. `older` is None at the end."""

    total: int
    entries: list[RunEntry]
    older: Position | None
