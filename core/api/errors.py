"""Errors as they leave the API: `{"detail": …}`, with the status that the contract names."""

import logging
from datetime import UTC, datetime
from math import ceil
from secrets import token_hex
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.api.answers import JSON, encoded
from core.errors import LabError, LimitReached, NotSignedIn, TierTooLow, described

PLAIN_WORDS = {404: "There is nothing here.", 405: "This cannot be done here."}

RETRY_AFTER_S = 5
"""When to try again if nobody can tell when something of the user's ends."""

log = logging.getLogger(__name__)


def lab_error(request: Request, error: Exception) -> Response:
    """Answer a `LabError`: its message, or an object where there is more to say."""
    assert isinstance(error, LabError)
    _log_refusal(request, error)
    match error:
        case TierTooLow():
            detail: Any = {
                "error": error.message,
                "tier_required": error.tier_required,
                "current_tier": error.current_tier,
            }
        case LimitReached(resets_at=resets_at):
            told = resets_at.isoformat() if resets_at else None
            detail = {"error": error.message, "limit": error.limit, "used": error.used, "resets_at": told}
        case _:
            detail = error.message
    return Response(encoded({"detail": detail}), error.status, _headers(error), media_type=JSON)


def http_error(request: Request, error: Exception) -> Response:
    """Answer an unknown path, a wrong method and the like."""
    assert isinstance(error, HTTPException)
    detail = PLAIN_WORDS.get(error.status_code, error.detail)
    return JSONResponse({"detail": detail}, error.status_code, error.headers)


def unexpected_error(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw: an id that the log has beside the error's kind and place, and no more."""
    identity = token_hex(4)
    log.error("unexpected error %s: %s", identity, described(error), extra=_asked(request))
    return JSONResponse({"detail": f"Something went wrong on our side. It is logged as {identity}."}, 500)


def _log_refusal(request: Request, error: LabError) -> None:
    """Log what was refused; that the lab is not ready is logged where it is found, not each time somebody asks."""
    asks = request.url.path.endswith("/ready")
    level = logging.DEBUG if asks else logging.WARNING if error.status >= 500 else logging.INFO
    log.log(level, "request refused", extra={"code": error.code, "status": error.status, **_asked(request)})


def _asked(request: Request) -> dict[str, str]:
    address = request.client.host if request.client else ""
    return {"method": request.method, "path": request.url.path, "address": address}


def _headers(error: LabError) -> dict[str, str]:
    match error:
        case NotSignedIn():
            return {"WWW-Authenticate": "Bearer"}
        case LimitReached(resets_at=resets_at):
            seconds = (resets_at - datetime.now(UTC)).total_seconds() if resets_at else RETRY_AFTER_S
            return {"Retry-After": str(max(ceil(seconds), 1))}
        case _:
            return {}
