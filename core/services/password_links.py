"""Links by which somebody sets a password without knowing one: for new people, and for who forgot theirs.

A link holds 256 random bits, of which the database keeps the SHA-256. It works once, within a day, and setting the
password signs its user out everywhere. A link that does not work is told in the same words, whatever is wrong with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_hex

from core.domain.accounts import User
from core.errors import NotFound
from core.services.passwords import check_strength, hash_password
from core.store.attempts import AttemptStore, Bound
from core.store.password_links import PasswordLinkStore

LINK_LIMIT = timedelta(hours=24)
TRIES_BY_ADDRESS = 30
PARAMETER = "link"
"""What bears the code in the query of the lab's first page."""

DEAD = "This link does not work: it was used already, or it has expired. Ask an administrator for a new one."


@dataclass(frozen=True, slots=True)
class Link:
    """A new link: its code, which is told once, and what is kept of it."""

    code: str
    code_hash: str

    @property
    def path(self) -> str:
        """Where it leads, from the lab's address."""
        return f"/?{PARAMETER}={self.code}"


def new_link() -> Link:
    """Return a link that nobody has."""
    code = token_hex(32)
    return Link(code, _hash(code))


class PasswordLinks:
    """Opening links and using them. Every method may raise `StoreUnavailable`, and `LimitReached` for who tried too
    many links that do not work."""

    def __init__(
        self,
        links: PasswordLinkStore,
        attempts: AttemptStore,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._links = links
        self._attempts = attempts
        self._now = now

    def open(self, code: str, address: str) -> User:
        """Return whose password a link sets. Raises `NotFound` for one that does not work."""
        return self._tried(lambda: self._links.find(_hash(code), self._now()), address)

    def use(self, code: str, password: str, address: str) -> User:
        """Set the password, and return whose it is. Raises `InvalidRequest` if it will not do, and as `open` does."""
        check_strength(password)
        self.open(code, address)  # before a hash is made, which takes long
        hashed = hash_password(password)
        return self._tried(lambda: self._links.use(_hash(code), hashed, self._now()), address)

    def _tried(self, find: Callable[[], User | None], address: str) -> User:
        """Count the attempt before it is made, and forget it if it went well."""
        by_address = f"link:{_hash(address)}"
        attempt = self._attempts.begin([Bound(by_address, TRIES_BY_ADDRESS)], self._now())
        user = find()
        if user is None:
            raise NotFound(DEAD)
        self._attempts.succeeded(attempt, "", self._now())
        return user


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
