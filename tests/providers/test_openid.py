"""The way to a company's provider: what is read there, and every check of an ID token, each broken once."""

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from urllib.parse import parse_qs, urlsplit

import pytest

from core.domain.access import Role, Tier
from core.domain.openid import Claims, Flight, Reason, Registration, authorization_url
from core.errors import SignInRefused
from core.providers import client_openid
from core.providers.client_openid import MAX_BYTES, OpenidClient
from core.providers.id_token import LEEWAY, MAX_TOKEN
from tests.providers.openid_provider import (
    CLIENT_ID,
    DESCRIPTION,
    KEYS,
    SECRET,
    TOKEN,
    OpenidProvider,
    Reply,
    changed_afterwards,
    private_key,
    signed_by_another,
    signed_by_nobody,
    signed_by_the_public_key,
    signed_without_a_name,
)

LEEWAY_S = int(LEEWAY.total_seconds())
CALLBACK = "http://127.0.0.1:8501/api/v1/auth/openid/callback"


@pytest.fixture(scope="module")
def running() -> Iterator[OpenidProvider]:
    with OpenidProvider() as provider:
        yield provider


@pytest.fixture
def provider(running: OpenidProvider) -> OpenidProvider:
    running.behave()
    return running


@pytest.fixture
def registration(provider: OpenidProvider) -> Registration:
    return Registration(provider.issuer, CLIENT_ID, "Company", Tier.TRIAL, Role.OPS, secret=SECRET)


@pytest.fixture
async def client(registration: Registration) -> AsyncIterator[OpenidClient]:
    client = OpenidClient(registration)
    yield client
    await client.aclose()


@pytest.fixture
def flight() -> Flight:
    return Flight(*(token_urlsafe(32) for _ in range(3)), "/", CALLBACK, datetime.now(UTC))


@pytest.fixture
def signing_in(provider: OpenidProvider, client: OpenidClient, registration: Registration, flight: Flight):
    """Goes to the provider, signs in there and brings the code back."""

    async def sign_in(back: Flight = flight) -> Claims:
        url = authorization_url(await client.authorization_endpoint(), registration, flight)
        code = parse_qs(urlsplit(provider.approved(url)).query)["code"][0]
        return await client.claims(code, back)

    return sign_in


async def refused(signing_in, *back: Flight) -> tuple[str, str]:
    """Why a sign-in is refused: for the user, and for the log."""
    with pytest.raises(SignInRefused) as refusal:
        await signing_in(*back)
    return refusal.value.reason, refusal.value.detail


async def test_a_token_that_is_right_in_everything_says_who_is_there(signing_in, provider: OpenidProvider):
    provider.person = {"sub": "s-1", "email": "ann@example.com", "email_verified": True}
    claims = await signing_in()
    assert (claims["sub"], claims["email"], claims["email_verified"]) == ("s-1", "ann@example.com", True)


async def test_description_and_keys_are_read_once(signing_in, provider: OpenidProvider):
    await signing_in()
    await signing_in()
    assert provider.asked == [DESCRIPTION, TOKEN, KEYS, TOKEN]


async def test_description_and_keys_are_read_anew_when_they_are_old(signing_in, provider: OpenidProvider, monkeypatch):
    monkeypatch.setattr(client_openid, "KEPT_S", 0.0)
    await signing_in()
    await signing_in()
    assert provider.asked.count(KEYS) == 2


@pytest.mark.parametrize("signed", [signed_by_nobody, signed_by_the_public_key, signed_by_another, changed_afterwards])
async def test_a_forged_token_is_not_believed(signing_in, provider: OpenidProvider, signed):
    provider.signed = signed
    assert (await refused(signing_in))[0] == Reason.UNTRUSTED


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "http://127.0.0.1:1"}, "InvalidIssuerError"),
        ({"iss": None}, "MissingRequiredClaimError"),
        ({"aud": "another"}, "InvalidAudienceError"),
        ({"aud": ["another", "third"]}, "InvalidAudienceError"),
        ({"aud": None}, "MissingRequiredClaimError"),
        ({"aud": [CLIENT_ID, "another"]}, "issued to another party"),
        ({"aud": [CLIENT_ID, "another"], "azp": "another"}, "issued to another party"),
        ({"azp": "another"}, "issued to another party"),
        ({"nonce": "another"}, "the nonce of another sign-in"),
        ({"nonce": 7}, "the nonce of another sign-in"),
        ({"nonce": None}, "MissingRequiredClaimError"),
        ({"sub": None}, "MissingRequiredClaimError"),
        ({"sub": 7}, "InvalidSubjectError"),
        ({"exp": None}, "MissingRequiredClaimError"),
        ({"exp": "soon"}, "DecodeError"),
        ({"exp": float("inf")}, "DecodeError"),
        ({"iat": None}, "MissingRequiredClaimError"),
    ],
)
async def test_a_claim_that_is_wrong_or_missing_is_not_believed(signing_in, provider: OpenidProvider, claims, why: str):
    provider.claims = claims
    assert await refused(signing_in) == (Reason.UNTRUSTED, why)


@pytest.mark.parametrize(
    ("claim", "late_s", "why"),
    [
        ("exp", -LEEWAY_S - 2, "ExpiredSignatureError"),
        ("exp", -LEEWAY_S + 20, None),
        ("iat", LEEWAY_S + 20, "ImmatureSignatureError"),
        ("iat", LEEWAY_S - 20, None),
        ("iat", -LEEWAY_S - 20, "issued before it was asked for"),
        ("iat", -LEEWAY_S + 20, None),
        ("nbf", LEEWAY_S + 20, "ImmatureSignatureError"),
    ],
)
async def test_a_token_counts_at_its_time_as_exactly_as_clocks_go(
    signing_in, provider: OpenidProvider, claim: str, late_s: int, why: str | None
):
    provider.claims = {claim: int(time.time()) + late_s}
    if why is None:
        assert await signing_in()
    else:
        assert await refused(signing_in) == (Reason.UNTRUSTED, why)


@pytest.mark.parametrize("claims", [{"aud": [CLIENT_ID]}, {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}])
async def test_a_token_for_several_counts_if_it_was_issued_to_us(signing_in, provider: OpenidProvider, claims):
    provider.claims = claims
    assert await signing_in()


async def test_a_token_without_end_is_not_read(signing_in, provider: OpenidProvider):
    provider.claims = {"picture": "x" * MAX_TOKEN}
    assert await refused(signing_in) == (Reason.UNTRUSTED, "a token too long")


async def test_for_a_key_that_is_not_known_the_keys_are_read_anew_once(signing_in, provider: OpenidProvider):
    provider.signing = "two"
    assert await refused(signing_in) == (Reason.UNTRUSTED, "an unknown key")
    assert provider.asked == [DESCRIPTION, TOKEN, KEYS, KEYS]


async def test_a_provider_may_change_its_keys(signing_in, provider: OpenidProvider):
    await signing_in()
    provider.published, provider.signing = ["two"], "two"
    assert await signing_in()
    assert provider.asked.count(KEYS) == 2


async def test_a_key_need_not_be_named_where_there_is_one(signing_in, provider: OpenidProvider):
    provider.signed = signed_without_a_name
    assert await signing_in()


async def test_of_several_keys_one_must_be_named(signing_in, provider: OpenidProvider):
    provider.published, provider.signed = ["one", "two"], signed_without_a_name
    assert await refused(signing_in) == (Reason.UNTRUSTED, "an unknown key")


async def test_a_key_that_is_too_short_proves_nothing(signing_in, provider: OpenidProvider):
    assert private_key("short").key_size == 1024
    provider.published, provider.signing = ["short"], "short"
    assert await refused(signing_in) == (Reason.UNTRUSTED, "InvalidKeyError")


@pytest.mark.parametrize("path", [DESCRIPTION, KEYS, TOKEN])
@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(302, headers={"location": "/elsewhere"}), "with status 302"),
        (Reply(500, b"<html>oops"), "no JSON with status 500"),
        (Reply(200, b"\xff\xfe"), "no JSON with status 200"),
        (Reply(200, b"[" * 100_000), "no JSON with status 200"),
        (Reply(200, b'{"x": "' + b"x" * MAX_BYTES + b'"}'), "too_large"),
        (Reply(404), "with status 404"),
    ],
    ids=["redirect", "error", "bytes", "deep", "huge", "nothing"],
)
async def test_a_provider_that_does_not_answer_as_it_should_is_away(
    signing_in, provider: OpenidProvider, path: str, reply: Reply, why: str
):
    provider.replies[path] = reply
    reason, detail = await refused(signing_in)
    assert reason == Reason.AWAY
    assert why in detail
    assert "/elsewhere" not in provider.asked


@pytest.mark.parametrize("path", [DESCRIPTION, KEYS, TOKEN])
async def test_a_slow_provider_is_not_waited_for(signing_in, provider: OpenidProvider, monkeypatch, path: str):
    monkeypatch.setattr(client_openid, "PATIENCE_S", 0.2)
    provider.replies[path] = Reply(after_s=0.5)
    assert await refused(signing_in) == (Reason.AWAY, "stalled")


async def test_nobody_at_the_issuers_address_is_a_provider_away(registration: Registration):
    client = OpenidClient(replace(registration, issuer="http://127.0.0.1:9"))
    with pytest.raises(SignInRefused) as refusal:
        await client.authorization_endpoint()
    await client.aclose()
    assert (refusal.value.reason, refusal.value.detail) == (Reason.AWAY, "connection_refused")


async def test_what_failed_once_is_asked_again(signing_in, provider: OpenidProvider):
    provider.replies[DESCRIPTION] = Reply(503)
    await refused(signing_in)
    provider.behave()
    assert await signing_in()


async def test_a_code_is_worth_nothing_without_the_verifier(signing_in, flight: Flight):
    assert (await refused(signing_in, replace(flight, verifier="another")))[0] == Reason.EXPIRED


async def test_a_token_of_an_earlier_sign_in_is_not_believed(signing_in, flight: Flight):
    later = replace(flight, started_at=flight.started_at + LEEWAY + timedelta(seconds=5))
    assert await refused(signing_in, later) == (Reason.UNTRUSTED, "issued before it was asked for")


@pytest.mark.parametrize("methods", [["client_secret_post"], ["client_secret_basic"]])
async def test_the_secret_is_sent_as_the_provider_wants_it(signing_in, provider: OpenidProvider, methods):
    provider.description = {"token_endpoint_auth_methods_supported": methods}
    assert await signing_in()


async def test_a_wrong_secret_is_a_fault_of_the_set_up(provider: OpenidProvider, registration, flight: Flight):
    for secret in ("another", None):
        client = OpenidClient(replace(registration, secret=secret))
        with pytest.raises(SignInRefused) as refusal:
            await client.claims("a code", flight)
        await client.aclose()
        assert (refusal.value.reason, refusal.value.detail) == (Reason.AWAY, "no token with status 401")
