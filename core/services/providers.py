"""The registry: the built-in providers and those that administrators added. Reading it waits for nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from core.domain.access import require_admin
from core.domain.accounts import User
from core.domain.providers import AddedProvider, checked_provider
from core.errors import InvalidRequest, UnknownProvider
from core.providers.guard import require_outside
from core.providers.local_model import LocalModel
from core.providers.registry import PROVIDERS, Provider, row_of
from core.services.copies import Copies
from core.services.names import call_added
from core.settings import Settings
from core.store.changes import Topic
from core.store.providers import ProviderStore


class Providers:
    """Every provider, where it is, and what administrators do to those that they added."""

    def __init__(
        self,
        settings: Settings,
        store: ProviderStore,
        copies: Copies,
        local: LocalModel | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._store = store
        self._copies = copies
        self._local = local
        self._now = now
        self._all: dict[str, Provider] = PROVIDERS

    def load(self) -> None:
        """Read what was added, and again whenever that has changed. Raises `StoreUnavailable`."""
        self._copies.keep(Topic.PROVIDERS, self._read)

    def all(self) -> list[Provider]:
        """Return the providers that may be used: the built-in ones first."""
        return list(self._all.values())

    def find(self, name: str) -> Provider | None:
        """Return the provider of that name if it may be used."""
        return self._all.get(name)

    def named(self, name: str) -> Provider:
        """Return the provider of that name. Raises `UnknownProvider`, which names those that there are."""
        if found := self._all.get(name):
            return found
        raise UnknownProvider(f"There is no such provider. Choose one of {', '.join(self._all)}.")

    def embedded(self, provider: Provider) -> LocalModel | None:
        """Return the lab's own model, if it is what stands behind `provider`."""
        return self._local if self._is_own(provider) else None

    def down(self, provider: Provider) -> bool:
        """Return whether `provider` is the lab's own model, and does not answer now or is switched off."""
        return self._is_own(provider) and not (self._local and self._local.available)

    def base_url(self, provider: Provider) -> str:
        """Return where `provider` is called: what the environment says, or its own address."""
        if local := self.embedded(provider):
            return local.base_url
        given = self._settings.base_url(provider.name) if provider.name in PROVIDERS else None
        return given or provider.base_url

    def added(self, user: User) -> dict[str, AddedProvider]:
        """Return what was added, disabled ones included, by name. Raises `Forbidden` and `StoreUnavailable`."""
        require_admin(user)
        return {provider.name: provider for provider in self._store.all()}

    def add(self, user: User, provider: AddedProvider) -> AddedProvider:
        """Add a provider and return it as it is kept. It blocks while its address is looked up.

        Raises `Forbidden`, `StoreUnavailable`, and `InvalidRequest`, which says what to correct.
        """
        require_admin(user)
        checked = self._checked(provider)
        if checked.name in PROVIDERS:
            raise InvalidRequest(f"{PROVIDERS[checked.name].display_name} is built in. Choose another name.")
        self._store.add(checked, user.id, self._now())
        self._copies.refresh()
        return checked

    def change(self, user: User, provider: AddedProvider) -> AddedProvider:
        """Change the provider of that name. Keys that were stored for another address are refused from then on.

        Raises as `add` does, and `NotFound`.
        """
        require_admin(user)
        checked = self._checked(provider)
        self._store.change(checked, user.id)
        self._copies.refresh()
        return checked

    def switch(self, user: User, provider: AddedProvider, *, enabled: bool) -> None:
        """Have a provider used, or no longer. Raises `Forbidden`, `NotFound` and `StoreUnavailable`."""
        require_admin(user)
        self._store.change(replace(provider, enabled=enabled), user.id)
        self._copies.refresh()

    def remove(self, user: User, name: str) -> None:
        """Remove a provider and every key for it; its runs stay. Raises as `switch` does."""
        require_admin(user)
        self._store.remove(name, user.id)
        self._copies.refresh()

    def _is_own(self, provider: Provider) -> bool:
        return provider.name == "local" and self._settings.base_url("local") is None

    def _read(self) -> None:
        added = self._store.all()
        call_added({provider.name: provider.display_name for provider in added})
        self._all = PROVIDERS | {provider.name: row_of(provider) for provider in added if provider.enabled}

    def _checked(self, provider: AddedProvider) -> AddedProvider:
        checked = checked_provider(provider)
        known: list[Provider | AddedProvider] = [*PROVIDERS.values(), *self._store.all()]
        shown = {one.display_name.casefold(): one.name for one in known}
        if shown.get(checked.display_name.casefold(), checked.name) != checked.name:
            raise InvalidRequest(f"Another provider is called {checked.display_name}. Choose another display name.")
        if not checked.inner_network:
            require_outside(checked.base_url)
        return checked
