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
