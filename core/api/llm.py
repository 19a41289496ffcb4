"""`POST /api/v1/llm/test`: one run."""

from starlette.requests import Request
from starlette.types import ASGIApp

from core import lab
from core.api.bodies import received, validated
from core.api.callers import identified, in_thread
from core.api.runs import EventStream, WholeAnswer
from core.api.schemas import RunRequest
from core.domain.accounts import Scope
from core.domain.runs import RunOrigin


async def run(request: Request) -> ASGIApp:
    """Start a run and answer with what it says: as an event stream, or whole at its end."""
    body = await received(request)
    return await in_thread(_answer, request, body)


def _answer(request: Request, body: bytes) -> ASGIApp:
    """Let the caller in, then look at the body: nobody else learns what a good one is."""
    caller = identified(request, Scope.RUN)
    wanted = validated(body, RunRequest)
    runs = lab.current().runs
    started = runs.start(caller.user, wanted.chat_request(), RunOrigin.API, lasting=caller.token)
    return (EventStream if wanted.stream else WholeAnswer)(runs, caller.user, started)
