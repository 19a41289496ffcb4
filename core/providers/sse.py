"""Server-sent events without I/O: bytes in, events out, however the bytes were split.

The strategy: line ends become LF as the bytes arrive (a CR ends its line at once; an LF right after it is dropped,
also when it comes with the next read). Bytes gather until a blank line is there, and only then are they decoded, so no
character and no line can be cut. Nothing but LF, CR and CRLF ends a line: U+2028, U+2029 and U+0085 are text.

Format: WHATWG HTML, section 9.2, "Server-sent events". `retry` is left out: a run is never resumed.
"""

from typing import NamedTuple

MAX_EVENT_BYTES = 4 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class ServerSentEvent(NamedTuple):
    """One event. `data` is never empty: an event without data is no event."""

    data: str
    event: str = "message"
    id: str = ""


class EventTooLarge(Exception):
    """An event is longer than the decoder's limit."""


class SSEDecoder:
    """Turns a stream of bytes into events. `mended` is true once bytes that were no UTF-8 became U+FFFD."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self.mended = False
        self._limit = max_event_bytes
        self._buffer = bytearray()
        self._searched = 0
        self._after_cr = False
        self._at_start = True

    @property
    def gathers(self) -> bool:
        """Whether a part of an event has come, and not of a comment."""
        return bool(self._buffer) and not self._buffer.startswith(b":")

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """Return the events that `data` completes. Raises `EventTooLarge`."""
        self._buffer += self._with_line_feeds(data)
        end = self._buffer.rfind(b"\n\n", max(self._searched - 1, 0))
        if end < 0:
            self._searched = len(self._buffer)
            self._check(self._searched)
            return []
        whole = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._searched = 0
        return self._events(whole)

    def close(self) -> bytes:
        """Return what is left at the end of the stream: half an event, or a body that never was a stream."""
        return bytes(self._buffer)

    def _with_line_feeds(self, data: bytes) -> bytes:
        if self._after_cr and data:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        if b"\r" not in data:
            return data
        self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _events(self, whole: bytes) -> list[ServerSentEvent]:
        if self._at_start:
            self._at_start = False
            whole = whole.removeprefix(_BOM)
        blocks = self._decode(whole).split("\n\n")
        if len(whole) > self._limit:
            self._check(max(map(len, blocks)))
        return [event for block in blocks if (event := _event(block))]

    def _decode(self, whole: bytes) -> str:
        try:
            return whole.decode()
        except UnicodeDecodeError:
            self.mended = True
            return whole.decode("utf-8", "replace")

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise EventTooLarge(f"an event of more than {self._limit} bytes")


def _event(block: str) -> ServerSentEvent | None:
    if block.startswith("data: ") and "\n" not in block:  # nearly every event: one line, one field
        return ServerSentEvent(block[6:]) if len(block) > 6 else None
    return _event_of_lines(block.split("\n"))


def _event_of_lines(lines: list[str]) -> ServerSentEvent | None:
    data: list[str] = []
    named = {"event": "message", "id": ""}
    for line in lines:
        name, _, value = line.partition(":")  # a comment has an empty name
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name in named:
            named[name] = value
    text = "\n".join(data)
    return ServerSentEvent(text, named["event"], named["id"]) if text else None
