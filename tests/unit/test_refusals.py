"""What HTTP statuses, error objects and `Retry-After` mean."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from core.domain.faults import FaultCode
from core.providers.plaintext import Plaintext
from core.providers.refusals import message_of, refused, reported, retry_after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (301, "redirected"),
        (307, "redirected"),
        (400, "invalid_request"),
        (401, "bad_key"),
        (402, "no_credit"),
        (403, "refused"),
        (404, "unknown_model"),
        (413, "invalid_request"),
        (418, "provider"),
        (422, "invalid_request"),
        (429, "rate_limited"),
        (500, "provider"),
        (502, "overloaded"),
        (503, "overloaded"),
        (529, "overloaded"),
    ],
)
def test_a_status_has_its_code(status: int, code: str) -> None:
    assert refused(status, {}, b'{"error": {"message": "no"}}', Plaintext(), NOW).code == code


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (429, {"code": "insufficient_quota", "message": "You exceeded your current quota"}, FaultCode.NO_CREDIT),
        (400, {"type": "invalid_request_error", "message": "Your credit balance is too low"}, FaultCode.NO_CREDIT),
        (400, {"code": "model_not_found", "message": "no such model"}, FaultCode.UNKNOWN_MODEL),
        (400, {"code": "context_length_exceeded", "message": "too long"}, FaultCode.INVALID_REQUEST),
    ],
)
def test_some_words_say_more_than_their_status(status: int, error: dict[str, str], code: FaultCode) -> None:
    failed = refused(status, {}, json.dumps({"error": error}).encode(), Plaintext(), NOW)
    assert (failed.code, failed.detail) == (code, error["message"])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "a"}}, "a"),
        ({"type": "error", "error": {"type": "x", "message": "a"}}, "a"),
        ({"error": "a"}, "a"),
        ({"message": "a"}, "a"),
        ({"detail": "a"}, "a"),
        ([{"error": {"message": "a"}}], "a"),
        ({"error": {"message": 5}}, ""),
        ({"error": None}, ""),
        (None, ""),
        ([], ""),
    ],
)
def test_the_message_is_found_in_every_shape(body: Any, message: str) -> None:
    assert refused(500, {}, json.dumps(body).encode(), Plaintext(), NOW).detail == message


def test_a_refusal_that_is_no_json_is_made_plain() -> None:
    assert refused(502, {}, b"<h1>Bad gateway</h1>", Plaintext(), NOW).detail == "Bad gateway"
    assert refused(500, {}, b"[" * 50_000, Plaintext(), NOW).code == "provider"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": 429, "message": "slow"}, "rate_limited"),
        ({"code": 502, "message": "gone"}, "overloaded"),
        ({"code": "rate_limit_exceeded"}, "rate_limited"),
        ({"type": "overloaded_error"}, "overloaded"),
        ({"code": "odd", "type": "server_error"}, "provider"),
        ("words", "provider"),
        (True, "provider"),
        ([], "provider"),
    ],
)
def test_an_error_object_has_its_code(error: Any, code: str) -> None:
    assert reported(error, Plaintext()).code == code


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("1.5", 1.5),
        ("0", 0),
        ("-20", 0),
        ("99999999999", 3600),
        ("inf", 3600),
        ("nan", None),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30),
        ("Sun, 01 Mar 2020 12:00:30 GMT", 0),
        ("Fri, 01 Mar 2999 12:00:30 GMT", 3600),
        ("Sun, 99 Mar 2026 12:00:30 GMT", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_the_wait_is_read_and_bounded(value: str | None, seconds: float | None) -> None:
    assert retry_after({"retry-after": value} if value is not None else {}, NOW) == seconds


def test_milliseconds_are_finer_than_seconds() -> None:
    assert retry_after({"retry-after-ms": "250", "retry-after": "1"}, NOW) == 0.25


def test_only_a_wait_that_helps_is_told() -> None:
    assert refused(429, {"retry-after": "7"}, b"", Plaintext(), NOW).retry_after_s == 7
    assert refused(401, {"retry-after": "7"}, b"", Plaintext(), NOW).retry_after_s is None


def test_words_of_nothing_are_empty() -> None:
    assert message_of({"error": {"code": 1}}) == ""
