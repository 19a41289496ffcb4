"""The tags to choose from: those that were used before, as far as somebody may know of them."""

from core.domain.access import reads_everybodys_spend
from core.domain.accounts import User
from core.services.stats import Stats
from core.store.tags import TagStore


class UsedTags:
    """Who reads everybody's spend is told everybody's tags, whoever else their own."""

    def __init__(self, store: TagStore, stats: Stats) -> None:
        self._store = store
        self._stats = stats

    def of(self, user: User) -> dict[str, list[str]]:
        """Return the values that each tag has had, by its name."""
        return self._stats.tag_values(user) if reads_everybodys_spend(user.role) else self._store.recent(user.id)
