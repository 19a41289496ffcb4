"""The report of a month on one page: everybody's runs for those who see them, the caller's own for the others."""

from collections.abc import Callable
from datetime import UTC, datetime

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from core import lab
from core.api.callers import caller
from core.api.queries import Query, asked
from core.api.schemas import Problem
from core.domain.accounts import Scope, User
from core.services.monthly.page import page
from core.services.monthly.pdf import pdf
from core.services.monthly.report import NO_SUCH_MONTH, file_name, month_named, monthly_report
from core.services.monthly.sheet import Sheet

HTML, PDF = "text/html", "application/pdf"
HTML_EXAMPLE = '<!doctype html><html lang="en"><title>November 2026 · Testing Lab</title></html>'
NO_MONTH = Problem(detail=NO_SUCH_MONTH)


async def monthly_page(request: Request) -> Response:
    """`GET /reports/{month}.html`: the report as a page that asks for nothing and runs nothing. 404 for no month."""
    content, _ = await _made(request, page)
    return Response(content, media_type=HTML)


async def monthly_pdf(request: Request) -> Response:
    """`GET /reports/{month}.pdf`: the report to print or to send. 404 for no month."""
    content, month = await _made(request, pdf)
    name = file_name(month_named(month), "pdf")
    return Response(content, media_type=PDF, headers={"Content-Disposition": f'attachment; filename="{name}"'})


async def _made(request: Request, setting: Callable[[Sheet], str | bytes]) -> tuple[str | bytes, str]:
    user = (await caller(request, Scope.READ)).user
    asked(request, Query)
    month: str = request.path_params["month"]
    return await run_sync(lambda: setting(_sheet(user, month))), month


def _sheet(user: User, month: str) -> Sheet:
    opened = lab.current()
    first = month_named(month)
    opened.runs.catch_up(user)
    return monthly_report(opened.stats, user, first, datetime.now(UTC), opened.settings.timezone)
