"""What Prometheus scrapes: `GET /v1/metrics`, with a bearer token of its own."""

from hmac import compare_digest

from anyio.to_thread import run_sync
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import lab
from core.services.metrics import CONTENT_TYPE


async def metrics(request: Request) -> Response:
    """Return the metrics as text. 404 unless `LAB_METRICS_TOKEN` is set, 401 without it as the bearer token."""
    opened = lab.current()
    token = opened.settings.metrics_token
    if token is None:
        raise HTTPException(404)
    if not _bears(request, token.get_secret_value()):
        raise HTTPException(401, "Send LAB_METRICS_TOKEN as the bearer token.", {"WWW-Authenticate": "Bearer"})
    return Response(await run_sync(opened.metrics.exposition), media_type=CONTENT_TYPE)


def _bears(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and compare_digest(given.strip().encode(), token.encode())


METRICS_ROUTES = [Route("/v1/metrics", metrics)]
