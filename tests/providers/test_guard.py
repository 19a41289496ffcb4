"""A guarded provider is connected to outside the inner network only, whatever its name says and whenever that is."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp.connector
import pytest
from aiohttp.abc import AbstractResolver

from core.domain.events import Finished
from core.domain.faults import FaultCode
from core.errors import InvalidRequest
from core.providers import guard
from core.providers.client import NotTold, ProviderClient
from core.providers.guard import require_outside
from core.providers.registry import PROVIDERS
from tests.providers.conftest import KEY, Asker
from tests.simulator import Simulator

GUARDED = replace(PROVIDERS["openai"], guarded=True)
OUTSIDE = "93.184.215.14"


@pytest.fixture
async def client() -> AsyncIterator[ProviderClient]:
    client = ProviderClient()
    yield client
    await client.aclose()


def answers(*addresses: str) -> list[tuple[object, ...]]:
    """What a look-up of a name that has these addresses says."""
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]


class Rebound(AbstractResolver):
    """Says of every name, when it comes to connecting, that it is here."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> Any:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": 0}]

    async def close(self) -> None: ...


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0"],
)
async def test_no_way_of_writing_an_inner_address_is_connected_to(
    client: ProviderClient, simulator: Simulator, host: str
) -> None:
    simulator.clear()
    port = simulator.url.rpartition(":")[2]
    with pytest.raises(NotTold) as refused:
        await client.list_models(GUARDED, f"http://{host}:{port}/openai/v1", KEY)
    assert refused.value.fault in (FaultCode.INNER_ADDRESS, FaultCode.NAME_NOT_RESOLVED)
    assert simulator.connections == []


async def test_a_run_is_refused_in_plain_words_and_reaches_nobody(client: ProviderClient, simulator: Simulator) -> None:
    asker = Asker(client, simulator)
    simulator.clear()
    batches = [
        batch
        async for batch in client.stream(
            GUARDED, simulator.base_url("openai"), KEY, asker.request("openai", "sim/words"), stall_timeout_s=5
        )
    ]
    assert batches[-1][-1].code == FaultCode.INNER_ADDRESS  # type: ignore[union-attr]
    assert simulator.connections == []


async def test_a_name_that_changes_its_mind_after_it_was_looked_at_is_refused(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers(OUTSIDE))
    monkeypatch.setattr(aiohttp.connector, "DefaultResolver", lambda loop: Rebound())
    client, base_url = ProviderClient(), f"http://rebinding.example:{simulator.url.rpartition(':')[2]}/openai/v1"
    simulator.clear()
    require_outside(base_url)
    with pytest.raises(NotTold) as refused:
        await client.list_models(GUARDED, base_url, KEY)
    assert refused.value.fault == FaultCode.INNER_ADDRESS
    assert simulator.connections == []
    assert await client.list_models(PROVIDERS["openai"], base_url, KEY), "the name leads nowhere"
    await client.aclose()


async def test_what_is_outside_is_connected_to_at_the_very_address_that_was_judged(
    client: ProviderClient, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []
    monkeypatch.setattr(guard, "is_outside", lambda address: judged.append(address) or True)
    assert await client.list_models(GUARDED, simulator.base_url("openai"), KEY)
    assert judged == ["127.0.0.1"]


async def test_a_guarded_provider_takes_no_connection_that_an_unguarded_one_has_open(
    client: ProviderClient, simulator: Simulator
) -> None:
    assert await client.list_models(PROVIDERS["openai"], simulator.base_url("openai"), KEY)
    with pytest.raises(NotTold):
        await client.list_models(GUARDED, simulator.base_url("openai"), KEY)


async def test_an_unguarded_provider_is_connected_to_wherever_it_is(ask: Asker) -> None:
    assert isinstance((await ask("openai", "sim/words")).verdict, Finished)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::1]", "169.254.169.254", "[fd00::1]"]
)
def test_an_inner_address_is_refused_when_it_is_saved(host: str) -> None:
    with pytest.raises(InvalidRequest, match="inner network"):
        require_outside(f"https://{host}/v1")


def test_every_address_of_a_name_has_to_be_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    found = answers(OUTSIDE, "10.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(InvalidRequest, match="inner network"):
        require_outside("https://both.example/v1")
    found.pop()
    require_outside("https://both.example/v1")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", f"{'x' * 70}.example"])
def test_a_name_that_does_not_resolve_is_told(host: str) -> None:
    with pytest.raises(InvalidRequest, match="cannot be found"):
        require_outside(f"https://{host}/v1")
