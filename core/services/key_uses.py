"""When keys were used last, and how they failed: gathered as runs end, and written now and then, all in one go."""

from contextlib import suppress
from threading import Lock

from core.domain.faults import FaultCode
from core.domain.providers import KeyUse, owner_of
from core.domain.runs import RunEnded
from core.errors import StoreUnavailable
from core.store.keys import KeyStore

FAILURES = frozenset({FaultCode.BAD_KEY, FaultCode.NO_CREDIT})
"""The faults that are the key's, or its account's."""


class KeyUses:
    """What has gathered. `run_ended` may be called on a loop: it waits for nothing."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._lock = Lock()
        self._gathered: dict[tuple[str, str], KeyUse] = {}

    def run_ended(self, ended: RunEnded) -> None:
        """Note the use of whichever key paid for a run that has ended."""
        admission, outcome = ended.admission, ended.outcome
        failure = outcome.error_message if outcome.error_code in FAILURES else None
        owner = owner_of(admission.user_id, admission.paid_by)
        self._gather(KeyUse(owner, admission.request.provider, outcome.ended_at, failure))

    def write(self) -> None:
        """Write what has gathered; what could not be written is kept for the next time. Raises `StoreUnavailable`."""
        with self._lock:
            gathered, self._gathered = self._gathered, {}
        try:
            self._store.note_uses(list(gathered.values()))
        except StoreUnavailable:
            for use in gathered.values():
                self._gather(use)
            raise

    def close(self) -> None:
        """Write once more at the end. What cannot be written then is lost: it is a help, and no record."""
        with suppress(StoreUnavailable):
            self.write()

    def _gather(self, use: KeyUse) -> None:
        """Keep the later of two uses, and the failure of either."""
        with self._lock:
            known = self._gathered.get((use.owner, use.provider), use)
            later = max(use, known, key=lambda one: one.used_at)
            failure = later.failure or use.failure or known.failure
            self._gathered[use.owner, use.provider] = KeyUse(use.owner, use.provider, later.used_at, failure)
