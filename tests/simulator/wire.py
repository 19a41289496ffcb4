"""HTTP/1.1 by hand, so that every byte can be wrong: requests in, replies out, connections watched."""

import asyncio
import json
import socket
import struct
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class NotHTTP(Exception):
    """What came is no request: a TLS handshake, say."""


@dataclass
class Connection:
    """One connection. Times are on `time.monotonic`; `closed_by` is `client` or `server`."""

    opened_at: float = field(default_factory=monotonic)
    closed_at: float | None = None
    closed_by: str | None = None
    _gone: threading.Event = field(default_factory=threading.Event)

    def closed(self, by: str) -> None:
        """Note who closed, the first time."""
        if self.closed_at is None:
            self.closed_at, self.closed_by = monotonic(), by
            self._gone.set()

    def wait_closed(self, timeout_s: float = 5.0) -> bool:
        """Wait until it is closed; return whether it is."""
        return self._gone.wait(timeout_s)


@dataclass
class Request:
    """One request as it came, and how far its answer is. Header names are in lower case; times on `time.monotonic`."""

    method: str
    path: str
    headers: dict[str, str]
    content: bytes
    connection: Connection
    at: float = field(default_factory=monotonic)
    text_at: float | None = None
    text_bytes: int = 0
    ended_at: float | None = None
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def said(self, text: str) -> None:
        """Note a piece of the answer before it is sent: when the first one was, and how long all of them are."""
        self.text_at = self.text_at or monotonic()
        self.text_bytes += len(text.encode())

    @property
    def body(self) -> Any:
        """The JSON that was sent."""
        return json.loads(self.content or b"null")

    @property
    def query(self) -> dict[str, str]:
        """What stands behind the question mark."""
        return dict(parse_qsl(urlsplit(self.path).query))

    @property
    def provider(self) -> str:
        """Whose path it is: the first part."""
        return urlsplit(self.path).path.strip("/").partition("/")[0]

    @property
    def key(self) -> str:
        """The key that was sent, or an empty text."""
        return self.headers.get("x-api-key") or self.headers.get("authorization", "").removeprefix("Bearer ")


class Reply:
    """What goes back over one connection, chunked unless it is sent whole."""

    def __init__(self, writer: asyncio.StreamWriter, connection: Connection) -> None:
        self._writer = writer
        self._connection = connection
        self.keeps_open = True

    async def head(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        """Send the head of a chunked reply."""
        await self.raw(_head(status, {"content-type": kind, "transfer-encoding": "chunked", **headers}))

    async def send(self, data: bytes) -> None:
        """Send one chunk."""
        await self.raw(b"%x\r\n%b\r\n" % (len(data), data))

    async def end(self) -> None:
        """Send the last chunk."""
        await self.raw(b"0\r\n\r\n")

    async def whole(self, status: int, body: Any, kind: str = "application/json", **headers: str) -> None:
        """Send a whole reply with its length; anything but bytes goes as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        length = {"content-type": kind, "content-length": str(len(content))}
        await self.raw(_head(status, {**length, **headers}) + content)

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()

    def close(self) -> None:
        """Close the connection in an orderly way."""
        self._connection.closed("server")
        self.keeps_open = False
        self._writer.close()

    def reset(self) -> None:
        """Close it with a reset."""
        self._connection.closed("server")
        self.keeps_open = False
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


class WatchedProtocol(asyncio.StreamReaderProtocol):
    """Tells at once when the client closes, also in the middle of a reply."""

    def __init__(self, reader: asyncio.StreamReader, handler: Any, connection: Connection) -> None:
        super().__init__(reader, handler)
        self._connection = connection
        self.gone = asyncio.Event()

    def eof_received(self) -> bool | None:
        """The client sent its end."""
        self._left()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more."""
        self._left()
        super().connection_lost(exc)

    def _left(self) -> None:
        self._connection.closed("client")
        self.gone.set()


async def read_request(reader: asyncio.StreamReader, connection: Connection) -> Request:
    """Read one request. Raises `asyncio.IncompleteReadError` when there is none, `NotHTTP` when it is none."""
    start = await reader.readexactly(1)
    if not start.isalpha():
        raise NotHTTP
    head = (start + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    content = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, content, connection)


def _head(status: int, headers: dict[str, str]) -> bytes:
    phrase = HTTPStatus(status).phrase if status in list(HTTPStatus) else "Status"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
