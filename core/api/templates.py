"""The templates that a prompt can start from."""

from starlette.requests import Request
from starlette.responses import Response

from core import lab
from core.api.answers import answered
from core.api.callers import caller
from core.api.queries import Query, asked
from core.api.schemas import TemplateList


async def templates(request: Request) -> Response:
    """`GET /llm/test/templates`: every template, in the order in which they are offered."""
    await caller(request)
    asked(request, Query)
    return await answered(lambda: TemplateList(templates=lab.current().templates.all()))
