"""Secrets that the lab keeps for others, sealed; and the proof, at each start, that its keys are the right ones."""

from core.errors import SealBroken, SettingsError
from core.secrets import Vault
from core.store.secrets import SecretStore

LAB, CANARY = "the lab", "canary"
"""The owner and purpose of a secret that everybody may know: it opens only under the right key."""

WRONG_KEY = (
    "ENCRYPTION_KEY (without it: encryption.key in LAB_DATA_DIR) does not open what this database keeps, which another "
    "key sealed. Set that key again, or put it behind the new one: ENCRYPTION_KEY=new,old."
)


class Secrets:
    """Secrets by owner and purpose. Every method may raise `StoreUnavailable`."""

    def __init__(self, vault: Vault, store: SecretStore) -> None:
        self._vault = vault
        self._store = store

    def check(self) -> None:
        """Prove that the keys are those of this database. Raises `SettingsError`."""
        mark = self._vault.seal(CANARY, owner=LAB, purpose=CANARY)
        try:
            self._vault.open(self._store.put_first(LAB, CANARY, mark), owner=LAB, purpose=CANARY)
        except SealBroken:
            raise SettingsError(WRONG_KEY) from None

    def keep(self, owner: str, purpose: str, secret: str) -> None:
        """Keep `secret`, in the place of an earlier one."""
        self._store.put(owner, purpose, self._vault.seal(secret, owner=owner, purpose=purpose))

    def find(self, owner: str, purpose: str) -> str | None:
        """Return the secret, or None. Raises `SealBroken` if what is kept was not sealed for this owner and purpose."""
        sealed = self._store.find(owner, purpose)
        return None if sealed is None else self._vault.open(sealed, owner=owner, purpose=purpose)

    def forget(self, owner: str, purpose: str) -> None:
        """Forget the secret, if there is one."""
        self._store.drop(owner, purpose)
