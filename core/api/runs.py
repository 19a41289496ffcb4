"""The answers to a request for a run: its text as it comes, or the whole at its end. Who hangs up ends the run.

The engine owns the run and its record; an answer only follows it, so however an answer ends, nothing is lost.
"""

import asyncio
from contextlib import suppress
from typing import Any

from starlette.types import Receive, Scope, Send

from core.api.frames import event, frames
from core.api.readers import first, left
from core.api.verdicts import answer_of, verdict_of
from core.domain.accounts import User
from core.errors import NotFound
from core.services.runs import LiveRun, Runs

KEEP_ALIVE_S = 15.0
KEEP_ALIVE = b": the run goes on\n\n"
STALLED_AFTER = 20
"""A reader who has taken nothing for so many times `KEEP_ALIVE_S` is hung up on: the run has long been settled."""


class EventStream:
    """A run as an event stream, at the reader's pace; an idle line is kept open with comments."""

    def __init__(self, runs: Runs, user: User, run: LiveRun) -> None:
        self._runs = runs
        self._user = user
        self._run = run
        self._sent = 0
        self._sending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer until the run has ended or the reader is gone."""
        if not await first(self._answer(send), left(receive), self._tend(send)):
            _stop(self._runs, self._user, self._run)

    async def _answer(self, send: Send) -> None:
        await send(_head(self._run, b"text/event-stream"))
        async for frame in frames(self._run):
            self._sending = True
            await send({"type": "http.response.body", "body": frame, "more_body": True})
            self._sending = False
            self._sent += 1
        self._sending = True  # and nothing may follow it
        await send({"type": "http.response.body", "body": event(verdict_of(self._run))})

    async def _tend(self, send: Send) -> None:
        """Keep a silent line open; return when the reader has taken nothing for too long."""
        before, stalled = 0, 0
        while stalled < STALLED_AFTER:
            await asyncio.sleep(KEEP_ALIVE_S)
            stalled = stalled + 1 if self._sending and self._sent == before else 0
            if self._sent == before and not self._sending:
                await send({"type": "http.response.body", "body": KEEP_ALIVE, "more_body": True})
            before = self._sent


class WholeAnswer:
    """A run as one JSON object, when it has ended."""

    def __init__(self, runs: Runs, user: User, run: LiveRun) -> None:
        self._runs = runs
        self._user = user
        self._run = run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer when the run has ended, unless the reader is gone before."""
        if not await first(self._answer(send), left(receive)):
            _stop(self._runs, self._user, self._run)

    async def _answer(self, send: Send) -> None:
        async for _ in self._run.stream():
            pass
        await send(_head(self._run, b"application/json"))
        await send({"type": "http.response.body", "body": answer_of(self._run)})


def _stop(runs: Runs, user: User, run: LiveRun) -> None:
    with suppress(NotFound):
        runs.stop(user, run.admission.run_id)


def _head(run: LiveRun, media_type: bytes) -> dict[str, Any]:
    headers = [(b"content-type", media_type), (b"x-run-id", str(run.admission.run_id).encode())]
    return {"type": "http.response.start", "status": 200, "headers": headers}
