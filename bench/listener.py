"""Somebody who asks for many streams at once and hears how late each token is. It costs little.

`listen` runs it as a process of its own: a load as JSON on its standard input, what it heard as JSON on its output.
"""

import asyncio
import gc
import json
import re
import subprocess
import sys
from array import array
from dataclasses import asdict, dataclass
from math import ceil
from time import monotonic, process_time
from typing import Any
from urllib.parse import urlsplit

import uvloop

LONGEST_S = 120.0
_STAMP = re.compile(rb"(\d{7}\.\d{4}) ")
_STAMP_BYTES = 13


@dataclass(frozen=True)
class Load:
    """So many streams at once, of so many tokens each at so many a second; rate 0 is at full speed."""

    streams: int
    tokens: int
    rate: int

    @property
    def ideal_s(self) -> float:
        """What the provider itself takes for it."""
        return self.tokens / self.rate

    @property
    def script(self) -> str:
        """The model's name that makes the provider do it."""
        return f"paced?n={self.tokens}&rate={self.rate}"


@dataclass(frozen=True)
class Heard:
    """What was heard of a load, from the moment when all streams were asked for: when the last had ended, when the
    first tokens came, and how long after they were sent the tokens came. `cpu_s` is what hearing it took."""

    wall_s: float
    first_p50_ms: float
    first_p95_ms: float
    lag_p50_ms: float
    lag_p95_ms: float
    lag_max_ms: float
    cpu_s: float


def listen(url: str, cookie: str, load: Load) -> Heard:
    """Put `load` on the route at `url`. Raises `RuntimeError` unless every stream told all and ended as it should."""
    job = json.dumps({"url": url, "cookie": cookie, "load": asdict(load)})
    command = [sys.executable, "-m", "bench.listener"]
    done = subprocess.run(command, input=job, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{url}: {done.stderr}")
    return Heard(**json.loads(done.stdout))


class Chunks:
    """Takes a chunked body apart: bytes in, content out. `ended` once its end was there."""

    def __init__(self) -> None:
        self.ended = False
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """Return the content of the chunks that `data` completes."""
        data, start, content = self._rest + data, 0, []
        while (line := data.find(b"\r\n", start)) >= 0:
            size = int(data[start:line], 16)
            end = line + 2 + size
            if len(data) < end + 2:
                break
            content.append(data[line + 2 : end])
            start = end + 2
            self.ended = self.ended or not size
        self._rest = data[start:]
        return b"".join(content)


class Ear(asyncio.Protocol):
    """One stream, from the request to its end; `error` then tells why it is not complete, `last` what it said last."""

    def __init__(self, request: bytes, ended: asyncio.Future[None]) -> None:
        self.first = 0.0
        self.last = b""
        self.lags = array("d")
        self.error = "not ended in time"
        self._request = request
        self.ended = ended
        self._head = b""
        self._chunks: Chunks | None = None
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = monotonic()
        if self._chunks is None:
            data = self._begun(data)
        if self._chunks:
            self._hear(self._chunks.feed(data), now)
            if self._chunks.ended:
                self._end("")

    def connection_lost(self, exception: Exception | None) -> None:
        self._end(f"closed after {len(self.lags)} tokens")

    def _begun(self, data: bytes) -> bytes:
        """Gather the head; return what follows it."""
        self._head += data
        head, end, body = self._head.partition(b"\r\n\r\n")
        if end and head.startswith(b"HTTP/1.1 200"):
            self._chunks = Chunks()
        elif end:
            self._end(f"{head.splitlines()[0]!r} {body[:200]!r}")
        return body

    def _hear(self, content: bytes, now: float) -> None:
        self.last = content or self.last
        content = self._rest + content
        heard = 0
        for match in _STAMP.finditer(content):
            self.lags.append(now - float(match[1]))
            heard = match.end()
        self._rest = content[heard:][-_STAMP_BYTES:]  # a token may come in two pieces
        if heard and not self.first:
            self.first = now

    def _end(self, error: str) -> None:
        if not self.ended.done():
            self.error = error
            self.ended.set_result(None)
            self._transport.close()


async def _listen(url: str, cookie: str, load: Load) -> Heard:
    gc.disable()
    loop, address, request = asyncio.get_running_loop(), urlsplit(url), _request(url, cookie, load)
    ears = [Ear(request, loop.create_future()) for _ in range(load.streams)]
    start = monotonic()
    await asyncio.gather(*(loop.create_connection(lambda ear=ear: ear, address.hostname, address.port) for ear in ears))
    await asyncio.wait([ear.ended for ear in ears], timeout=LONGEST_S)
    end = monotonic()
    _check(ears, load.tokens)
    return _heard(ears, start, end)


def _check(ears: list[Ear], tokens: int) -> None:
    """Leave with the reasons if a stream is not complete."""
    broken = [ear for ear in ears if ear.error or len(ear.lags) != tokens]
    if broken:
        said = broken[0].error or f"{len(broken[0].lags)} tokens, at last {broken[0].last[-300:]!r}"
        sys.exit(f"{len(broken)} of {len(ears)} streams are not complete. The first: {said}")


def _request(url: str, cookie: str, load: Load) -> bytes:
    address = urlsplit(url)
    message = {"role": "user", "content": "Tell the time."}
    body = json.dumps({"model_id": f"openai/{load.script}", "messages": [message], "max_tokens": load.tokens})
    lines = (
        f"POST {address.path} HTTP/1.1",
        f"host: {address.netloc}",
        f"cookie: {cookie}",
        "content-type: application/json",
        f"content-length: {len(body)}",
    )
    return "\r\n".join((*lines, "", body)).encode()


def _heard(ears: list[Ear], start: float, end: float) -> Heard:
    firsts = sorted((ear.first - start) * 1000 for ear in ears)
    lags = sorted(lag * 1000 for ear in ears for lag in ear.lags)
    return Heard(
        wall_s=end - start,
        first_p50_ms=percentile(firsts, 50),
        first_p95_ms=percentile(firsts, 95),
        lag_p50_ms=percentile(lags, 50),
        lag_p95_ms=percentile(lags, 95),
        lag_max_ms=percentile(lags, 100),
        cpu_s=process_time(),
    )


def percentile(ordered: list[float], percent: int) -> float:
    """Return the value that so many percent do not exceed."""
    return ordered[ceil(len(ordered) * percent / 100) - 1]


def main() -> None:
    """Read a load, put it on its route and write what was heard."""
    job: dict[str, Any] = json.load(sys.stdin)
    heard = uvloop.run(_listen(job["url"], job["cookie"], Load(**job["load"])))
    print(json.dumps(asdict(heard)))


if __name__ == "__main__":
    main()
