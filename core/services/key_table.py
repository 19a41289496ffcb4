"""How every provider stands with keys: for the administrators, the lab's; for everybody, their own."""

from dataclasses import dataclass, replace

from core.domain.accounts import User
from core.domain.addresses import origin_of
from core.domain.providers import AddedProvider, KeyInfo
from core.domain.runs import Payer
from core.providers.registry import Provider, row_of
from core.services.ways import Ways


@dataclass(frozen=True, slots=True)
class Standing:
    """How one provider stands. `origin` is where it is now, and the only place that keys for it are sent to.

    `stored` is the key that was stored for it, and `moved` says that this was for another address. `given`: where that
    is a user's own, the lab has a key beside it; where it is the lab's, the environment gives one. `own_keys` is how
    many people have one of their own. `needs_key` is false also for the lab's own model, which is `embedded`. `added`
    is None for a built-in provider.
    """

    name: str
    display_name: str
    origin: str
    needs_key: bool = True
    stored: KeyInfo | None = None
    given: bool = False
    own_keys: int = 0
    embedded: bool = False
    added: AddedProvider | None = None

    @property
    def moved(self) -> bool:
        """Whether the stored key is refused, since the provider is elsewhere now."""
        return self.stored is not None and self.stored.origin != self.origin

    @property
    def enabled(self) -> bool:
        """Whether the provider is used at all."""
        return self.added is None or self.added.enabled


class KeyTable:
    """The standings. Both methods may raise `StoreUnavailable`."""

    def __init__(self, ways: Ways) -> None:
        self._ways, self._providers, self._keys = ways, ways.providers, ways.keys

    def of_lab(self, user: User) -> list[Standing]:
        """Return how every provider stands with the lab's keys, the disabled ones too. Raises `Forbidden`."""
        stored, own_keys = self._keys.of(user, Payer.LAB), self._keys.own_keys(user)
        added = self._providers.added(user)
        built_in = [provider for provider in self._providers.all() if provider.name not in added]
        rows = [*built_in, *map(row_of, added.values())]
        return [
            self._standing(row, stored.get(row.name), own_keys.get(row.name, 0), added.get(row.name)) for row in rows
        ]

    def of(self, user: User) -> list[Standing]:
        """Return how every provider that needs a key stands with the user's own."""
        stored = self._keys.of(user, Payer.OWN)
        rows = [row for row in self._providers.all() if row.needs_key or row.name in stored]
        return [
            replace(self._standing(row, stored.get(row.name)), given=self._ways.reachable(row.name)) for row in rows
        ]

    def _standing(
        self, row: Provider, stored: KeyInfo | None, own_keys: int = 0, added: AddedProvider | None = None
    ) -> Standing:
        return Standing(
            name=row.name,
            display_name=row.display_name,
            origin=origin_of(self._providers.base_url(row)),
            needs_key=row.needs_key,
            stored=stored,
            given=self._keys.given(row) is not None,
            own_keys=own_keys,
            embedded=self._providers.embedded(row) is not None,
            added=added,
        )
