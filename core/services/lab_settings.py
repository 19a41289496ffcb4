"""What administrators set for the whole lab in the dashboard: how long the texts of runs are kept.

Until somebody sets it, the environment says it. A copy in memory tells it at once; it is read anew when any process has
changed it.
"""

from core.domain.access import require_admin
from core.domain.accounts import User
from core.domain.audit import Note, difference
from core.errors import InvalidRequest
from core.settings import Settings
from core.store.database import Database
from core.store.lab_settings import LabSettingStore

RETENTION = "text_retention_days"
LONGEST_DAYS = 3650


class LabSettings:
    """The settings of the lab."""

    def __init__(self, store: LabSettingStore, retention_days: int) -> None:
        """`retention_days` holds until an administrator sets another."""
        self._store = store
        self._usual = retention_days
        self._set: int | None = None

    def load(self) -> None:
        """Read what is set. Raises `StoreUnavailable`."""
        found = self._store.find(RETENTION)
        self._set = found if isinstance(found, int) else None

    @property
    def retention_days(self) -> int:
        """For so many days the texts of a run are kept; 0: not at all, once it has ended."""
        return self._usual if self._set is None else self._set

    def keeps_texts(self) -> bool:
        """Return whether the texts of a run that begins now are kept at all."""
        return self.retention_days > 0

    def set_retention(self, user: User, days: int) -> None:
        """Keep texts for `days` from now on, 0 for not at all. Raises `Forbidden`, `InvalidRequest` for more than
        `LONGEST_DAYS`, and `StoreUnavailable`."""
        require_admin(user)
        if not 0 <= days <= LONGEST_DAYS:
            raise InvalidRequest(f"Keep texts for 1 to {LONGEST_DAYS:,} days, or none at all. Nothing was changed.")
        before = {"days": self.retention_days}
        self._store.put(RETENTION, days, Note(user.id, "set retention", "texts", difference(before, {"days": days})))
        self.load()


def lab_settings_over(database: Database, settings: Settings) -> LabSettings:
    """Return the settings that `database` keeps; those of the environment hold until others are set."""
    return LabSettings(LabSettingStore(database), settings.text_retention_days)
