"""Renewing what is sealed, once there is a new encryption key: in pieces that may be stopped and begun again.

The mark that every start opens (see `core.services.secrets`) is renewed last, and only when nothing else is old. So a
start with the new key alone is refused until all is done, however far a renewal had come when it was killed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import SealBroken
from core.secrets import Vault
from core.services.secrets import CANARY, LAB
from core.store.seals import Account, Seals

MARK = (LAB, CANARY)


@dataclass(frozen=True, slots=True)
class Progress:
    """How much was renewed so far, how much is yet to be looked at, and how much no key opens."""

    renewed: int
    left: int
    lost: int


class Renewal:
    """Seals under the newest key what an older one had sealed. Every method may raise `StoreUnavailable`."""

    def __init__(self, vault: Vault, seals: Seals) -> None:
        self._vault = vault
        self._seals = seals

    def steps(self) -> Iterator[Progress]:
        """Renew piece by piece, and tell after each how far it has come."""
        renewed = lost = 0
        left = self._seals.count()
        for account in self._seals.renew(self._renewed, but=MARK):
            renewed, left, lost = renewed + account.old, max(left - account.rows, 0), lost + account.lost
            yield Progress(renewed, left, lost)

    def finish(self) -> Account:
        """Renew the mark, unless something still needs another key: return how much that is, by older keys or lost."""
        return self._seals.finish(self._renewed, last=MARK)

    def _renewed(self, sealed: str) -> str | None:
        try:
            return self._vault.renewed(sealed)
        except SealBroken:
            return None
