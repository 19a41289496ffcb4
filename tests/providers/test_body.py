"""Bodies as they arrive: inflated where a server insists, never more than the cap."""

import gzip
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest

from core.domain.faults import FaultCode
from core.providers.client_body import BodyTooLarge, Patience, UnknownEncoding, chunks, whole
from core.providers.client_faults import CAUGHT, fault_of

TEXT = b"data: hello\n\n" * 1000


def gzipped(body: bytes) -> bytes:
    """Compress `body`, to the same bytes whenever it is done."""
    return gzip.compress(body, mtime=0)


def response(body: bytes, encoding: str = "", size: int = 100) -> httpx.Response:
    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    return httpx.Response(200, headers={"content-encoding": encoding}, content=parts())


async def read(answer: httpx.Response, cap: int = 1 << 20) -> bytes:
    return b"".join([data async for data in chunks(answer, Patience(5), cap)])


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzipped(TEXT)),
        ("X-GZIP", gzipped(TEXT)),
        ("deflate", zlib.compress(TEXT)),
    ],
)
async def test_a_body_comes_out_as_it_was_meant(encoding: str, body: bytes, size: int) -> None:
    assert await read(response(body, encoding, size)) == TEXT


@pytest.mark.parametrize(
    ("encoding", "body", "error"),
    [
        ("br", TEXT, UnknownEncoding),
        ("gzip, gzip", gzipped(gzipped(TEXT)), UnknownEncoding),
        ("gzip", gzipped(TEXT) + b"more", UnknownEncoding),
        ("gzip", TEXT, zlib.error),
        ("gzip", gzipped(bytes(64 << 20)), BodyTooLarge),
    ],
)
async def test_what_cannot_be_inflated_safely_is_refused(encoding: str, body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        await read(response(body, encoding, 1 << 14), cap=32 << 20)
    assert isinstance(raised.value, CAUGHT)
    assert fault_of(raised.value).code in (FaultCode.PROTOCOL, FaultCode.TOO_LARGE)


async def test_the_cap_is_exact() -> None:
    assert await read(response(TEXT), cap=len(TEXT)) == TEXT
    with pytest.raises(BodyTooLarge):
        await read(response(TEXT), cap=len(TEXT) - 1)


async def test_a_whole_body_is_cut_at_its_cap() -> None:
    assert await whole(response(TEXT), Patience(5), cap=250) == TEXT[:200]
    assert await whole(response(b""), Patience(5)) == b""
