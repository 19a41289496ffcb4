"""`POST /api/v1/llm/test`: one run."""

from asyncio import wrap_future

from starlette.requests import Request
from starlette.types import ASGIApp

from core import lab
from core.api.bodies import received, validated
from core.api.callers import caller
from core.api.runs import EventStream, WholeAnswer
from core.api.schemas import RunRequest
from core.domain.accounts import Scope
from core.domain.runs import RunOrigin


async def run(request: Request) -> ASGIApp:
    """Start a run and answer with what it says: as an event stream, or whole at its end."""
    body = await received(request)
    asks = await caller(request, Scope.RUN)  # before a look at the body: nobody else learns what a good one is
    wanted = validated(body, RunRequest)
    runs = lab.current().runs
    begun = runs.begin(asks.user, wanted.chat_request(), RunOrigin.API, tags=wanted.tags, lasting=asks.token)
    started = await wrap_future(begun)
    return (EventStream if wanted.stream else WholeAnswer)(runs, asks.user, started)
