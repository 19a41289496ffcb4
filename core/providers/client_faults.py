"""What an error of the network means. Every exception of httpx, and what shines through it, has its place here.

The cause decides before the class: httpx-aiohttp maps a reset, a lost server and a failed handshake to one class.
"""

import socket
import ssl
import zlib
from collections.abc import Iterator

import aiohttp
import httpx

from core.domain.events import Failed
from core.domain.faults import FaultCode
from core.providers.client_body import BodyTooLarge, UnknownEncoding
from core.providers.guard import InnerAddress

CAUGHT = (
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    aiohttp.ClientError,
    OSError,
    UnicodeError,
    BodyTooLarge,
    UnknownEncoding,
    zlib.error,
)
"""All that a call may raise on account of the provider or the network. `TimeoutError` is an `OSError`;
a name that cannot be one is a `UnicodeError`."""

_BY_CAUSE: tuple[tuple[type[BaseException], FaultCode], ...] = (
    (ssl.SSLError, FaultCode.TLS),
    (aiohttp.ClientSSLError, FaultCode.TLS),
    (InnerAddress, FaultCode.INNER_ADDRESS),
    (socket.gaierror, FaultCode.NAME_NOT_RESOLVED),
    (ConnectionRefusedError, FaultCode.CONNECTION_REFUSED),
    (ConnectionError, FaultCode.NETWORK),
    (aiohttp.ServerDisconnectedError, FaultCode.NETWORK),
    (aiohttp.ClientPayloadError, FaultCode.NETWORK),
    (aiohttp.InvalidURL, FaultCode.NAME_NOT_RESOLVED),
    (aiohttp.ClientResponseError, FaultCode.PROTOCOL),
)

_BY_CLASS: tuple[tuple[type[BaseException], FaultCode], ...] = (
    (httpx.ConnectTimeout, FaultCode.CONNECTION_REFUSED),
    (httpx.PoolTimeout, FaultCode.CONNECTION_REFUSED),
    (httpx.ConnectError, FaultCode.CONNECTION_REFUSED),
    (httpx.TimeoutException, FaultCode.STALLED),
    (httpx.NetworkError, FaultCode.NETWORK),
    (httpx.RemoteProtocolError, FaultCode.NETWORK),
    (httpx.LocalProtocolError, FaultCode.PROTOCOL),
    (httpx.ProtocolError, FaultCode.PROTOCOL),
    (httpx.DecodingError, FaultCode.PROTOCOL),
    (httpx.ProxyError, FaultCode.NETWORK),
    (httpx.UnsupportedProtocol, FaultCode.NAME_NOT_RESOLVED),
    (httpx.InvalidURL, FaultCode.NAME_NOT_RESOLVED),
    (httpx.TooManyRedirects, FaultCode.REDIRECTED),
    (httpx.HTTPStatusError, FaultCode.PROVIDER),
    (httpx.HTTPError, FaultCode.NETWORK),
    (httpx.StreamError, FaultCode.INTERNAL),
    (httpx.CookieConflict, FaultCode.INTERNAL),
    (BodyTooLarge, FaultCode.TOO_LARGE),
    (UnknownEncoding, FaultCode.PROTOCOL),
    (zlib.error, FaultCode.PROTOCOL),
    (UnicodeError, FaultCode.NAME_NOT_RESOLVED),
    (TimeoutError, FaultCode.STALLED),
    (aiohttp.ClientError, FaultCode.NETWORK),
    (OSError, FaultCode.NETWORK),
)


def fault_of(error: BaseException) -> Failed:
    """Return what `error`, one of `CAUGHT`, means to the run."""
    by_cause = (code for cause in _chain(error) for kind, code in _BY_CAUSE if isinstance(cause, kind))
    by_class = (code for kind, code in _BY_CLASS if isinstance(error, kind))
    return Failed(next(by_cause, None) or next(by_class))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes, the innermost first; `os_error` is where aiohttp keeps one."""
    if error is None:
        return
    yield from _chain(error.__cause__ or error.__context__)
    if isinstance(error, aiohttp.ClientConnectorError):
        yield error.os_error
    yield error
