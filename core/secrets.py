"""The lab's own secrets: the encryption keys, what is derived from them, and the folder that they live in."""

import os
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import SettingsError
from core.settings import Settings

KEY_FILE = "encryption.key"


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
    given = settings.encryption_key
    text = given.get_secret_value() if given else _generated(settings.data_dir / KEY_FILE)
    keys = [key.strip() for key in text.split(",") if key.strip()]
    if not keys or not all(_is_fernet_key(key) for key in keys):
        raise SettingsError(
            "ENCRYPTION_KEY holds no valid Fernet key. "
            'Make one with: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
        )
    return keys


def derived(key: str, purpose: str) -> str:
    """Return a secret of its own for `purpose` (HKDF-SHA256, RFC 5869), as URL-safe text."""
    material = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.encode())
    return urlsafe_b64encode(material).decode()


def _generated(path: Path) -> str:
    """Return the key in `path`, making it if there is none. Two processes at once agree on one."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
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
    return path.read_text().strip()


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True
