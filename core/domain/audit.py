"""Who did what to what, where it was not their own, or was an administrator's doing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.domain.periods import Period

OPERATOR = "operator"
"""The actor of what is done with the commands, for which nobody signs in."""


@dataclass(frozen=True, slots=True)
class Note:
    """That the user `actor` did `act` to `subject`. `details` may tell what was `before` and `after`; secrets and the
    texts of runs are no details."""

    actor: str
    act: str
    subject: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotePlace:
    """A place in the audit log, between notes: newest first, ties broken by id."""

    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class KeptNote(Note):
    """A note as it is kept: when it was made, and its number."""

    at: datetime = datetime.min
    id: int = 0

    @property
    def place(self) -> NotePlace:
        """Where it stands."""
        return NotePlace(self.at, self.id)


@dataclass(frozen=True, slots=True)
class NoteFilter:
    """Which notes. None does not restrict; all that is given must hold.

    `actor` and `subject` are ids. Of one of the `words`, each word must stand in the subject or the details, or begin
    one there.
    """

    actor: str | None = None
    act: str | None = None
    subject: str | None = None
    period: Period | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotePage:
    """Some notes, newest first, and the `names` of the people in them by id: of those who are not erased.

    `newer` and `older` are where to go on from, None at an end.
    """

    notes: list[KeptNote]
    names: Mapping[str, str]
    newer: NotePlace | None
    older: NotePlace | None


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the details of a change: what it changed, as it was `before` and as it is `after`."""
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {
        "before": {name: before[name] for name in changed if name in before},
        "after": {name: after[name] for name in changed if name in after},
    }


def changes(details: Mapping[str, Any]) -> list[tuple[str, Any, Any]] | None:
    """Return name, before and after of all that `details` say was changed, nested names joined by a dot; None where
    they tell of no change. What was not there, or is not any more, is None."""
    if "before" not in details and "after" not in details:
        return None
    sides = [details.get(name, {}) for name in ("before", "after")]
    before, after = (flat(side if isinstance(side, Mapping) else {"": side}) for side in sides)
    return [(name, before.get(name), after.get(name)) for name in {**before, **after}]


def flat(values: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    """Return nested values side by side, each under the names that lead to it, joined by dots; nothing of an empty
    one."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        path = f"{within}.{name}".strip(".")
        found |= flat(value, path) if isinstance(value, Mapping) else {path: value}
    return found
