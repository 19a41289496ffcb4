"""Passwords: what may be one, and their bcrypt hashes.

The hashes are those of streamlit-authenticator's `Hasher` (bcrypt, its default cost), which cannot be imported here
because it brings Streamlit along; a test holds the two together.
"""

import re

import bcrypt

from core.errors import InvalidRequest

MIN_CHARACTERS = 10
MAX_BYTES = 72
"""bcrypt reads no further than this."""

ROUNDS = 12
"""The cost of a hash, as a power of two."""

NOBODYS_HASH = "$2b$12$e36DwPdrpsJgDnS7rXQ1PO1XgoM.gK/Z0wYJjVDH7NrZRll6Y/Mm2"
"""A hash of no password, so that an unknown name takes as long as a known one."""


_BCRYPT = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}")


def hash_password(password: str) -> str:
    """Return the bcrypt hash of `password`. Raises `InvalidRequest` if it is empty, too long or no text."""
    secret = _bytes(password)
    if not secret:
        raise InvalidRequest("A password cannot be empty.")
    if len(secret) > MAX_BYTES:
        raise InvalidRequest(f"A password can have {MAX_BYTES} bytes at most. Choose a shorter one.")
    return bcrypt.hashpw(secret, bcrypt.gensalt(ROUNDS)).decode()


def check_strength(password: str) -> None:
    """Raise `InvalidRequest` if a user may not choose `password`: length is what counts (NIST SP 800-63B)."""
    if len(password) < MIN_CHARACTERS:
        raise InvalidRequest(f"Choose a password of {MIN_CHARACTERS} characters or more.")


def matches(password: str, password_hash: str | None) -> bool:
    """Return whether `password` is the one behind `password_hash`, in the same time whatever the answer.

    None, or what is no bcrypt hash, belongs to an account that nobody can sign in to. bcrypt would read a longer
    password only in part, so that one matches nothing.
    """
    secret = _bytes(password)
    known = password_hash is not None and _BCRYPT.fullmatch(password_hash)
    same = bcrypt.checkpw(secret[:MAX_BYTES], (known.string if known else NOBODYS_HASH).encode())
    return same and bool(known) and len(secret) <= MAX_BYTES


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
