"""Signing in through the company's OpenID Connect provider: what is asked there, who it says is there, and in which
words somebody is sent back. No I/O.

    Flight ─ authorization URL ─ (the provider) ─ code ─ ID token ─ claims ─ Identity ─ account

After OpenID Connect Core 1.0, with PKCE (RFC 7636) and the issuer in the answer (RFC 9207).
"""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from core.domain.access import Role, Tier
from core.errors import InvalidRequest, SignInRefused

SCOPES = "openid profile email"
FLIGHT_LIMIT = timedelta(minutes=5)
"""How long somebody may be at the provider."""

MAX_NAME = 100
MAX_SUBJECT = 255
MOST_NAMESAKES = 100

_SUBJECT = re.compile(rf"[!-~]([ -~]{{0,{MAX_SUBJECT - 2}}}[!-~])?")
"""Printable ASCII, without a space at its ends."""

Claims = Mapping[str, Any]


class Reason(StrEnum):
    """Why somebody came back without being signed in. Each is a word that may stand in a URL."""

    CANCELLED = "cancelled"
    EXPIRED = "expired"
    AWAY = "away"
    UNTRUSTED = "untrusted"
    OUTSIDE = "outside"
    TAKEN = "taken"
    DISABLED = "disabled"
    THROTTLED = "throttled"
    COOKIES = "cookies"
    STORE = "store"


WORDS = {
    Reason.CANCELLED: "You came back without signing in. If you did not cancel, your company account may not use the "
    "lab: ask an administrator.",
    Reason.EXPIRED: "This sign-in took too long, was used already or began in another browser. Start again.",
    Reason.AWAY: "The company's sign-in does not answer as it should. Try again in a few minutes.",
    Reason.UNTRUSTED: "What the company's sign-in answered could not be verified, so nobody was signed in. Start "
    "again; if it stays so, tell an administrator.",
    Reason.OUTSIDE: "This company account may not use the lab: its e-mail address is not confirmed, or of another "
    "domain. Ask an administrator.",
    Reason.TAKEN: "The lab has an account of your name already. Sign in with its password, or ask an administrator to "
    "link it to your company account.",
    Reason.DISABLED: "Your account is disabled. Ask an administrator.",
    Reason.THROTTLED: "Too many attempts to sign in. Wait a few minutes and try again.",
    Reason.COOKIES: "Signing in needs cookies. Allow them for this site and reload the page.",
    Reason.STORE: "The lab cannot sign anybody in right now. Try again in a moment.",
}


@dataclass(frozen=True, slots=True)
class Registration:
    """How the provider knows the lab, and what the lab gives to those who come from there for the first time.

    `name` is what people call it. Only addresses of `domains` may come in; none: whoever the provider lets through.
    """

    issuer: str
    client_id: str
    name: str
    tier: Tier
    role: Role
    domains: frozenset[str] = frozenset()
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Flight:
    """One browser's way to the provider and back.

    `state` and `nonce` come back in the answer and in the ID token; `verifier` proves that whoever fetches the token
    asked for the code. `page` is where the browser wants to go, `callback` the URL at which the provider hands it back.
    """

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    page: str
    callback: str
    started_at: datetime

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (S256)."""
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).decode().rstrip("=")

    def over(self, now: datetime) -> bool:
        """Return whether it took too long."""
        return now >= self.started_at + FLIGHT_LIMIT

    def text(self) -> str:
        """Return it as text, to be sealed."""
        return json.dumps({**asdict(self), "started_at": self.started_at.isoformat()})

    @classmethod
    def read(cls, text: str) -> "Flight":
        """Return what `text` was made of."""
        kept = json.loads(text)
        return cls(**{**kept, "started_at": datetime.fromisoformat(kept["started_at"])})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider sends a browser back with: a code, or an error in its place; and from whom, if it says so."""

    state: str
    code: str = field(default="", repr=False)
    error: str = ""
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says is there. `openid` is what the lab knows the account by, `name` what it may be called.

    `email` is an address that the provider vouches for, and empty without one.
    """

    openid: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class WaysIn:
    """How the owner of an account may sign in."""

    password: bool
    company: bool


def refusal(reason: Reason, detail: str = "") -> SignInRefused:
    """Return the error for `reason`; `detail` is for the log, so it holds nothing secret."""
    return SignInRefused(WORDS[reason], reason=reason, detail=detail)


def words(reason: str) -> str | None:
    """Return what is said of a reason that stood in a URL, None for what is none."""
    return WORDS[Reason(reason)] if reason in list(Reason) else None


def authorization_url(endpoint: str, registration: Registration, flight: Flight) -> str:
    """Return where the browser is sent to sign in."""
    asked = {
        "response_type": "code",
        "client_id": registration.client_id,
        "redirect_uri": flight.callback,
        "scope": SCOPES,
        "state": flight.state,
        "nonce": flight.nonce,
        "code_challenge": flight.challenge,
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


def openid_of(issuer: str, subject: object) -> str:
    """Return what an account is known by: the subject alone is unique only at its issuer. Raises `InvalidRequest`."""
    if isinstance(subject, str) and _SUBJECT.fullmatch(subject):
        return f"{issuer}|{subject}"
    raise InvalidRequest(f"A subject has 1 to {MAX_SUBJECT} printable ASCII characters, as the provider shows it.")


def identity_of(issuer: str, claims: Claims) -> Identity:
    """Return who is meant by the claims of a token that was verified. Raises `SignInRefused`."""
    subject = claims.get("sub")
    try:
        openid = openid_of(issuer, subject)
    except InvalidRequest:
        raise refusal(Reason.UNTRUSTED, "subject") from None
    names = [*map(_name, (claims.get("preferred_username"), claims.get("email"))), str(subject)[:MAX_NAME].strip()]
    vouched = claims.get("email_verified") is True
    return Identity(openid, next(filter(None, names)), _name(claims.get("email")) if vouched else "")


def admitted(identity: Identity, domains: frozenset[str]) -> bool:
    """Return whether somebody with that address may come in."""
    _, at, domain = identity.email.rpartition("@")
    return not domains or (at == "@" and domain.casefold() in domains)


def namesakes(name: str) -> Iterator[str]:
    """Yield `name`, and what to call the account if it is taken."""
    yield name
    for number in range(2, MOST_NAMESAKES):
        yield f"{name[: MAX_NAME - 3]} {number}"


def _name(claim: object) -> str:
    """Return a claim as a user name, empty if it cannot be one."""
    name = claim.strip() if isinstance(claim, str) else ""
    return name if len(name) <= MAX_NAME and name.isprintable() else ""
