"""Requests out and responses in, over one pool of connections.

A transport of httpx without its client, which would do what a call to a provider must not have (redirects, cookies,
credentials from the environment) at a tenth of a millisecond a call. The transport is aiohttp's, whose parser is in C.
"""

from collections.abc import Mapping
from ssl import SSLContext

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from core.providers.guard import guarded_socket

CONNECT_TIMEOUT_S = 10.0
_IDLE_CONNECTION_S = 15.0
_HEADERS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "testing-lab"}


class Wire:
    """Build it on the loop that it serves, and close it there."""

    def __init__(self, tls: SSLContext | None = None, *, guarded: bool = False) -> None:
        """`tls` replaces the usual trust in certificates. `guarded`: only what is outside is connected to."""
        trust = tls or httpx.create_ssl_context()
        connector = aiohttp.TCPConnector(
            limit=0,
            keepalive_timeout=_IDLE_CONNECTION_S,
            ssl=trust,
            socket_factory=guarded_socket if guarded else None,
        )
        session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        self._transport = AiohttpTransport(verify=trust, client=session)
        self._patience = httpx.Timeout(None, connect=CONNECT_TIMEOUT_S, pool=CONNECT_TIMEOUT_S).as_dict()

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> httpx.Response:
        """Send a request and return the response when its head has come; the caller closes it.

        Raises what is in `client_faults.CAUGHT`.
        """
        extensions = {"timeout": self._patience}
        sent = httpx.Request(method, url, headers={**_HEADERS, **headers}, content=content, extensions=extensions)
        return await self._transport.handle_async_request(sent)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()
