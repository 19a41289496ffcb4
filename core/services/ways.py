"""The ways to the providers: where each is called, with which key, and who pays for it.

A user's own key goes first, then the system's. One that was stored for another address than the provider's now is
neither sent nor passed over in silence: nobody is to pay for what somebody else meant to.
"""

from core.domain.providers import LAB, owner_of
from core.domain.runs import Payer
from core.engine.engine import Call
from core.errors import KeyMissing, Unavailable
from core.providers.client import ProviderClient
from core.providers.local_model import LocalModel
from core.providers.registry import Provider
from core.secrets import Vault
from core.services.copies import Copies
from core.services.keys import Keys, asking
from core.services.providers import Providers
from core.settings import Settings
from core.store.database import Database
from core.store.keys import KeyStore
from core.store.prices import ModelStore
from core.store.providers import ProviderStore


class Ways:
    """Which provider can be reached, by whom. Nothing here waits for a query."""

    def __init__(self, providers: Providers, keys: Keys) -> None:
        """The services that it stands on are for others as well."""
        self.providers = providers
        self.keys = keys

    def reachable(self, name: str, user_id: str = LAB) -> bool:
        """Return whether a run could be sent now, by the user or by the lab itself: a key is there, a server is up."""
        provider = self.providers.find(name)
        if provider is None or self.providers.down(provider):
            return False
        for owner in (user_id, LAB):
            if key := self.keys.find(owner, provider):
                return self.keys.fits(key, provider)
        return not provider.needs_key or self.keys.given(provider) is not None

    def call(self, name: str, user_id: str = LAB) -> Call:
        """Return how `name` is reached for the user, or for the lab itself.

        Raises `UnknownProvider`, `KeyMissing`, `SealBroken`, and `Unavailable` while the embedded model is down.
        """
        provider = self.providers.named(name)
        base_url = self.providers.base_url(provider)
        if self.providers.down(provider):
            raise Unavailable("The local model is not running yet; it starts by itself. Try again in a few seconds.")
        if local := self.providers.embedded(provider):
            return Call(provider, base_url, local.key)
        for payer in (Payer.OWN, Payer.LAB):
            if key := self.keys.find(owner_of(user_id, payer), provider):
                paid_by = Payer.LAB if key.owner == LAB else Payer.OWN
                return Call(provider, base_url, self.keys.opened(key, provider), paid_by)
        given = self.keys.given(provider)
        if given is None and provider.needs_key:
            raise KeyMissing(_missing(provider))
        return Call(provider, base_url, given)

    def paid(self, name: str, user_id: str, payer: Payer) -> Call:
        """Return how `name` is asked about a run for which `payer` paid: with that key and no other. Raises as `call`
        does."""
        call = self.call(name, owner_of(user_id, payer))
        if call.paid_by is not payer:
            raise KeyMissing("The key that paid for this run is gone.")
        return call


def ways_over(
    settings: Settings,
    database: Database,
    copies: Copies,
    vault: Vault,
    local: LocalModel | None,
    client: ProviderClient,
) -> Ways:
    """Return the ways by what `database` keeps of providers and keys. To be called on the loop that `client` serves."""
    providers = Providers(settings, ProviderStore(database), copies, local)
    keys = Keys(
        settings=settings,
        vault=vault,
        store=KeyStore(database),
        copies=copies,
        providers=providers,
        lists=ModelStore(database),
        ask=asking(client),
    )
    return Ways(providers, keys)


def _missing(provider: Provider) -> str:
    name = provider.display_name
    return f"No key for {name} is configured. An administrator can store one under Keys, or you your own under Account."
