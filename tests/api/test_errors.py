"""Errors as they leave the API, without a lab behind it."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from core import lab
from core.api.errors import RETRY_AFTER_S
from core.api.routes import EXCEPTION_HANDLERS, api
from core.errors import (
    Forbidden,
    KeyMissing,
    LimitReached,
    NotFound,
    NotSignedIn,
    StoreUnavailable,
    TierTooLow,
    UnknownProvider,
)

SOON = datetime(2026, 12, 1, tzinfo=UTC)
TIER = {"tier_required": "enterprise", "current_tier": "trial"}
LIMIT = {"limit": 100, "used": 100, "resets_at": SOON.isoformat()}

ERRORS = [
    (UnknownProvider("No."), 400, "No."),
    (Forbidden("No."), 403, "No."),
    (TierTooLow("No.", **TIER), 403, {"error": "No.", **TIER}),
    (NotFound("No."), 404, "No."),
    (LimitReached("No.", limit=100, used=100, resets_at=SOON), 429, {"error": "No.", **LIMIT}),
    (
        LimitReached("No.", limit=8, used=8, resets_at=None),
        429,
        {"error": "No.", "limit": 8, "used": 8, "resets_at": None},
    ),
    (KeyMissing("No."), 503, "No."),
    (StoreUnavailable("No."), 503, "No."),
]


async def asked(app: Starlette, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://lab") as client:
        return await client.get(path)


def failing(error: Exception) -> Starlette:
    async def fail(request: Request) -> None:
        raise error

    return Starlette(routes=[Route("/", fail)], exception_handlers=EXCEPTION_HANDLERS)


@pytest.fixture
def no_lab() -> None:
    """A lab that has not opened yet."""
    lab.install(None)


@pytest.mark.parametrize(("error", "status", "detail"), ERRORS)
async def test_each_error_has_its_status_and_its_detail(error: Exception, status: int, detail: object):
    response = await asked(failing(error), "/")
    assert (response.status_code, response.json()) == (status, {"detail": detail})


async def test_every_limit_says_when_to_come_back():
    soon = datetime.now(UTC) + timedelta(seconds=90)
    ends, endless = (LimitReached("No.", limit=1, used=1, resets_at=end) for end in (soon, None))
    assert 80 <= int((await asked(failing(ends), "/")).headers["retry-after"]) <= 90
    assert int((await asked(failing(endless), "/")).headers["retry-after"]) == RETRY_AFTER_S


async def test_whoever_is_not_known_is_told_how_to_be():
    assert (await asked(failing(NotSignedIn("Who?")), "/")).headers["www-authenticate"] == "Bearer"


async def test_what_nobody_foresaw_shows_an_id_that_the_log_has_and_nothing_else(caplog: pytest.LogCaptureFixture):
    response = await asked(failing(RuntimeError("sk-secret")), "/")
    identity = response.json()["detail"].split()[-1].rstrip(".")
    assert response.status_code == 500
    assert identity in caplog.text
    assert "sk-secret" not in response.text


async def test_before_the_lab_is_open_it_lives_but_is_not_ready(no_lab: None):
    assert (await asked(api, "/v1/health")).status_code == 200
    response = await asked(api, "/v1/ready")
    assert response.status_code == 503
    assert "starting" in response.json()["detail"]
