"""The lab's own secrets: the encryption keys, what they seal, what is derived from them, and the folder of it all."""

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import SealBroken, SettingsError
from core.settings import Settings

KEY_FILE = "encryption.key"
NEW_KEY = 'Make one with: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
BROKEN = "A secret that the lab keeps cannot be opened. Store it again."


class Vault:
    """Seals secrets under the newest of some Fernet keys, and opens what any of them sealed.

    Fernet binds a ciphertext to nothing, so owner and purpose are sealed with the secret and compared when it is
    opened: what was moved to another row does not open there.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are Fernet keys, newest first."""
        self._newest = Fernet(keys[0])
        self._any = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: str, *, owner: str, purpose: str) -> str:
        """Return `secret` sealed for `owner` and `purpose`, as URL-safe text."""
        return self._newest.encrypt(json.dumps([owner, purpose, secret]).encode()).decode()

    def open(self, sealed: str, *, owner: str, purpose: str) -> str:
        """Return the secret. Raises `SealBroken` for another key, another owner or purpose, or a changed text."""
        *sealed_for, secret = json.loads(_unsealed(self._any, sealed))
        if sealed_for != [owner, purpose]:
            raise SealBroken(BROKEN)
        return str(secret)

    def renewed(self, sealed: str) -> str:
        """Return `sealed` as it is if the newest key sealed it, else sealed anew. Raises `SealBroken`."""
        try:
            _unsealed(self._newest, sealed)
        except SealBroken:
            return self._newest.encrypt(_unsealed(self._any, sealed)).decode()
        return sealed


def prepare_data_dir(folder: Path) -> None:
    """Create `folder` for its owner alone. Raises `SettingsError` if it cannot be written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsError(
            f"LAB_DATA_DIR names a folder that cannot be written ({error.strerror}). Choose another one."
        ) from None


def encryption_keys(settings: Settings) -> list[str]:
    """Return the Fernet keys, newest first; without `ENCRYPTION_KEY` one is generated once and kept.

    Raises `SettingsError` for a key that is malformed.
    """
    if (given := settings.encryption_key) is not None:
        return _fernet_keys(given.get_secret_value(), f"ENCRYPTION_KEY holds no valid Fernet key. {NEW_KEY}")
    kept = settings.data_dir / KEY_FILE
    return _fernet_keys(_generated(kept), f"{kept} (LAB_DATA_DIR) is damaged. Restore it, or set ENCRYPTION_KEY.")


def derived(key: str, purpose: str) -> str:
    """Return a secret of its own for `purpose` (HKDF-SHA256, RFC 5869), as URL-safe text."""
    material = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.encode())
    return urlsafe_b64encode(material).decode()


def _generated(path: Path) -> str:
    """Return the key in `path`, making it if there is none. Two processes at once agree on one."""
    try:
        if not path.exists():
            _generate(path)
        return path.read_text("ascii", "replace")
    except OSError as error:
        reason = f"{path} (LAB_DATA_DIR) cannot be used ({error.strerror}). Correct that, or set ENCRYPTION_KEY."
        raise SettingsError(reason) from None


def _generate(path: Path) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key())
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _unsealed(fernet: Fernet | MultiFernet, sealed: str) -> bytes:
    try:
        return fernet.decrypt(sealed.encode())
    except InvalidToken:
        raise SealBroken(BROKEN) from None


def _fernet_keys(text: str, refusal: str) -> list[str]:
    keys = [key.strip() for key in text.split(",") if key.strip()]
    if not keys or not all(_is_fernet_key(key) for key in keys):
        raise SettingsError(refusal)
    return keys


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True
