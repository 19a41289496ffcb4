"""Which models there are, what they cost, who may use them, and how to reach them."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from core.domain.access import Tier, may_use, tier_required
from core.domain.accounts import User
from core.domain.models import ModelInfo
from core.domain.pricing import FALLBACK, LOCAL, PriceSource
from core.engine.engine import Call
from core.errors import InvalidRequest, KeyMissing, LabError, StoreUnavailable, TierTooLow, Unavailable
from core.providers.client import ProviderClient
from core.providers.local_model import LocalModel
from core.providers.pricelist import listed_models, prices_for
from core.providers.registry import PROVIDERS, Provider, provider_named
from core.services.tiers import Tiers
from core.settings import Settings
from core.store.prices import ModelStore

REFRESH_EVERY_S = 6 * 3600.0
RETRY_EVERY_S = 60.0
EMBEDDED_MODEL = "local/smollm2-135m"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model as one user sees it. `available` is false without a key, or while the local model is down."""

    model: ModelInfo
    provider_name: str
    tier_required: Tier
    allowed: bool
    available: bool


class Models:
    """The list of models. Reading never waits for a provider: lists are refreshed behind, and kept in the database."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: ModelStore,
        client: ProviderClient,
        local: LocalModel | None,
        tiers: Tiers,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._store = store
        self._client = client
        self._local = local
        self._tiers = tiers
        self._now = now
        self._loading = Lock()
        self._models: dict[str, ModelInfo] = {}
        self._choices: dict[tuple[object, ...], Sequence[ModelChoice]] = {}

    def load(self) -> None:
        """Read the list: what each provider told last, or the price list that ships with the lab if it told nothing.

        One at a time: of two at once, the one that read first might be the last to say what it read.
        """
        with self._loading:
            stored = self._store.all()
            told = {model.provider for model in stored if model.prices.source is not PriceSource.ADMINISTRATOR}
            listed = [model for name in PROVIDERS if name not in told for model in listed_models(name, self._now())]
            if self._settings.embedded_model:
                listed.append(_embedded())
            self._models = {model.id: model for model in (*listed, *stored)}
            self._choices = {}

    def all(self) -> list[ModelInfo]:
        """Return every enabled model that is listed, by provider and name."""
        return sorted((model for model in self._models.values() if model.enabled), key=_order)

    def choices(self, user: User) -> Sequence[ModelChoice]:
        """Return every model as `user` may use it: usable ones first, then by provider and name.

        The list has about a thousand entries and each page run asks for it, so it is kept until something changes.
        """
        state = (user.tier, self._tiers.rules, *(self.reachable(name) for name in PROVIDERS))
        kept = self._choices  # taken before the list is, so that no older list's choices outlive it
        if state not in kept:
            choices = [self.choice(user, model) for model in self.all() if model.provider in PROVIDERS]
            usable_first = sorted(choices, key=lambda choice: not (choice.allowed and choice.available))
            kept[state] = tuple(usable_first)
        return kept[state]

    def choice(self, user: User, model: ModelInfo) -> ModelChoice:
        """Return one model as `user` may use it."""
        return ModelChoice(
            model=model,
            provider_name=PROVIDERS[model.provider].display_name,
            tier_required=tier_required(model, self._tiers.rules),
            allowed=may_use(user.tier, model, self._tiers.rules),
            available=self.reachable(model.provider),
        )

    def find(self, model_id: str) -> ModelInfo:
        """Return the model; one that no list names is priced by the price list, or else by the fallback.

        Raises `UnknownProvider`, and `InvalidRequest` for a model that an administrator switched off.
        """
        provider_named(model_id.partition("/")[0])
        model = self._models.get(model_id) or self._unlisted(model_id)
        if not model.enabled:
            raise InvalidRequest("This model is switched off. Choose another one.")
        return model

    def permitted(self, user: User, model_id: str) -> ModelInfo:
        """Return the model if the user's tier may use it. Raises as `find` does, and `TierTooLow`."""
        model = self.find(model_id)
        rules = self._tiers.rules
        if may_use(user.tier, model, rules):
            return model
        required = tier_required(model, rules)
        raise TierTooLow(
            f"{model.display_name} needs the {required} tier; yours is {user.tier}.",
            tier_required=required,
            current_tier=user.tier,
        )

    def nearest_allowed(self, user: User, model_id: str) -> ModelInfo | None:
        """Return the usable model that comes closest to one that the tier does not allow, or None."""
        wanted = self.find(model_id)
        usable = [choice.model for choice in self.choices(user) if choice.allowed and choice.available]
        return min(usable, key=lambda model: _distance(model, wanted), default=None)

    def reachable(self, provider: str) -> bool:
        """Return whether a run of `provider` could be sent now: its key is there, its embedded server is up."""
        if provider == "local" and self._settings.base_url("local") is None:
            return self._local is not None and self._local.available
        return not PROVIDERS[provider].needs_key or self._settings.api_key(provider) is not None

    def call(self, model: ModelInfo) -> Call:
        """Return how to reach the model's provider. Raises `KeyMissing` or `Unavailable`."""
        provider = PROVIDERS[model.provider]
        if not self.reachable(provider.name):
            raise _unreachable(provider)
        return Call(provider, self._base_url(provider), self._key(provider))

    async def refresh(self) -> None:
        """Keep the list as the providers tell it, for ever."""
        while True:
            complete = await self._refresh_all()
            await asyncio.sleep(REFRESH_EVERY_S if complete else RETRY_EVERY_S)

    async def _refresh_all(self) -> bool:
        providers = [provider for provider in PROVIDERS.values() if self._lists(provider)]
        done = await asyncio.gather(*(self._refresh(provider) for provider in providers))
        return all(done)

    async def _refresh(self, provider: Provider) -> bool:
        try:
            models = await self._client.list_models(provider, self._base_url(provider), self._key(provider))
            if models:
                await asyncio.to_thread(self._store.replace_listed, provider.name, models)
                await asyncio.to_thread(self.load)
        except StoreUnavailable:
            return False
        except LabError as error:
            log.info("the models of %s could not be listed: %s", provider.name, error.message)
            return False
        return True

    def _lists(self, provider: Provider) -> bool:
        return provider.models_url is not None and self.reachable(provider.name) and not self._is_embedded(provider)

    def _is_embedded(self, provider: Provider) -> bool:
        return provider.name == "local" and self._settings.embedded_model

    def _base_url(self, provider: Provider) -> str:
        if self._is_embedded(provider) and self._local:
            return self._local.base_url
        return self._settings.base_url(provider.name) or provider.base_url

    def _key(self, provider: Provider) -> str | None:
        if self._is_embedded(provider) and self._local:
            return self._local.key
        key = self._settings.api_key(provider.name)
        return key.get_secret_value() if key else None

    def _unlisted(self, model_id: str) -> ModelInfo:
        provider, _, name = model_id.partition("/")
        prices = LOCAL if provider == "local" else prices_for(provider, name, self._now()) or FALLBACK
        return ModelInfo(id=model_id, display_name=name, prices=prices, listed=False)


def _embedded() -> ModelInfo:
    return ModelInfo(id=EMBEDDED_MODEL, display_name="SmolLM2 135M", prices=LOCAL, context_tokens=8192)


def _unreachable(provider: Provider) -> Unavailable:
    if provider.name == "local":
        return Unavailable("The local model is not running yet; it starts by itself. Try again in a few seconds.")
    variable = f"{provider.name.upper()}_API_KEY"
    return KeyMissing(f"No key for {provider.display_name} is configured. An administrator can set {variable}.")


def _order(model: ModelInfo) -> tuple[int, str]:
    return (list(PROVIDERS).index(model.provider) if model.provider in PROVIDERS else len(PROVIDERS), model.id)


def _distance(model: ModelInfo, wanted: ModelInfo) -> tuple[bool, bool, int, str]:
    """How far `model` is from `wanted`: the same maker elsewhere first, then the longest common beginning."""
    name, other = wanted.name.rpartition("/")[2], model.name.rpartition("/")[2]
    shared = len(_common_prefix((name, other)))
    return (model.provider == "local", shared == 0, -shared, model.id)


def _common_prefix(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    length = next((i for i, letter in enumerate(first) if letter != last[i]), len(first))
    return first[:length]
