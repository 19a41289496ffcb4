"""Who did what to what, where it was not their own, or was an administrator's doing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Note:
    """That the user `actor` did `act` to `subject`. `details` may tell what was `before` and `after`; secrets and the
    texts of runs are no details."""

    actor: str
    act: str
    subject: str
    details: Mapping[str, Any] = field(default_factory=dict)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the details of a change: what it changed, as it was `before` and as it is `after`."""
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {
        "before": {name: before[name] for name in changed if name in before},
        "after": {name: after[name] for name in changed if name in after},
    }
