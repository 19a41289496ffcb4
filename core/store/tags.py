"""The tags of recorded runs."""

from sqlalchemy import select

from core.store.database import Database
from core.store.rows import kept_tags
from core.store.tables import llm_usage_logs as logs

RECENT_RUNS = 500


class TagStore:
    """Reads which tags somebody has used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recent(self, user_id: str) -> dict[str, list[str]]:
        """Return the values of each tag, by its name, among the user's last 500 runs; what came last first."""
        newest_first = (logs.c.created_at.desc(), logs.c.id.desc())
        last = select(logs.c.tags).where(logs.c.user_id == user_id).order_by(*newest_first).limit(RECENT_RUNS)
        used: dict[str, dict[str, None]] = {}
        for tags in self._database.call(lambda connection: connection.scalars(last).all()):
            for name, value in kept_tags(tags).items():
                used.setdefault(name, {}).setdefault(value)
        return {name: list(values) for name, values in used.items()}
