"""Whether the process is alive, and whether it can serve."""

from typing import Literal

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from core import lab
from core.api.answers import answer
from core.api.schemas import Shape
from core.errors import Unavailable


class Alive(Shape):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(Shape):
    """The database is reachable and migrated."""

    status: Literal["ready"] = "ready"


async def health(request: Request) -> Response:
    """`GET /health`: 200 as long as the process answers."""
    return answer(Alive())


async def ready(request: Request) -> Response:
    """`GET /ready`: 200 if the database is reachable and migrated, else 503."""
    if not await run_sync(lab.current().database.ready):
        raise Unavailable("The database cannot be reached.")
    return answer(Ready())
