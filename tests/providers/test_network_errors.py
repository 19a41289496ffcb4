"""Every error that the network can raise has its meaning."""

import socket
import ssl
from collections.abc import Iterator

import aiohttp
import httpx
import pytest
from httpx_aiohttp.transport import AIOHTTP_EXC_MAP

from core.domain.faults import FaultCode
from core.providers.client_faults import CAUGHT, fault_of


def descendants(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for child in kind.__subclasses__():
        yield from descendants(child)


def made(kind: type[BaseException]) -> BaseException:
    """An error of that kind, whatever its constructor wants."""
    error = kind.__new__(kind)
    error.args = ("simulated",)
    return error


def of_module(module: str, *roots: type[BaseException]) -> list[type[BaseException]]:
    found = {kind for root in roots for kind in descendants(root) if kind.__module__.partition(".")[0] == module}
    return sorted(found, key=lambda kind: kind.__name__)


HTTPX = of_module("httpx", httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)
PUBLIC = {kind for kind in vars(httpx).values() if isinstance(kind, type) and issubclass(kind, Exception)}


def test_the_tree_of_httpx_is_the_whole_of_it() -> None:
    assert set(HTTPX) == PUBLIC


@pytest.mark.parametrize("kind", HTTPX)
def test_every_error_of_httpx_is_caught_and_mapped(kind: type[BaseException]) -> None:
    assert issubclass(kind, CAUGHT)
    assert fault_of(made(kind)).code in FaultCode


@pytest.mark.parametrize("kind", of_module("aiohttp", aiohttp.ClientError))
def test_every_error_that_shines_through_is_caught_and_mapped(kind: type[BaseException]) -> None:
    assert issubclass(kind, CAUGHT)
    if not issubclass(kind, aiohttp.ClientConnectorError):  # these hold the error of the system: see below
        assert fault_of(made(kind)).code in FaultCode


@pytest.mark.parametrize("kind", sorted(set(AIOHTTP_EXC_MAP.values()), key=str))
def test_what_the_transport_raises_is_caught(kind: type[BaseException]) -> None:
    assert issubclass(kind, CAUGHT)


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (ssl.SSLCertVerificationError("expired"), FaultCode.TLS),
        (socket.gaierror("no such name"), FaultCode.NAME_NOT_RESOLVED),
        (ConnectionRefusedError(), FaultCode.CONNECTION_REFUSED),
        (ConnectionResetError(), FaultCode.NETWORK),
        (BrokenPipeError(), FaultCode.NETWORK),
        (aiohttp.ServerDisconnectedError(), FaultCode.NETWORK),
        (aiohttp.ClientPayloadError(), FaultCode.NETWORK),
    ],
)
@pytest.mark.parametrize("shown", [httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadError])
def test_the_cause_decides(cause: Exception, shown: type[httpx.TransportError], code: FaultCode) -> None:
    error = shown("simulated")
    error.__cause__ = cause
    assert fault_of(error).code == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx.ConnectTimeout("late"), FaultCode.CONNECTION_REFUSED),
        (httpx.PoolTimeout("late"), FaultCode.CONNECTION_REFUSED),
        (httpx.ReadTimeout("late"), FaultCode.STALLED),
        (TimeoutError(), FaultCode.STALLED),
        (httpx.RemoteProtocolError("half a chunk"), FaultCode.NETWORK),
        (httpx.DecodingError("no gzip"), FaultCode.PROTOCOL),
        (httpx.InvalidURL("no"), FaultCode.NAME_NOT_RESOLVED),
        (OSError("no route"), FaultCode.NETWORK),
    ],
)
def test_without_a_cause_the_kind_decides(error: Exception, code: FaultCode) -> None:
    assert fault_of(error).code == code
