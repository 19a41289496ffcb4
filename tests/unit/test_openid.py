"""What the lab believes of a company's sign-in, and how it speaks of one, without any wire."""

import json
from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.access import Role, Tier
from core.domain.openid import (
    FLIGHT_LIMIT,
    MAX_NAME,
    WORDS,
    Flight,
    Identity,
    Reason,
    Registration,
    admitted,
    authorization_url,
    identity_of,
    namesakes,
    openid_of,
    words,
)
from core.domain.web import own_page, with_refusal, without_refusal
from core.errors import InvalidRequest, SignInRefused
from core.providers.client_openid import endpoints_in
from core.providers.id_token import Expected, claims_in, is_known
from core.store.attempts import WINDOW
from tests.providers.openid_provider import public_key

ISSUER = "https://login.example.com"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FLIGHT = Flight("state", "nonce", "verifier", "/history?run=1", "http://lab/callback", NOW)
REGISTRATION = Registration(ISSUER, "lab & co", "Company", Tier.TRIAL, Role.OPS, secret="a secret")
PAGES = st.from_regex(r"/[a-z]{0,9}(\?[a-z0-9=&%+._~-]{0,30})?", fullmatch=True).filter(
    lambda page: "openid" not in page
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=5),
    max_leaves=9,
)


def test_every_reason_has_words_of_its_own_and_nothing_else_has():
    assert set(WORDS) == set(Reason)
    assert len(set(WORDS.values())) == len(Reason)
    assert words("cancelled") == WORDS[Reason.CANCELLED]
    assert [words(other) for other in ("", "CANCELLED", "<b>", "cancelled ")] == [None] * 4


def test_a_flight_is_over_before_it_is_forgotten_that_it_was_used():
    assert FLIGHT_LIMIT <= WINDOW
    assert not FLIGHT.over(NOW + FLIGHT_LIMIT - timedelta(seconds=1))
    assert FLIGHT.over(NOW + FLIGHT_LIMIT)


@given(st.builds(Flight, *[st.text()] * 5, st.datetimes(timezones=st.just(UTC))))
def test_a_flight_is_read_as_it_was_written(flight: Flight):
    assert Flight.read(flight.text()) == flight


def test_the_provider_is_asked_for_a_code_and_told_no_secret():
    url = urlsplit(authorization_url(f"{ISSUER}/authorize?realm=x", REGISTRATION, FLIGHT))
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert (url.scheme, url.netloc, url.path) == ("https", "login.example.com", "/authorize")
    challenge = asked.pop("code_challenge")
    assert asked == {
        "realm": "x",
        "response_type": "code",
        "client_id": "lab & co",
        "redirect_uri": "http://lab/callback",
        "scope": "openid profile email",
        "state": "state",
        "nonce": "nonce",
        "code_challenge_method": "S256",
    }
    assert challenge == FLIGHT.challenge
    assert "verifier" not in url.query
    assert "secret" not in url.query


def test_the_challenge_is_the_one_of_the_standard():
    """The example of RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    flight = Flight("", "", verifier, "/", "", NOW)
    assert flight.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert sha256(verifier.encode()).hexdigest() not in flight.challenge


def test_secrets_do_not_show_when_they_are_printed():
    assert "a secret" not in repr(REGISTRATION)
    assert "nonce'" not in repr(FLIGHT) and "verifier'" not in repr(FLIGHT)


@pytest.mark.parametrize(
    ("claims", "name", "email"),
    [
        ({"preferred_username": " ann ", "email": "a@b.example"}, "ann", ""),
        ({"email": "ann@b.example", "email_verified": True}, "ann@b.example", "ann@b.example"),
        ({"email": "ann@b.example", "email_verified": "true"}, "ann@b.example", ""),
        ({"preferred_username": "a\nb", "email": "ann@b.example"}, "ann@b.example", ""),
        ({"preferred_username": "x" * 101}, "s-1", ""),
        ({"preferred_username": ["ann"], "email": None}, "s-1", ""),
        ({}, "s-1", ""),
    ],
)
def test_somebody_is_called_by_the_first_name_that_will_do(claims, name: str, email: str):
    assert identity_of(ISSUER, {"sub": "s-1", **claims}) == Identity(f"{ISSUER}|s-1", name, email)


@pytest.mark.parametrize("subject", [None, 7, "", " a", "a ", "ä", "a\nb", "a\0", "x" * 256, ["a"]])
def test_what_is_no_subject_is_nobody(subject):
    with pytest.raises(InvalidRequest):
        openid_of(ISSUER, subject)
    with pytest.raises(SignInRefused):
        identity_of(ISSUER, {"sub": subject})


@given(st.dictionaries(st.sampled_from(["sub", "preferred_username", "email", "email_verified"]), JSON))
def test_any_claims_are_somebody_with_a_name_or_refused(claims):
    try:
        identity = identity_of(ISSUER, claims)
    except SignInRefused:
        return
    assert identity.openid.startswith(f"{ISSUER}|") and len(identity.openid) <= len(ISSUER) + 256
    assert 0 < len(identity.name) <= MAX_NAME and identity.name.isprintable()
    assert identity.name == identity.name.strip()


@pytest.mark.parametrize(
    ("email", "domains", "may"),
    [
        ("", (), True),
        ("", ("example.com",), False),
        ("ann@example.com", ("example.com",), True),
        ("ann@EXAMPLE.com", ("example.org", "example.com"), True),
        ("ann@sub.example.com", ("example.com",), False),
        ("ann@notexample.com", ("example.com",), False),
        ("ann@example.com@evil.example", ("example.com",), False),
        ("example.com", ("example.com",), False),
    ],
)
def test_only_addresses_of_the_named_domains_come_in(email: str, domains, may: bool):
    assert admitted(Identity("", "ann", email), frozenset(domains)) is may


@given(st.text(min_size=1, max_size=MAX_NAME))
def test_namesakes_are_told_apart_within_the_length_of_a_name(name: str):
    names = list(namesakes(name))
    assert names[0] == name
    assert len(set(names)) == len(names)
    assert all(len(one) <= MAX_NAME for one in names)


@given(PAGES, st.sampled_from(list(Reason)))
def test_a_reason_is_put_to_a_page_and_taken_off_again(page: str, reason: Reason):
    refused = with_refusal(page, reason)
    assert own_page(refused) == refused
    assert parse_qs(urlsplit(refused).query)["openid"] == [reason]
    assert without_refusal(refused) == page
    assert with_refusal(refused, "away") == with_refusal(page, "away")


DESCRIPTION = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}


@pytest.mark.parametrize(
    ("methods", "posted"),
    [
        ({}, False),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]}, False),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post"]}, True),
    ],
)
def test_a_description_tells_where_to_ask_and_how(methods, posted: bool):
    found = endpoints_in(DESCRIPTION | methods, ISSUER)
    assert (found.authorization, found.token, found.keys) == tuple(
        f"{ISSUER}/{path}" for path in ("authorize", "token", "keys")
    )
    assert found.posted is posted


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"},
        {"issuer": f"{ISSUER}/"},
        {"issuer": None},
        {"token_endpoint": "http://login.example.com/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
        {"jwks_uri": ["https://login.example.com/keys"]},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://login.example.com/\r\nSet-Cookie: a=b"},
    ],
)
def test_a_description_that_is_anothers_or_unsafe_is_refused(change):
    with pytest.raises(SignInRefused) as refused:
        endpoints_in(DESCRIPTION | change, ISSUER)
    assert refused.value.reason == Reason.AWAY


@given(JSON | st.fixed_dictionaries({name: JSON | st.just(value) for name, value in DESCRIPTION.items()}))
def test_no_description_breaks_anything(document):
    with suppress(SignInRefused):
        assert endpoints_in(document, ISSUER).token.startswith("https://")


EXPECTED = Expected(ISSUER, "the-lab", "nonce", NOW)
KEY = public_key("one")
HEADERS = st.fixed_dictionaries(
    {}, optional={"alg": JSON | st.sampled_from(["RS256", "ES256", "EdDSA", "none"]), "kid": JSON | st.just("one")}
)
NAMES = ("kty", "kid", "use", "alg", "n", "e", "crv", "x")
PARTS = st.fixed_dictionaries({}, optional={name: JSON | st.just(KEY.get(name, "P-256")) for name in NAMES})


def unsigned(header, claims) -> str:
    """A token whose signature is none."""
    parts = (urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims))
    return ".".join((*parts, "AAAA"))


@given(st.text() | st.builds(unsigned, HEADERS | JSON, JSON), JSON | st.fixed_dictionaries({"keys": st.lists(PARTS)}))
def test_whatever_comes_in_the_place_of_a_token_or_of_keys_is_refused(token: str, keys):
    for read in (lambda: claims_in(token, keys, EXPECTED), lambda: is_known(token, keys)):
        try:
            assert isinstance(read(), bool)
        except SignInRefused as refused:
            assert refused.reason == Reason.UNTRUSTED
