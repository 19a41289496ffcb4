"""Which models there are, what they cost, who may use them, and how to reach them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from core.domain.access import Tier, may_use, tier_required
from core.domain.accounts import User
from core.domain.models import ModelInfo
from core.domain.pricing import LOCAL, PriceSource
from core.engine.engine import Call
from core.errors import InvalidRequest, TierTooLow
from core.providers.pricelist import listed_models
from core.services.listing import Listing
from core.services.names import provider_name
from core.services.providers import Providers
from core.services.tiers import Tiers
from core.services.ways import Ways
from core.settings import Settings
from core.store.prices import ModelStore

EMBEDDED_MODEL = "local/smollm2-135m"
MOST_KEPT = 64
"""How many lists of choices are kept: mostly there is one a tier, but whoever has keys of their own sees another."""


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
        providers: Providers,
        ways: Ways,
        tiers: Tiers,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._store = store
        self._providers = providers
        self._ways = ways
        self._tiers = tiers
        self._now = now
        self._loading = Lock()
        self._listing = Listing()
        self._choices: dict[tuple[object, ...], Sequence[ModelChoice]] = {}

    def load(self) -> None:
        """Read the list: what each provider told last, or the price list that ships with the lab if it told nothing.

        One at a time: of two at once, the one that read first might be the last to say what it read.
        """
        with self._loading:
            kept = self._store.catalogue()
            told = {model.provider for model in kept.models if model.prices.source is not PriceSource.ADMINISTRATOR}
            untold = [provider.name for provider in self._providers.all() if provider.name not in told]
            listed = [model for name in untold for model in listed_models(name, self._now())]
            if self._settings.embedded_model:
                listed.append(_embedded())
            self._listing = Listing((*listed, *kept.models), kept.switched_off, kept.own)
            self._choices = {}

    @property
    def listing(self) -> Listing:
        """All that is known of models now. It does not change; another one takes its place."""
        return self._listing

    def all(self) -> list[ModelInfo]:
        """Return every enabled model that is listed, by provider and name."""
        return [model for model in self.everything() if model.enabled and model.listed]

    def everything(self) -> list[ModelInfo]:
        """Return every model that is listed, has or had own prices, or is switched off, by provider and name."""
        listing, now = self._listing, self._now()
        order = {provider.name: place for place, provider in enumerate(self._providers.all())}
        models = (listing.at(model_id, now) for model_id in listing.ids)
        return sorted(models, key=lambda model: (order.get(model.provider, len(order)), model.id))

    def choices(self, user: User) -> Sequence[ModelChoice]:
        """Return every model as `user` may use it: usable ones first, then by provider and name.

        The list has about a thousand entries and each page run asks for it, so it is kept until something changes.
        """
        reachable = {each.name: self._ways.reachable(each.name, user.id) for each in self._providers.all()}
        state = (self._listing.own.begun(self._now()), user.tier, self._tiers.rules, *reachable.items())
        kept = self._choices  # taken before the list is, so that no older list's choices outlive it
        known = kept.get(state)
        if known is None:
            choices = [self._choice(user, model, reachable) for model in self.all() if model.provider in reachable]
            usable_first = sorted(choices, key=lambda choice: not (choice.allowed and choice.available))
            if len(kept) >= MOST_KEPT:
                kept.clear()
            kept[state] = known = tuple(usable_first)
        return known

    def find(self, model_id: str) -> ModelInfo:
        """Return the model; one that no list names is priced by the price list, or else by the fallback.

        Raises `UnknownProvider`, and `InvalidRequest` for a model that an administrator switched off.
        """
        model = self.known(model_id)
        if not model.enabled:
            raise InvalidRequest("This model is switched off. Choose another one.")
        return model

    def known(self, model_id: str) -> ModelInfo:
        """Do as `find` does, also for a model that is switched off. Raises `UnknownProvider`."""
        self._providers.named(model_id.partition("/")[0])
        return self._listing.at(model_id, self._now())

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

    def call(self, user: User, model: ModelInfo) -> Call:
        """Return how `user` reaches the model's provider, and who pays. Raises `KeyMissing` or `Unavailable`."""
        return self._ways.call(model.provider, user.id)

    def _choice(self, user: User, model: ModelInfo, reachable: Mapping[str, bool]) -> ModelChoice:
        return ModelChoice(
            model=model,
            provider_name=provider_name(model.provider),
            tier_required=tier_required(model, self._tiers.rules),
            allowed=may_use(user.tier, model, self._tiers.rules),
            available=reachable[model.provider],
        )


def _embedded() -> ModelInfo:
    return ModelInfo(id=EMBEDDED_MODEL, display_name="SmolLM2 135M", prices=LOCAL, context_tokens=8192)


def _distance(model: ModelInfo, wanted: ModelInfo) -> tuple[bool, bool, int, str]:
    """How far `model` is from `wanted`: the same maker elsewhere first, then the longest common beginning."""
    name, other = wanted.name.rpartition("/")[2], model.name.rpartition("/")[2]
    shared = len(_common_prefix((name, other)))
    return (model.provider == "local", shared == 0, -shared, model.id)


def _common_prefix(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    length = next((i for i, letter in enumerate(first) if letter != last[i]), len(first))
    return first[:length]
