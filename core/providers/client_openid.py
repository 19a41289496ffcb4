"""The way to the company's OpenID Connect provider: its description and its keys, kept for a while, and ID tokens for
codes. No redirect is followed, nothing long or slow is read to its end.
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from core.domain.openid import Claims, Flight, Reason, Registration, refusal
from core.providers.client_body import Patience, chunks
from core.providers.client_faults import CAUGHT, fault_of
from core.providers.client_wire import Wire
from core.providers.id_token import Expected, claims_in, is_known

DESCRIPTION = "/.well-known/openid-configuration"
MAX_BYTES = 256 * 1024
PATIENCE_S = 5.0
KEPT_S = 3600.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the provider is asked for what. `posted`: it wants the secret in the form, not in a header."""

    authorization: str
    token: str
    keys: str
    posted: bool


class OpenidClient:
    """Asks one provider. Build it on the loop that it serves, and close it there. What goes wrong on the way raises
    `SignInRefused`."""

    def __init__(self, registration: Registration, tls: SSLContext | None = None) -> None:
        """`tls` replaces the usual trust in certificates."""
        self._registration = registration
        self._wire = Wire(tls)
        self._endpoints = _Kept(self._read_endpoints)
        self._keys = _Kept(self._read_keys)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._wire.aclose()

    async def authorization_endpoint(self) -> str:
        """Return where browsers are sent."""
        return (await self._endpoints.get()).authorization

    async def claims(self, code: str, flight: Flight) -> Claims:
        """Trade a code for an ID token, and return what it says once it is verified.

        A key that is not known may be new: the keys are then read anew, once.
        """
        token = await self._traded(code, flight)
        keys = await self._keys.get()
        if not is_known(token, keys):
            keys = await self._keys.get(anew=True)
        ours = self._registration
        return claims_in(token, keys, Expected(ours.issuer, ours.client_id, flight.nonce, flight.started_at))

    async def _traded(self, code: str, flight: Flight) -> str:
        endpoints = await self._endpoints.get()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flight.callback,
            "code_verifier": flight.verifier,
        }
        headers, own = _credentials(self._registration, endpoints)
        headers |= {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        status, answer = await self._asked("POST", endpoints.token, headers, urlencode(form | own).encode())
        told = answer if isinstance(answer, dict) else {}
        if told.get("error") == "invalid_grant":
            raise refusal(Reason.EXPIRED, "the provider does not know the code")
        token = told.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise refusal(Reason.AWAY, f"no token with status {status}")
        return token

    async def _read_endpoints(self) -> Endpoints:
        issuer = self._registration.issuer
        status, document = await self._asked("GET", issuer.rstrip("/") + DESCRIPTION)
        if status != 200:
            raise refusal(Reason.AWAY, f"no description with status {status}")
        return endpoints_in(document, issuer)

    async def _read_keys(self) -> Any:
        status, keys = await self._asked("GET", (await self._endpoints.get()).keys)
        if status != 200:
            raise refusal(Reason.AWAY, f"no keys with status {status}")
        return keys

    async def _asked(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> tuple[int, Any]:
        """Return the status and the JSON of an answer."""
        body = bytearray()
        try:
            async with asyncio.timeout(PATIENCE_S):
                response = await self._wire.send(method, url, headers or {}, content)
                async with aclosing(response), aclosing(chunks(response, Patience(PATIENCE_S), MAX_BYTES)) as parts:
                    async for part in parts:
                        body += part
        except CAUGHT as error:
            raise refusal(Reason.AWAY, fault_of(error).code) from None
        try:
            return response.status_code, json.loads(body)
        except (ValueError, RecursionError):
            raise refusal(Reason.AWAY, f"no JSON with status {response.status_code}") from None


class _Kept(Generic[T]):
    """What is read when it is needed, and anew when it is old. Those who need it at once read it once."""

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._lock = asyncio.Lock()
        self._value: T | None = None
        self._until = 0.0

    async def get(self, *, anew: bool = False) -> T:
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if self._value is None or anew or now >= self._until:
                self._value, self._until = await self._read(), now + KEPT_S
            return self._value


def endpoints_in(document: Any, issuer: str) -> Endpoints:
    """Return what a provider's description says. Raises `SignInRefused` if it is another's, or not as safe as the
    issuer itself: over TLS, but for one on this machine."""
    described = document if isinstance(document, dict) else {}
    if described.get("issuer") != issuer:
        raise refusal(Reason.AWAY, "the description of another issuer")
    urls = [described.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    authorization, token, keys = (url if _is_safe(url, issuer) else "" for url in urls)
    if not (authorization and token and keys):
        raise refusal(Reason.AWAY, "a description without safe endpoints")
    methods = described.get("token_endpoint_auth_methods_supported")
    posted = isinstance(methods, list) and "client_secret_basic" not in methods
    return Endpoints(authorization, token, keys, posted)


def _is_safe(url: Any, issuer: str) -> bool:
    schemes = ("https://",) if issuer.startswith("https://") else ("https://", "http://")
    return isinstance(url, str) and url.startswith(schemes) and url.isascii() and url.isprintable() and " " not in url


def _credentials(ours: Registration, endpoints: Endpoints) -> tuple[dict[str, str], dict[str, str]]:
    """Return the headers and the fields that say who asks (RFC 6749, 2.3.1)."""
    if ours.secret is None:
        return {}, {"client_id": ours.client_id}
    if endpoints.posted:
        return {}, {"client_id": ours.client_id, "client_secret": ours.secret}
    pair = f"{quote(ours.client_id, safe='')}:{quote(ours.secret, safe='')}"
    return {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}, {}
