"""Asking the providers for their lists of models: behind everything else, for ever, and soon after a key was stored."""

import asyncio
import logging
from time import monotonic

from core.engine.engine import Call
from core.errors import LabError, StoreUnavailable
from core.providers.client import ProviderClient
from core.services.copies import Copies
from core.services.models import Models
from core.services.ways import Ways
from core.store.changes import Topic
from core.store.prices import ModelStore

REFRESH_EVERY_S = 6 * 3600.0
RETRY_EVERY_S = 60.0

log = logging.getLogger(__name__)


class ModelLists:
    """Keeps the list of models as the providers tell it. Build it on the loop that it serves."""

    def __init__(self, client: ProviderClient, ways: Ways, store: ModelStore, models: Models) -> None:
        self._client = client
        self._ways, self._providers = ways, ways.providers
        self._store = store
        self._models = models
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._asked: dict[str, tuple[int, float]] = {}

    def watch(self, copies: Copies) -> None:
        """Ask anew where a key or a provider has changed, and read anew what others were told. Raises
        `StoreUnavailable`."""
        for topic in (Topic.KEYS, Topic.PROVIDERS):
            copies.keep(topic, self._wake)
        for topic in (Topic.MODELS, Topic.PROVIDERS):
            copies.keep(topic, self._models.load)

    async def refresh(self) -> None:
        """Keep the list, for ever."""
        while True:
            self._news.clear()
            complete = await self._refresh_due()
            try:
                async with asyncio.timeout(REFRESH_EVERY_S if complete else RETRY_EVERY_S):
                    await self._news.wait()
            except TimeoutError:
                pass

    def _wake(self) -> None:
        self._loop.call_soon_threadsafe(self._news.set)

    def refresh_now(self) -> bool:
        """Ask every provider that can be asked, and return whether all could be read. It blocks: for threads."""
        self._asked.clear()
        return asyncio.run_coroutine_threadsafe(self._refresh_due(), self._loop).result()

    def asked(self) -> list[str]:
        """Return the providers that can be asked, which mostly takes a key."""
        return [provider.name for provider in self._providers.all() if self._way_to(provider.name)]

    async def _refresh_due(self) -> bool:
        calls = [call for provider in self._providers.all() if (call := self._due(provider.name))]
        return all(await asyncio.gather(*(self._refresh(call) for call in calls)))

    def _due(self, name: str) -> Call | None:
        """Return how `name` is to be asked: if it can be, and was not asked just so a while ago."""
        call = self._way_to(name)
        way, at = self._asked.get(name, (0, 0.0))
        fresh = call is not None and way == _way(call) and monotonic() - at < REFRESH_EVERY_S
        return None if fresh else call

    def _way_to(self, name: str) -> Call | None:
        """Return how `name` can be asked, if it can be."""
        try:
            call = self._ways.call(name)
        except LabError:
            return None
        lists = call.provider.models_url is not None and self._providers.embedded(call.provider) is None
        return call if lists else None

    async def _refresh(self, call: Call) -> bool:
        name = call.provider.name
        try:
            models = await self._client.list_models(call.provider, call.base_url, call.key)
            if models:
                await asyncio.to_thread(self._store.replace_listed, name, models)
                await asyncio.to_thread(self._models.load)
        except StoreUnavailable:
            return False
        except LabError as error:
            log.info("the models of %s could not be listed: %s", name, error.message)
            return False
        self._asked[name] = _way(call), monotonic()
        return True


def _way(call: Call) -> int:
    """What differs when the address or the key does, without being either."""
    return hash((call.base_url, call.key))
