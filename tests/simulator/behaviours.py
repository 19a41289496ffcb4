"""What the simulator can do with a request, a function each. The package's docstring tells what they are for."""

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from itertools import count, cycle, islice
from pathlib import Path
from time import monotonic
from typing import Any

from tests.simulator.frames import Frames
from tests.simulator.script import Script
from tests.simulator.voices import Voice
from tests.simulator.wire import Reply, Request

_TALE = "the quick brown fox jumps over the lazy dog while seven wise owls watch from an old oak tree"
_LOREM = tuple(_TALE.split())
_ARTICLE = re.findall(r"\S+\s+", Path(__file__).with_name("article.md").read_text() + "\n")
FOREVER_S = 3600.0


@dataclass
class Stage:
    """All that a behaviour acts with. `before` counts earlier requests for the same model."""

    request: Request
    reply: Reply
    script: Script
    voice: Voice
    before: int

    def __post_init__(self) -> None:
        self.frames = Frames(self.script)

    def message(self, text: str) -> str:
        """An error's words: they repeat the key and bring markup."""
        return f"<b>{text}</b> for key {self.request.key} ![x](http://elsewhere.example/?k={self.request.key})"

    async def begin(self, **headers: str) -> None:
        """Send the headers of a stream."""
        if self.voice.provider == "openrouter":
            headers["x_generation_id"] = self.voice.id
        await asyncio.sleep(self.script.number("delay", 0))
        await self.reply.head(**headers)

    async def send(self, *payloads: Any) -> None:
        """Send events, in writes of `size` bytes if asked."""
        data = b"".join(map(self.frames.frame, payloads))
        size = self.script.whole("size", 0) or len(data)
        for start in range(0, len(data), size or 1):
            await self.reply.send(data[start : start + size])

    async def say(self, words: Iterable[str]) -> None:
        """Send the opening, the reasoning asked for, and words at the pace asked for."""
        await self.send(*self.voice.opening())
        reasoning = self.script.whole("reasoning", 0)
        held = self.script.whole("held", 0)
        async for word in _paced([*islice(_words(), reasoning), *words], self.script.number("rate", 0)):
            if held and self.voice.said == held:
                await self.request.released.wait()
            self.request.said(word)
            await self.send(*self.voice.piece(word, reasoning=self.voice.said < reasoning))

    async def say_some(self, otherwise: int) -> None:
        """Send the opening and the first `after` words."""
        await self.say(islice(_words(), self.script.whole("after", otherwise)))

    async def finish(self) -> None:
        """Send the closing and end the stream."""
        await self.send(*self.voice.closing())
        await self.reply.end()
        self.request.ended_at = monotonic()


Behaviour = Callable[[Stage], Awaitable[None]]


async def words(stage: Stage) -> None:
    await stage.begin()
    pieces = cycle(_ARTICLE) if stage.script.says("markdown", otherwise=False) else _words()
    await stage.say(islice(pieces, stage.script.whole("n", 20)))
    await stage.finish()


async def echo(stage: Stage) -> None:
    await stage.begin()
    said: str = stage.request.body["messages"][-1]["content"]
    await stage.say(part for part in said.replace(" ", " \0").split("\0") if part)
    await stage.finish()


async def silent(stage: Stage) -> None:
    if stage.script.says("headers", otherwise=True):
        await stage.begin()
        if stage.script.whole("after", 0):
            await stage.say_some(0)
    await asyncio.sleep(FOREVER_S)


async def comments(stage: Stage) -> None:
    await stage.begin()
    await stage.say_some(0)
    while True:
        await stage.reply.send(b": keep-alive\n\n")
        await asyncio.sleep(stage.script.number("every", 0.02))


async def drip(stage: Stage) -> None:
    await stage.begin()
    for byte in b"".join(map(stage.frames.frame, [*stage.voice.opening(), *stage.voice.piece("word " * 1000)])):
        await stage.reply.send(bytes([byte]))
        await asyncio.sleep(stage.script.number("every", 0.02))


async def reset(stage: Stage) -> None:
    await stage.begin()
    await stage.say_some(5)
    await asyncio.sleep(0.05)  # what a reset overtakes is lost, and the text so far is to arrive
    stage.reply.reset()


async def half_chunk(stage: Stage) -> None:
    await stage.begin()
    await stage.say_some(5)
    await stage.reply.raw(b"400\r\ndata: {")
    stage.reply.close()


async def truncated(stage: Stage) -> None:
    await stage.begin()
    await stage.say_some(5)
    (half, *_) = map(stage.frames.frame, stage.voice.piece("lost"))
    await stage.reply.send(half[: len(half) // 2])
    await stage.reply.end()


async def bad_utf8(stage: Stage) -> None:
    await stage.begin()
    await stage.send(*stage.voice.opening())
    data = b"".join(map(stage.frames.frame, stage.voice.piece("caf@ ")))
    await stage.reply.send(data.replace(b"@", b"\xe9"))
    await stage.finish()


async def not_json(stage: Stage) -> None:
    await stage.begin()
    await stage.say_some(5)
    await stage.send('{"choices": [')
    if stage.script.says("complete", otherwise=True):
        await stage.finish()
    else:
        await stage.reply.end()


async def big_event(stage: Stage) -> None:
    await stage.begin()
    await stage.say_some(5)
    for _ in range(stage.script.whole("pieces", 1)):
        await stage.send(*stage.voice.piece("x" * (stage.script.whole("mb", 8) << 20)))
    await stage.finish()


async def endless(stage: Stage) -> None:
    await stage.begin()
    await stage.send(*stage.voice.opening())
    while True:
        await stage.send(*stage.voice.piece("endless " * 1000))


async def gzip_bomb(stage: Stage) -> None:
    await stage.begin(content_encoding="gzip")
    squeeze = zlib.compressobj(wbits=31)
    for _ in range(stage.script.whole("mb", 200)):
        await stage.reply.send(squeeze.compress(b": \n" * (1 << 18)) + squeeze.flush(zlib.Z_SYNC_FLUSH))
    await stage.reply.send(squeeze.flush())
    await stage.reply.end()


async def page(stage: Stage) -> None:
    html = f"<html><head><title>Gateway</title></head><body><h1>{stage.message('Sign in')}</h1><script>x()</script>"
    await stage.reply.whole(200, html.encode(), "text/html")


async def json_error(stage: Stage) -> None:
    await stage.reply.whole(200, stage.voice.error(stage.message("The engine stopped")))


async def error_after_text(stage: Stage) -> None:
    await stage.begin()
    await stage.say_some(5)
    await stage.send(stage.voice.error(stage.message("The engine stopped")))
    await stage.reply.end()


async def overloaded(stage: Stage) -> None:
    await stage.begin()
    await stage.say_some(0)
    await stage.send(stage.voice.error(stage.message("Overloaded"), "overloaded_error"))
    await stage.reply.end()


async def error_status(stage: Stage) -> None:
    if stage.before >= stage.script.number("times", float("inf")):
        await words(stage)
        return
    status = int(stage.script.behaviour.removeprefix("error-"))
    error = stage.voice.error(stage.message(f"Refused with {status}"), "invalid_request_error")
    error["error"]["code"] = stage.script.options.get("code")
    told = {"retry_after": stage.script.options["retry_after"]} if "retry_after" in stage.script.options else {}
    await stage.reply.whole(status, error, **told)


async def refuses(stage: Stage) -> None:
    field = stage.script.options["field"]
    if field in stage.request.body:
        error = stage.voice.error(f"Unsupported parameter: '{field}' is not supported here.", "invalid_request_error")
        await stage.reply.whole(400, error)
    else:
        await words(stage)


async def redirect(stage: Stage) -> None:
    await stage.reply.whole(302, b"", location="/elsewhere")


async def garbage(stage: Stage) -> None:
    await stage.reply.raw(b"\x00\x01 this is no HTTP\r\n\r\n")
    stage.reply.close()


async def unknown(stage: Stage) -> None:
    await stage.reply.whole(404, stage.voice.error(stage.message("No such model"), "not_found_error"))


async def lingers(stage: Stage) -> None:
    await stage.begin()
    await stage.say(islice(_words(), 5))
    await stage.send(*stage.voice.closing())
    await asyncio.sleep(FOREVER_S)


BEHAVIOURS: dict[str, Behaviour] = {
    "words": words,
    "echo": echo,
    "silent": silent,
    "comments": comments,
    "drip": drip,
    "reset": reset,
    "half-chunk": half_chunk,
    "truncated": truncated,
    "bad-utf8": bad_utf8,
    "not-json": not_json,
    "big-event": big_event,
    "endless": endless,
    "gzip-bomb": gzip_bomb,
    "page": page,
    "json-error": json_error,
    "error-after-text": error_after_text,
    "overloaded": overloaded,
    "refuses": refuses,
    "redirect": redirect,
    "garbage": garbage,
    "lingers": lingers,
    "two-starts": words,
    "declines": words,
}


def behaviour_of(script: Script) -> Behaviour:
    """Return what the script asks for; what nobody knows is an unknown model."""
    is_status = script.behaviour.removeprefix("error-").isdigit()
    return error_status if is_status else BEHAVIOURS.get(script.behaviour, unknown)


def _words() -> Iterable[str]:
    for index in count():
        yield f"{_LOREM[index % len(_LOREM)]}{'. ' if index % 18 == 17 else ' '}"


async def _paced(pieces: Iterable[str], rate: float) -> AsyncIterator[str]:
    """Yield `rate` pieces a second against the time of the start, so that no delay adds up; 0 is at once."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for index, piece in enumerate(pieces, 1):
        if rate and (ahead := start + index / rate - loop.time()) > 0:
            await asyncio.sleep(ahead)
        yield piece
