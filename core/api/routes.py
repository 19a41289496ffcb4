"""Everything that is served beside the pages: one application under `/api`, with its own answers to every error."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount

from core.api.auth import AUTH_ROUTES
from core.api.errors import http_error, lab_error, unexpected_error
from core.api.health import HEALTH_ROUTES
from core.errors import LabError

api = Starlette(
    routes=[*HEALTH_ROUTES, *AUTH_ROUTES],
    exception_handlers={HTTPException: http_error, LabError: lab_error, Exception: unexpected_error},
)

routes: list[BaseRoute] = [Mount("/api", app=api)]
