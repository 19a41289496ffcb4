"""Everything that is served beside the pages: one application under `/api`, with its own answer to every error."""

from functools import cache
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from core.api.administration import FILES
from core.api.answers import JSON, encoded
from core.api.auth import STEPS
from core.api.catalogue import CATALOGUE
from core.api.errors import http_error, lab_error, unexpected_error
from core.api.metrics import METRICS_ROUTES
from core.api.openapi import described
from core.api.openid import OPENID_STEPS
from core.api.operations import Operation, Who, routed
from core.api.schemas import Shape
from core.errors import LabError

EXCEPTION_HANDLERS = {HTTPException: http_error, LabError: lab_error, Exception: unexpected_error}


class Description(Shape):
    """An OpenAPI 3.1 document."""

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]
    components: dict[str, Any]


@cache
def description() -> bytes:
    """Return the description of the API, as JSON."""
    return encoded(described(OPERATIONS))


async def openapi(request: Request) -> Response:
    """`GET /openapi.json`: the description of the API."""
    return Response(description(), media_type=JSON)


OPERATIONS = (
    *CATALOGUE,
    Operation(
        method="GET",
        path="/v1/openapi.json",
        endpoint=openapi,
        tag="Service",
        summary="Describe the API",
        description="This description, in OpenAPI 3.1.",
        who=Who.ANYBODY,
        answers=(Description(openapi="3.1.0", info={"title": "Testing Lab", "version": "1"}, paths={}, components={}),),
    ),
)
"""Every operation that the API offers: routes and description are made from them."""


async def first_page(request: Request) -> Response:
    """`GET /playground`: Streamlit serves its first page at `/` only, so lead there, with what the URL asks for."""
    query = request.url.query
    return RedirectResponse(f"/?{query}" if query else "/", 307)


api = Starlette(
    routes=[
        *routed(OPERATIONS),
        *STEPS,
        *FILES,
        *OPENID_STEPS,
        *METRICS_ROUTES,
    ],
    exception_handlers=EXCEPTION_HANDLERS,
)
api.router.redirect_slashes = False

routes: list[BaseRoute] = [Route("/playground", first_page)]
