"""The keys of providers: the system's and each user's own. They go in, are sent to their provider, and never come out.

Sealed with a key are its owner, its provider and where it may be sent. It is kept in memory as it is in the database,
sealed, and opened when it is sent; so a run waits for no query, and no list of open keys lies about.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from core.domain.access import require_admin
from core.domain.accounts import User
from core.domain.addresses import origin_of
from core.domain.faults import FaultCode
from core.domain.models import ModelInfo
from core.domain.providers import LAB, Checked, KeyInfo, Verdict, ending_of, key_of, owner_of
from core.domain.runs import Payer
from core.errors import InvalidRequest, KeyMissing
from core.providers.client import NotTold, ProviderClient
from core.providers.registry import PROVIDERS, Provider
from core.secrets import Vault
from core.services.copies import Copies
from core.services.providers import Providers
from core.settings import Settings
from core.store.changes import Topic
from core.store.keys import NO_KEY, KeyStore, SealedKey
from core.store.prices import ModelStore

Ask = Callable[[Provider, str, str], list[ModelInfo]]
"""Asks a provider at a base URL for its models with a key; blocks, and raises `NotTold`."""

SENTENCES = {
    FaultCode.BAD_KEY: "{} does not accept this key.",
    FaultCode.REFUSED: "{} does not let this key see its list of models.",
    FaultCode.UNKNOWN_MODEL: "{} has no list of models at its address.",
}
"""What is said of a key that is asked about, where it differs from what is said of a run."""

UNCHECKED = Checked(Verdict.UNREACHED, "The key is saved, unchecked.")
MOVED = "{whose} key for {provider} was stored for {origin}, and {provider} is at another address now. {cure}"


class Keys:
    """Which key serves whom. Every method but `find` and `opened` may raise `StoreUnavailable`."""

    def __init__(
        self,
        *,
        settings: Settings,
        vault: Vault,
        store: KeyStore,
        copies: Copies,
        providers: Providers,
        lists: ModelStore,
        ask: Ask,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._vault = vault
        self._store = store
        self._copies = copies
        self._providers = providers
        self._lists = lists
        self._ask = ask
        self._now = now
        self._sealed: dict[tuple[str, str], SealedKey] = {}

    def load(self) -> None:
        """Read the keys, sealed, and again whenever that has changed."""
        self._copies.keep(Topic.KEYS, self._read)

    def find(self, owner: str, provider: Provider) -> SealedKey | None:
        """Return the key that `owner` has stored for `provider`, sealed, wherever it may be sent."""
        return self._sealed.get((owner, provider.name))

    def fits(self, key: SealedKey, provider: Provider) -> bool:
        """Return whether `key` may be sent to where `provider` is now."""
        return origin_of(key.base_url) == origin_of(self._providers.base_url(provider))

    def opened(self, key: SealedKey, provider: Provider) -> str:
        """Return a key to be sent. Raises `KeyMissing` if it was stored for another address, and `SealBroken`."""
        if not self.fits(key, provider):
            raise KeyMissing(_moved(key, provider))
        return self._vault.open(key.sealed, owner=key.owner, purpose=_purpose(key.provider, key.base_url))

    def given(self, provider: Provider) -> str | None:
        """Return the system's key that the environment gives, which serves where none is stored."""
        key = self._settings.api_key(provider.name) if provider.name in PROVIDERS else None
        return key.get_secret_value() if key else None

    def of(self, user: User, payer: Payer) -> dict[str, KeyInfo]:
        """Return the stored keys by provider: the user's own, or the lab's. Raises `Forbidden`."""
        return {key.provider: key for key in self._store.of(_owner(user, payer))}

    def own_keys(self, user: User) -> dict[str, int]:
        """Return by provider how many users have a key of their own. Raises `Forbidden`."""
        require_admin(user)
        return self._store.own_keys()

    def save(self, user: User, payer: Payer, name: str, text: str, *, unchecked: bool = False) -> Checked:
        """Ask the provider about a key, and keep it if it is accepted; `unchecked`, keep it without asking.

        Raises `Forbidden`, `UnknownProvider`, and `InvalidRequest` for what cannot be a key.
        """
        owner, provider, key = _owner(user, payer), self._providers.named(name), key_of(text)
        if self._providers.embedded(provider):
            raise InvalidRequest("The lab's own model needs no key.")
        base_url = self._providers.base_url(provider)
        checked = UNCHECKED if unchecked else self._asked(provider, key)
        if unchecked or checked.verdict is Verdict.ACCEPTED:
            sealed = self._vault.seal(key, owner=owner, purpose=_purpose(name, base_url))
            accepted = checked.verdict is Verdict.ACCEPTED
            kept = SealedKey(owner, name, sealed, base_url)
            self._store.put(kept, ending_of(key), user.id, self._now(), checked=accepted)
            self._copies.refresh()
        return checked

    def check(self, user: User, payer: Payer, name: str) -> Checked:
        """Ask the provider about the key that is in use, and keep what it says.

        Raises `Forbidden`, `UnknownProvider`, `KeyMissing` and `SealBroken`.
        """
        owner, provider = _owner(user, payer), self._providers.named(name)
        stored = self.find(owner, provider)
        key = self.opened(stored, provider) if stored else self.given(provider) if owner == LAB else None
        if key is None:
            raise KeyMissing(NO_KEY)
        checked = self._asked(provider, key)
        if stored and checked.verdict is not Verdict.UNREACHED:
            failure = checked.sentence if checked.verdict is Verdict.REFUSED else None
            self._store.note_check(owner, name, self._now(), failure)
        return checked

    def remove(self, user: User, payer: Payer, name: str) -> None:
        """Forget a key. Raises `Forbidden`, and `NotFound` if there is none."""
        self._store.drop(_owner(user, payer), name, user.id)
        self._copies.refresh()

    def _asked(self, provider: Provider, key: str) -> Checked:
        try:
            models = self._ask(provider, self._providers.base_url(provider), key)
        except NotTold as error:
            refused = error.fault is FaultCode.BAD_KEY
            known = SENTENCES.get(error.fault)
            sentence = known.format(provider.display_name) if known else error.message
            return Checked(Verdict.REFUSED if refused else Verdict.UNREACHED, sentence)
        if models and not self._listed_by_the_lab(provider):
            self._lists.replace_listed(provider.name, models)
        return Checked(Verdict.ACCEPTED, f"{provider.display_name} accepted the key.", len(models))

    def _listed_by_the_lab(self, provider: Provider) -> bool:
        """Return whether the lab asks for the list by itself: otherwise whoever has a key brings it for all."""
        return bool(self.find(LAB, provider) or self.given(provider) or not provider.needs_key)

    def _read(self) -> None:
        self._sealed = {(key.owner, key.provider): key for key in self._store.sealed()}


def asking(client: ProviderClient) -> Ask:
    """Return how `client`, on the running loop, is asked from threads."""
    loop = asyncio.get_running_loop()

    def ask(provider: Provider, base_url: str, key: str) -> list[ModelInfo]:
        answer = client.list_models(provider, base_url, key, prove_key=True)
        return asyncio.run_coroutine_threadsafe(answer, loop).result()

    return ask


def _owner(user: User, payer: Payer) -> str:
    """Return whose key is meant. The lab's are for administrators: raises `Forbidden` for others."""
    if payer is Payer.LAB:
        require_admin(user)
    return owner_of(user.id, payer)


def _purpose(provider: str, base_url: str) -> str:
    return f"key for {provider} at {origin_of(base_url)}"


def _moved(key: SealedKey, provider: Provider) -> str:
    own = key.owner != LAB
    cure = "Store it again under Account, or remove it there." if own else "An administrator can store it again."
    origin = origin_of(key.base_url)
    return MOVED.format(
        whose="Your own" if own else "The lab's", provider=provider.display_name, origin=origin, cure=cure
    )
