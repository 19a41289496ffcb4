"""Everything that is served beside the pages: one application under `/api`, with its own answer to every error."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from core.api.auth import AUTH_ROUTES
from core.api.errors import http_error, lab_error, unexpected_error
from core.api.health import HEALTH_ROUTES
from core.api.llm import run
from core.api.metrics import METRICS_ROUTES
from core.errors import LabError

EXCEPTION_HANDLERS = {HTTPException: http_error, LabError: lab_error, Exception: unexpected_error}

api = Starlette(
    routes=[*HEALTH_ROUTES, *AUTH_ROUTES, *METRICS_ROUTES, Route("/v1/llm/test", run, methods=["POST"])],
    exception_handlers=EXCEPTION_HANDLERS,
)


async def first_page(request: Request) -> Response:
    """`GET /playground`: Streamlit serves its first page at `/` only, so lead there, with what the URL asks for."""
    query = request.url.query
    return RedirectResponse(f"/?{query}" if query else "/", 307)


routes: list[BaseRoute] = [Mount("/api", app=api), Route("/playground", first_page)]
