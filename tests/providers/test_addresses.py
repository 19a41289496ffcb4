"""Addresses that lead nowhere, elsewhere, or to somebody else: a code each, and nothing is followed."""

import asyncio
import socket
from collections.abc import AsyncIterator
from time import monotonic

import pytest

from core.domain.events import Finished
from core.domain.faults import FaultCode
from core.errors import Unavailable
from core.providers import client_wire
from core.providers.client import ProviderClient
from core.providers.registry import PROVIDERS
from tests.providers.certificates import Authority
from tests.providers.conftest import KEY, Asker
from tests.simulator import Simulator


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def trusting(authority: Authority) -> AsyncIterator[ProviderClient]:
    client = ProviderClient(tls=authority.trust)
    yield client
    await client.aclose()


async def test_a_redirect_is_not_followed(ask: Asker) -> None:
    assert (await ask("openai", "sim/redirect")).code == FaultCode.REDIRECTED
    assert [request.path for request in ask.simulator.requests] == ["/openai/v1/chat/completions"]


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", f"{'x' * 70}.example"])
async def test_a_name_that_does_not_resolve(ask: Asker, host: str) -> None:
    answer = await ask("openai", "sim/words", base_url=f"https://{host}/v1")
    assert answer.code == FaultCode.NAME_NOT_RESOLVED


@pytest.mark.parametrize(
    "base_url", ["ftp://127.0.0.1/v1", "http://", "http://[::1", "nothing", "http://127.0.0.1:99999"]
)
async def test_an_address_that_is_none(ask: Asker, base_url: str) -> None:
    assert (await ask("openai", "sim/words", base_url=base_url)).code == FaultCode.NAME_NOT_RESOLVED


async def test_nobody_answers_there(ask: Asker) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        answer = await ask("openai", "sim/words", base_url=f"http://127.0.0.1:{unused.getsockname()[1]}/v1")
    assert answer.code == FaultCode.CONNECTION_REFUSED


async def test_a_server_that_does_not_accept_is_given_up(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_wire, "CONNECT_TIMEOUT_S", 0.3)
    client = ProviderClient()
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for one in (first, second):  # they fill the queue, so that the next is left waiting
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        start = monotonic()
        answer = await Asker(client, simulator)(
            "openai", "sim/words", base_url=f"http://127.0.0.1:{full.getsockname()[1]}/v1"
        )
        assert monotonic() - start < 2
    await client.aclose()
    assert answer.code == FaultCode.CONNECTION_REFUSED


async def test_a_connection_that_is_closed_without_a_word(ask: Asker) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    answer = await ask("openai", "sim/words", base_url=f"http://127.0.0.1:{port}/v1")
    server.close()
    assert answer.code == FaultCode.NETWORK


async def test_a_trusted_certificate_serves(authority: Authority, trusting: ProviderClient) -> None:
    with Simulator(tls=authority.server("localhost")) as simulator:
        for provider in ("openai", "anthropic"):
            assert isinstance((await Asker(trusting, simulator)(provider, "sim/words")).verdict, Finished)


@pytest.mark.parametrize(("host", "days"), [("localhost", -1), ("somebody-else.example", 1)])
async def test_a_certificate_that_expired_or_is_anothers(
    authority: Authority, trusting: ProviderClient, host: str, days: int
) -> None:
    with Simulator(tls=authority.server(host, days=days)) as simulator:
        assert (await Asker(trusting, simulator)("openai", "sim/words")).code == FaultCode.TLS
        assert simulator.requests == []


async def test_a_certificate_of_nobody_known(authority: Authority, client: ProviderClient) -> None:
    with Simulator(tls=authority.server("localhost")) as simulator:
        assert (await Asker(client, simulator)("openai", "sim/words")).code == FaultCode.TLS
        assert simulator.requests == []


async def test_https_where_only_http_is_spoken(ask: Asker) -> None:
    base_url = ask.simulator.base_url("openai").replace("http://", "https://")
    assert (await ask("openai", "sim/words", base_url=base_url)).code == FaultCode.TLS


async def test_a_list_from_nowhere_is_unavailable_in_plain_words(client: ProviderClient) -> None:
    with pytest.raises(Unavailable, match=r"^The address of OpenAI could not be found\."):
        await client.list_models(PROVIDERS["openai"], "https://no-such-host.invalid/v1", KEY)
