"""Signing in and out, sessions, and the accounts behind them.

What a browser holds is 256 random bits; what the database holds is their SHA-256. A browser gets its session in two
steps, because a page cannot set a cookie: the form yields a one-time code, and a route takes the code and sets the
cookie. The code is bound to the browser that asked for it, so that nobody can be signed in to somebody else's account.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from core.domain.access import Role, Tier
from core.domain.accounts import AccountChange, SessionInfo, User
from core.domain.audit import OPERATOR, Note
from core.errors import InvalidRequest, NotFound, NotSignedIn
from core.services.passwords import check_strength, hash_password, matches
from core.store.accounts import AccountStore, told
from core.store.attempts import AttemptStore, Bound
from core.store.sessions import SessionStore

SESSION_LIMIT = timedelta(days=7)
"""A session ends so long after signing in, however much it is used. `IDLE_LIMIT` is in `core.store.sessions`."""

CODE_LIMIT = timedelta(seconds=30)
FAILURES_BY_NAME = 5
FAILURES_BY_ADDRESS = 30
MAX_NAME = 100
MAX_ADDRESS = 100
MAX_AGENT = 300

WRONG = "That user name and password do not match."

log = logging.getLogger(__name__)


class Accounts:
    """The people of the lab and their sessions. Every method may raise `StoreUnavailable`."""

    def __init__(
        self,
        accounts: AccountStore,
        sessions: SessionStore,
        attempts: AttemptStore,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._attempts = attempts
        self._now = now

    def sign_in(self, username: str, password: str, address: str) -> User:
        """Return the user of these credentials.

        Raises `NotSignedIn` in the same words and time whether the name exists or not, and `LimitReached` after too
        many failures of the name or the address; the attempt counts before the password is looked at.
        """
        username = username.strip()
        by_name = f"name:{_hash(username.casefold())}"
        bounds = [Bound(by_name, FAILURES_BY_NAME), Bound(f"address:{_hash(address)}", FAILURES_BY_ADDRESS)]
        attempt = self._attempts.begin(bounds, self._now())
        account = self._accounts.named(username) if _is_name(username) else None
        right = matches(password, account.password_hash if account else None)
        if account is None or not right or not account.user.enabled:
            log.info("sign-in refused", extra={"address": address})
            raise NotSignedIn(WRONG)
        self._attempts.succeeded(attempt, by_name, self._now())
        return account.user

    def issue_code(self, user: User, binding: str) -> str:
        """Return a code that opens one session for `user` within 30 s, in the browser that holds `binding` only.

        Raises `InvalidRequest` for a browser that keeps no cookies.
        """
        if not binding:
            raise InvalidRequest("Signing in needs cookies. Allow them for this site and reload the page.")
        code, now = token_urlsafe(32), self._now()
        self._sessions.add_code(_hash(code), user.id, _hash(binding), now=now, expires_at=now + CODE_LIMIT)
        return code

    def redeem_code(self, code: str, binding: str, address: str, agent: str) -> str:
        """Use a code up and return the token of the session that it opens. Raises `NotSignedIn`."""
        user_id = self._sessions.take_code(_hash(code), _hash(binding), self._now())
        if user_id is None:
            raise NotSignedIn("This sign-in has expired. Sign in again.")
        return self._open(user_id, address, agent)

    def open_session(self, user: User, address: str, agent: str) -> str:
        """Open a session for a user who has just signed in, and return its token."""
        return self._open(user.id, address, agent)

    def look_up(self, token: str) -> Future[tuple[User, str] | None]:
        """Find the user and the session's id behind a token: None if it is forged, expired, ended or disabled. It does
        not block."""
        return self._sessions.look_up(_hash(token), self._now())

    def user_of(self, token: str) -> tuple[User, str] | None:
        """Return what `look_up` finds."""
        return self.look_up(token).result()

    def sign_out(self, token: str) -> None:
        """End the session of a token; one that has ended already is no error."""
        self._sessions.end(_hash(token))

    def sessions(self, user: User, token: str) -> list[SessionInfo]:
        """Return the user's sessions, the last used first; the one of `token` is marked as current."""
        found = self.user_of(token)
        return self._sessions.of_user(user.id, found[1] if found else "", self._now())

    def end_session(self, user: User, session_id: str) -> None:
        """End one of the user's own sessions. Raises `NotFound`, also for somebody else's."""
        if not self._sessions.end_one(user.id, _session_uuid(session_id)):
            raise NotFound("This session has ended already.")

    def end_other_sessions(self, user: User, token: str) -> int:
        """Sign the user out everywhere else, and return how many sessions ended."""
        return self._sessions.end_others(user.id, self._session_of(user, token))

    def change_password(self, user: User, old: str, new: str, token: str) -> None:
        """Set a new password and end the user's other sessions.

        Raises `NotSignedIn` if `old` is wrong (which counts as a failed sign-in), `InvalidRequest` if `new` will not
        do, and `LimitReached` after too many failures.
        """
        keep = self._session_of(user, token)
        check_strength(new)
        user_id = self._proved(user, old).id
        self._accounts.change(user_id, AccountChange(), password_hash=hash_password(new), keep_session=keep)

    def add(self, username: str, password: str, *, tier: Tier, role: Role) -> User:
        """Add an account. Raises `InvalidRequest` if the name is taken or no name, or the password will not do."""
        user = new_user(username, tier, role)
        self._accounts.add(user, hash_password(password), _noted("add user", user.id, {"after": told(user)}))
        return user

    def set(
        self,
        username: str,
        *,
        tier: Tier | None = None,
        role: Role | None = None,
        password: str | None = None,
    ) -> User:
        """Change what is given of an account; a new password signs the user out everywhere. Raises `NotFound`."""
        password_hash = None if password is None else hash_password(password)
        return self._change(username, "change user", AccountChange(tier=tier, role=role), password_hash)

    def disable(self, username: str) -> User:
        """Let a user sign in no more, and end the user's sessions.

        Raises `NotFound`, and `InvalidRequest` for the last administrator.
        """
        return self._change(username, "disable user", AccountChange(enabled=False))

    def enable(self, username: str) -> User:
        """Let a disabled user sign in again. Raises `NotFound`."""
        return self._change(username, "enable user", AccountChange(enabled=True))

    def all(self) -> list[User]:
        """Return every user, by name."""
        return self._accounts.all()

    def names(self) -> dict[str, str]:
        """Return the names of all users by their ids."""
        return self._accounts.names()

    def ensure_first_admin(self, username: str, password: str | None) -> str | None:
        """Add an administrator if there is no user at all; return the password if it had to be generated.

        Of two processes that start at once, one adds and the other returns None.
        """
        if not self._accounts.empty():
            return None
        chosen = password or token_urlsafe(15)
        user = new_user(username, Tier.ENTERPRISE, Role.ADMIN)
        added = self._accounts.add_first(user, hash_password(chosen))
        return chosen if added and not password else None

    def _open(self, user_id: str, address: str, agent: str) -> str:
        token, now = token_urlsafe(32), self._now()
        session = SessionInfo(
            id=str(uuid4()),
            created_at=now,
            last_seen_at=now,
            expires_at=now + SESSION_LIMIT,
            address=_printable(address)[:MAX_ADDRESS],
            agent=_printable(agent)[:MAX_AGENT],
            current=True,
        )
        self._sessions.open(_hash(token), user_id, session)
        return token

    def _session_of(self, user: User, token: str) -> UUID:
        found = self.user_of(token)
        if found is None or found[0].id != user.id:
            raise NotSignedIn("This session has ended. Sign in again.")
        return UUID(found[1])

    def _proved(self, user: User, password: str) -> User:
        by_name = f"name:{_hash(user.username.casefold())}"
        attempt = self._attempts.begin([Bound(by_name, FAILURES_BY_NAME)], self._now())
        account = self._accounts.find(user.id)
        if not matches(password, account.password_hash if account else None):
            raise NotSignedIn("The current password is not right.")
        self._attempts.succeeded(attempt, by_name, self._now())
        return user

    def _change(self, username: str, act: str, change: AccountChange, password_hash: str | None = None) -> User:
        user_id = self._id_of(username)
        return self._accounts.change(user_id, change, password_hash=password_hash, note=_noted(act, user_id))

    def _id_of(self, username: str) -> str:
        account = self._accounts.named(username) if _is_name(username) else None
        if account is None:
            raise NotFound(f"There is no user named {_printable(username)[:MAX_NAME]}.")
        return account.user.id


def new_user(username: str, tier: Tier, role: Role) -> User:
    """Return a user who has no account yet. Raises `InvalidRequest` for what is no name."""
    if not _is_name(username) or username != username.strip():
        raise InvalidRequest(f"A user name has 1 to {MAX_NAME} printable characters, and no space at its ends.")
    return User(str(uuid4()), username, tier, role)


def _noted(act: str, user_id: str, details: Mapping[str, Any] = MappingProxyType({})) -> Note:
    return Note(OPERATOR, act, user_id, details)


def _is_name(text: str) -> bool:
    return 0 < len(text) <= MAX_NAME and text.isprintable()


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def _session_uuid(session_id: str) -> UUID:
    try:
        return UUID(session_id)
    except ValueError:
        raise NotFound("There is no such session.") from None


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
