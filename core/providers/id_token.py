"""ID tokens: what is believed of one, and when. No I/O.

A token counts if one of the provider's published keys signed it, with an algorithm that is allowed here; if it is of
this provider, for this lab, for this sign-in; and if its time is now. After OpenID Connect Core 1.0, 3.1.3.7; RFC 8725.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm

from core.domain.openid import Claims, Reason, refusal

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures alone: of a shared secret (HS256) a published key would be one, and `none` is none."""

REQUIRED = ("iss", "sub", "aud", "exp", "iat", "nonce")
LEEWAY = timedelta(seconds=60)
"""How far the provider's clock may be from ours."""

MAX_TOKEN = 16 * 1024
_PUBLIC = ("kty", "crv", "n", "e", "x", "y")
_UNREADABLE = (jwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class Expected:
    """Whose token it must be, for whom, and for which sign-in: one that asked with `nonce`, at `asked_at`."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)
    asked_at: datetime


def is_known(token: str, keys: Any) -> bool:
    """Return whether `keys`, a JWK Set, holds the key that `token` names."""
    return _named_key(_header(token), keys) is not None


def claims_in(token: str, keys: Any, expected: Expected) -> Claims:
    """Return what `token` says, once all of it is verified. Raises `SignInRefused`."""
    try:
        claims: Claims = jwt.decode(
            token,
            _key(_header(token), keys),
            algorithms=ALGORITHMS,
            audience=expected.client_id,
            issuer=expected.issuer,
            leeway=LEEWAY,
            options={"require": list(REQUIRED), "enforce_minimum_key_length": True},
        )
        issued_at = float(claims["iat"])
    except _UNREADABLE as error:
        raise refusal(Reason.UNTRUSTED, type(error).__name__) from None
    if issued_at < (expected.asked_at - LEEWAY).timestamp():
        raise refusal(Reason.UNTRUSTED, "issued before it was asked for")
    _check_party(claims, expected.client_id)
    _check_nonce(claims, expected.nonce)
    return claims


def _check_party(claims: Claims, client_id: str) -> None:
    """A token for several must say that it was issued to us."""
    audience = claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise refusal(Reason.UNTRUSTED, "issued to another party")


def _check_nonce(claims: Claims, nonce: str) -> None:
    told = claims["nonce"]
    if not isinstance(told, str) or not compare_digest(told.encode("utf-8", "replace"), nonce.encode()):
        raise refusal(Reason.UNTRUSTED, "the nonce of another sign-in")


def _header(token: str) -> dict[str, Any]:
    """Return the header, of which nothing is proved yet. Raises `SignInRefused`."""
    if len(token) > MAX_TOKEN:
        raise refusal(Reason.UNTRUSTED, "a token too long")
    try:
        header = jwt.get_unverified_header(token)
    except _UNREADABLE as error:
        raise refusal(Reason.UNTRUSTED, type(error).__name__) from None
    if header.get("alg") not in ALGORITHMS:
        raise refusal(Reason.UNTRUSTED, "an algorithm that is not allowed")
    return header


def _key(header: dict[str, Any], keys: Any) -> jwt.PyJWK:
    named = _named_key(header, keys)
    if named is None:
        raise refusal(Reason.UNTRUSTED, "an unknown key")
    return jwt.PyJWK({name: named[name] for name in _PUBLIC if name in named}, header["alg"])


def _named_key(header: dict[str, Any], keys: Any) -> dict[str, Any] | None:
    """Return the key that a header names, or the only one if it names none."""
    listed = keys.get("keys") if isinstance(keys, dict) else None
    fitting = [key for key in listed if _fits(key, header)] if isinstance(listed, list) else []
    return fitting[0] if fitting and ("kid" in header or len(fitting) == 1) else None


def _fits(key: Any, header: dict[str, Any]) -> bool:
    if not isinstance(key, dict) or key.get("use", "sig") != "sig":
        return False
    named = "kid" not in header or key.get("kid") == header["kid"]
    return bool(named and key.get("alg", header["alg"]) == header["alg"])
