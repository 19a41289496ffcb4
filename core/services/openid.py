"""Signing in with the company account: out to the provider, and back with a session.

What ties the two halves together is sealed into a cookie of the browser that began, for that browser alone; each may be
used once. An answer counts against the address that it comes from until it has led to a session, as a password does.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe

from core.domain.accounts import User
from core.domain.openid import Answer, Flight, Reason, Registration, authorization_url, refusal
from core.errors import LimitReached, NotSignedIn, SealBroken, SignInRefused
from core.providers.client_openid import OpenidClient
from core.secrets import Vault, encryption_keys
from core.services.accounts import FAILURES_BY_ADDRESS, Accounts
from core.services.openid_accounts import OpenidAccounts, registration_of
from core.settings import Settings
from core.store.attempts import AttemptStore, Bound
from core.store.database import Database
from core.store.openid import OpenidStore

PURPOSE = "sign-in with the company account"
ERRORS = {
    "access_denied": Reason.CANCELLED,
    "login_required": Reason.CANCELLED,
    "interaction_required": Reason.CANCELLED,
    "consent_required": Reason.CANCELLED,
}
"""What a provider says of somebody who did not sign in. Whatever else it says is a fault of the provider's or ours."""

log = logging.getLogger(__name__)


class Openid:
    """The company's provider as a way in. Every method may raise `SignInRefused` and `StoreUnavailable`."""

    def __init__(
        self,
        registration: Registration,
        client: OpenidClient,
        people: OpenidAccounts,
        accounts: Accounts,
        attempts: AttemptStore,
        vault: Vault,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.people = people
        self._registration = registration
        self._client = client
        self._accounts = accounts
        self._attempts = attempts
        self._vault = vault
        self._now = now

    @property
    def name(self) -> str:
        """What people call it."""
        return self._registration.name

    async def begin(self, page: str, callback: str, browser: str) -> tuple[str, str]:
        """Return the URL at which the browser that `browser` names signs in, and what it holds until it is back.

        `page` is where it wants to go, `callback` the URL at which it comes back.
        """
        if not browser:
            raise refusal(Reason.COOKIES)
        flight = Flight(token_urlsafe(32), token_urlsafe(32), token_urlsafe(32), page, callback, self._now())
        with _logged(""):
            url = authorization_url(await self._client.authorization_endpoint(), self._registration, flight)
        return url, self._vault.seal(flight.text(), owner=browser, purpose=PURPOSE)

    def flight(self, held: str, answer: Answer, browser: str) -> Flight:
        """Return the flight that `answer` belongs to, of what the browser holds."""
        try:
            flight = Flight.read(self._vault.open(held, owner=browser, purpose=PURPOSE))
        except (SealBroken, TypeError, ValueError, KeyError):
            raise refusal(Reason.EXPIRED, "no sign-in has begun") from None
        ours = compare_digest(flight.state.encode(), answer.state.encode("utf-8", "replace"))
        if not ours or flight.over(self._now()):
            raise refusal(Reason.EXPIRED, "another state, or too late")
        return flight

    async def complete(self, flight: Flight, answer: Answer, address: str, agent: str) -> str:
        """Return the token of the session that an answer opens, for whoever the provider says is there."""
        with _logged(address):
            self._check(answer)
            attempts = await asyncio.to_thread(self._begin_attempt, flight, address)
            claims = await self._client.claims(answer.code, flight)
            user = await asyncio.to_thread(self.people.owner, claims)
            return await asyncio.to_thread(self._open_session, user, attempts, address, agent)

    async def aclose(self) -> None:
        """Close every connection to the provider."""
        await self._client.aclose()

    def _check(self, answer: Answer) -> None:
        if answer.issuer not in (None, self._registration.issuer):
            raise refusal(Reason.UNTRUSTED, "the answer of another issuer")
        if answer.error or not answer.code:
            raise refusal(ERRORS.get(answer.error, Reason.AWAY), "no code")

    def _begin_attempt(self, flight: Flight, address: str) -> list[int]:
        """Count an attempt, the only one of its flight: a flight is over before its attempt is forgotten."""
        bounds = [Bound(_key("flight", flight.state), 1), Bound(_key("openid", address), FAILURES_BY_ADDRESS)]
        try:
            return self._attempts.begin(bounds, self._now())
        except LimitReached as reached:
            if reached.limit == 1:
                raise refusal(Reason.EXPIRED, "used already") from None
            raise refusal(Reason.THROTTLED, "too many attempts") from None

    def _open_session(self, user: User, attempts: list[int], address: str, agent: str) -> str:
        try:
            token = self._accounts.open_session(user, address, agent)
        except NotSignedIn:
            raise refusal(Reason.DISABLED, "a disabled account") from None
        self._attempts.succeeded(attempts[1:], _key("openid", address), self._now())
        return token


def openid_over(settings: Settings, database: Database, accounts: Accounts) -> Openid | None:
    """Return the way in that `settings` name, on the running loop; None if there is none. Close it there."""
    registration = registration_of(settings)
    if registration is None:
        return None
    people, vault = OpenidAccounts(OpenidStore(database), registration), Vault(encryption_keys(settings))
    return Openid(registration, OpenidClient(registration), people, accounts, AttemptStore(database), vault)


def _key(kind: str, secret: str) -> str:
    return f"{kind}:{sha256(secret.encode('utf-8', 'replace')).hexdigest()}"


@contextmanager
def _logged(address: str) -> Iterator[None]:
    """Note a refusal for the operator, without anything that was sent."""
    try:
        yield
    except SignInRefused as refused:
        level = logging.WARNING if refused.reason in (Reason.AWAY, Reason.UNTRUSTED) else logging.INFO
        log.log(level, "company sign-in refused: %s", refused.detail, extra={"address": address or None})
        raise
