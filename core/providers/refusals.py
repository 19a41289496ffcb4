"""What a provider's refusal means: HTTP statuses and error objects -> `Failed`."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from core.domain.events import Failed
from core.domain.faults import FaultCode
from core.providers.plaintext import Plaintext

LONGEST_WAIT_S = 3600.0

_BY_STATUS = {
    400: FaultCode.INVALID_REQUEST,
    401: FaultCode.BAD_KEY,
    402: FaultCode.NO_CREDIT,
    403: FaultCode.REFUSED,
    404: FaultCode.UNKNOWN_MODEL,
    413: FaultCode.INVALID_REQUEST,
    422: FaultCode.INVALID_REQUEST,
    429: FaultCode.RATE_LIMITED,
    498: FaultCode.OVERLOADED,
    502: FaultCode.OVERLOADED,
    503: FaultCode.OVERLOADED,
    529: FaultCode.OVERLOADED,
}

_BY_NAME = {
    "invalid_request_error": FaultCode.INVALID_REQUEST,
    "context_length_exceeded": FaultCode.INVALID_REQUEST,
    "request_too_large": FaultCode.INVALID_REQUEST,
    "authentication_error": FaultCode.BAD_KEY,
    "invalid_api_key": FaultCode.BAD_KEY,
    "billing_error": FaultCode.NO_CREDIT,
    "insufficient_quota": FaultCode.NO_CREDIT,
    "permission_error": FaultCode.REFUSED,
    "not_found_error": FaultCode.UNKNOWN_MODEL,
    "model_not_found": FaultCode.UNKNOWN_MODEL,
    "rate_limit_error": FaultCode.RATE_LIMITED,
    "rate_limit_exceeded": FaultCode.RATE_LIMITED,
    "overloaded_error": FaultCode.OVERLOADED,
}
"""The words of `error.type` and `error.code`, of both dialects."""

_DECISIVE = frozenset({"insufficient_quota", "model_not_found", "billing_error"})
"""Words that say more than the status they come with: OpenAI answers 429 when the money is gone."""

_NO_CREDIT = "credit balance is too low"
"""Anthropic answers 400 `invalid_request_error` with these words when the money is gone."""


def refused(status: int, headers: Mapping[str, str], body: bytes, plain: Plaintext, now: datetime) -> Failed:
    """Return what an answer with `status` (not 200) means. `headers` are looked up in lower case."""
    if 300 <= status < 400:
        return Failed(FaultCode.REDIRECTED)
    payload = _parsed(body)
    message = message_of(payload)
    code = _decisive(payload, message) or _BY_STATUS.get(status, FaultCode.PROVIDER)
    wait = retry_after(headers, now) if code in (FaultCode.RATE_LIMITED, FaultCode.OVERLOADED) else None
    return Failed(code, plain(message), wait)


def reported(error: Any, plain: Plaintext) -> Failed:
    """Return what an error object inside a stream, or in its place, means."""
    named = [_BY_NAME[word] for word in _words_of(error) if word in _BY_NAME]
    status = error.get("code") if isinstance(error, dict) else None
    by_status = _BY_STATUS.get(status) if isinstance(status, int) else None
    code = (named or [by_status or FaultCode.PROVIDER])[0]
    return Failed(code, plain(message_of(error)))


def message_of(payload: Any) -> str:
    """Return the provider's own sentence out of the shapes that errors come in, or an empty text."""
    match payload:
        case str():
            return payload
        case {"error": (dict() | str()) as inner}:
            return message_of(inner)
        case {"message": str(message)} | {"detail": str(message)} | {"error_message": str(message)}:
            return message
        case _:
            return ""


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds to wait, from 0 to an hour: `retry-after-ms`, or `retry-after` in seconds or as a date
    (RFC 9110, section 10.2.3). None where nothing usable is said."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return _bounded(milliseconds / 1000)
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is None:
        seconds = _seconds_until(value, now)
    return None if seconds is None else _bounded(seconds)


def _parsed(body: bytes) -> Any:
    """The JSON of a refusal, or its text where it is none."""
    text = body.decode("utf-8", "replace")
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return payload[0] if isinstance(payload, list) and payload else payload


def _decisive(payload: Any, message: str) -> FaultCode | None:
    if _NO_CREDIT in message.lower():
        return FaultCode.NO_CREDIT
    error = payload.get("error") if isinstance(payload, dict) else None
    return next((_BY_NAME[word] for word in _words_of(error) if word in _DECISIVE), None)


def _words_of(error: Any) -> list[str]:
    if not isinstance(error, dict):
        return []
    return [word for word in (error.get("code"), error.get("type")) if isinstance(word, str)]


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _seconds_until(value: str | None, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - now).total_seconds()


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_WAIT_S)
