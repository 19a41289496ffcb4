"""The command for the encryption key.

python -m core.cli keys rotate
"""

from argparse import Namespace
from typing import Any

from core.cli.commands import add
from core.cli.databases import open_store
from core.errors import SealBroken
from core.secrets import Vault, encryption_keys
from core.services.seals import Renewal
from core.services.secrets import Secrets
from core.settings import Settings
from core.store.database import Database
from core.store.seals import Seals
from core.store.secrets import SecretStore

DONE = "Everything is sealed under the first key. The others can be taken out of ENCRYPTION_KEY."


def add_key_commands(commands: Any) -> None:
    """Add what there is to type below `keys`."""
    add(commands, "rotate", rotate, "seal under the first key of ENCRYPTION_KEY what the others had sealed")


def rotate(given: Namespace, settings: Settings) -> None:
    """Renew every seal, also while the lab runs. It may be stopped at any moment and begun again.

    Raises `SettingsError` if the keys are the wrong ones, and `SealBroken` while something needs another key.
    """
    with open_store(settings) as database:
        vault = Vault(encryption_keys(settings))
        Secrets(vault, SecretStore(database)).check()
        _renew(vault, database)


def _renew(vault: Vault, database: Database) -> None:
    renewal = Renewal(vault, Seals(database))
    for progress in renewal.steps():
        print(f"{progress.renewed:,} renewed, {progress.left:,} left", flush=True)
    rest = renewal.finish()
    if rest.lost:
        raise SealBroken(
            f"{rest.lost:,} kept secrets open under none of the keys. Put the key that sealed them behind the others "
            "in ENCRYPTION_KEY and begin again, or have them stored again."
        )
    if rest.old:
        raise SealBroken(
            f"{rest.old:,} secrets were sealed with an older key meanwhile: a lab runs with it. Start that one with "
            "the same ENCRYPTION_KEY, then begin again."
        )
    print(DONE)
