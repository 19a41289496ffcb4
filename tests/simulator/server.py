"""The server: a loop in a thread, connections that are watched, and a record of all that came."""

import asyncio
import contextlib
import ssl
import threading
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from tests.simulator.behaviours import Stage, behaviour_of
from tests.simulator.lists import models_of
from tests.simulator.script import Script
from tests.simulator.voices import ChatVoice, MessagesVoice, Voice
from tests.simulator.wire import Connection, NotHTTP, Reply, Request, WatchedProtocol, read_request

_PATHS = {"openrouter": "/openrouter/api/v1", "anthropic": "/anthropic", "groq": "/groq/openai/v1"}
REVOKED = "revoked"
"""What stands in keys that are refused."""

_GONE = (ConnectionError, asyncio.IncompleteReadError)


class Simulator:
    """A provider on 127.0.0.1. Enter it to start; `requests` and `connections` tell what it saw."""

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        listed: Sequence[str] = ("sim/words",),
    ) -> None:
        """`listed` names the models that its lists hold beside those that each provider has."""
        self.requests: list[Request] = []
        self.connections: list[Connection] = []
        self._port, self._host, self._tls = port, host, tls
        self._listed = listed
        self._asked: Counter[str] = Counter()
        self._voices: dict[str, Voice] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: WeakSet[asyncio.StreamWriter] = WeakSet()

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"{'https' if self._tls else 'http'}://{'localhost' if self._tls else self._host}:{self._port}"

    def base_url(self, provider: str) -> str:
        """Return the base URL for `provider`, written as its own SDK writes it."""
        return self.url + _PATHS.get(provider, f"/{provider}/v1")

    def clear(self) -> None:
        """Forget what was seen."""
        self.requests.clear()
        self.connections.clear()
        self._asked.clear()

    def release(self) -> None:
        """Let every answer that was asked for until now go on past where it is `held`."""
        for request in self.requests:
            self._loop.call_soon_threadsafe(request.released.set)

    def __enter__(self) -> "Simulator":
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the simulator did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, self._host, self._port, ssl=self._tls, backlog=1024)
        )
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._stop())
        self._loop.close()

    async def _stop(self) -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}  # TLS handshakes under way among them
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)  # the transports close in the loop's next turns

    def _protocol(self) -> asyncio.BaseProtocol:
        connection = Connection()
        self.connections.append(connection)
        reader = asyncio.StreamReader(limit=64 << 20)
        protocol: WatchedProtocol

        def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.add(writer)
            task = self._loop.create_task(self._serve(reader, writer, connection, protocol.gone))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        protocol = WatchedProtocol(reader, begin, connection)
        return protocol

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection, gone: asyncio.Event
    ) -> None:
        reply = Reply(writer, connection)
        try:
            while reply.keeps_open:
                request = await read_request(reader, connection)
                self.requests.append(request)
                await _unless(gone, self._answer(request, reply))
        except NotHTTP:
            await reply.whole(400, {"error": {"message": "this is no HTTP"}})
        except _GONE:
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            writer.close()

    async def _answer(self, request: Request, reply: Reply) -> None:
        path = urlsplit(request.path).path
        if path.endswith(("/chat/completions", "/messages")) and request.method == "POST":
            await self._perform(request, reply)
        elif path.endswith("/key"):
            await reply.whole(*(_no_key(request) or (200, {"data": {"label": "sk-or-v1-au7...890"}})))
        elif path.endswith("/models"):
            await reply.whole(*(_no_key(request) or (200, models_of(request.provider, self._listed))))
        elif path == "/runs":
            await reply.whole(200, [_seen(run) for run in self.requests if run.method == "POST"])
        elif path.endswith("/generation"):
            await self._tell_cost(request, reply)
        else:
            await reply.whole(404, {"error": {"message": f"no such path: {path}"}})

    async def _perform(self, request: Request, reply: Reply) -> None:
        if wrong := _complaint(request):
            await reply.whole(*wrong)
            return
        script = Script.of(request.body["model"], request.body["messages"][-1]["content"])
        kind = MessagesVoice if request.path.endswith("/messages") else ChatVoice
        voice = kind(request.provider, request.body, script)
        self._voices[voice.id] = voice
        before = self._asked[voice.model]
        self._asked[voice.model] += 1
        await behaviour_of(script)(Stage(request, reply, script, voice, before))

    async def _tell_cost(self, request: Request, reply: Reply) -> None:
        """OpenRouter knows only a moment later; the option `bill` tells what the first questions are answered."""
        voice = self._voices.get(request.query.get("id", ""))
        told = voice.script.options.get("bill", "404").split(",") if isinstance(voice, ChatVoice) else ["404"]
        asked = self._asked[request.path]
        self._asked[request.path] += 1
        if not isinstance(voice, ChatVoice) or (asked < len(told) and told[asked] != "200"):
            status = int(told[min(asked, len(told) - 1)])
            await reply.whole(status, {"error": {"message": f"Not now, <b>{request.key}</b>", "code": status}})
            return
        usage, name = voice.usage(), voice.script.options.get("bill_id", voice.id)
        data: dict[str, Any] = {"id": name, "model": voice.model, "total_cost": usage["cost"], "cancelled": True}
        data |= {"native_tokens_prompt": usage["prompt_tokens"], "native_tokens_completion": voice.said}
        await reply.whole(200, {"data": data})


def _seen(run: Request) -> dict[str, Any]:
    """What can be told of a run: times on `time.monotonic`, and the length of what was said."""
    names = ("at", "text_at", "text_bytes", "ended_at")
    return {name: getattr(run, name) for name in names} | {"closed_at": run.connection.closed_at}


def _complaint(request: Request) -> tuple[int, Any] | None:
    """What a real provider would refuse: no key, and for Messages what the dialect does not allow."""
    if wrong := _no_key(request):
        return wrong
    if not request.path.endswith("/messages"):
        return None
    body = request.body
    roles = [message["role"] for message in body["messages"]]
    alternate = all(role != following for role, following in pairwise(roles))
    if "max_tokens" in body and body.get("temperature", 0) <= 1 and set(roles) <= {"user", "assistant"} and alternate:
        return None
    return 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "not a valid request"}}


def _no_key(request: Request) -> tuple[int, Any] | None:
    if REVOKED in request.key:
        return 401, {"error": {"type": "authentication_error", "message": f"the key {request.key} was revoked"}}
    if request.key or request.provider in ("local", "v1"):
        return None
    return 401, {"error": {"type": "authentication_error", "message": "no key was sent"}}


async def _unless(gone: asyncio.Event, answer: Any) -> None:
    """Run `answer` until it is done or the client is gone."""
    task = asyncio.ensure_future(answer)
    leaving = asyncio.ensure_future(gone.wait())
    try:
        await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        if not task.done():
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
