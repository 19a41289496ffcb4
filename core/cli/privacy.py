"""Commands for texts and for people's data, where there is no dashboard at hand.

python -m core.cli privacy retention [DAYS] | purge | export NAME FILE | erase NAME --confirm NAME
"""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.cli.commands import add
from core.cli.databases import open_store
from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.audit import OPERATOR
from core.errors import InvalidRequest
from core.services.lab_settings import lab_settings_over
from core.services.privacy import privacy_over
from core.services.retention import Retention, retention_over
from core.settings import Settings
from core.store.ledger import Ledger
from core.store.spool import Spool

ACTOR = User(OPERATOR, OPERATOR, Tier.ENTERPRISE, Role.ADMIN)


def add_privacy_commands(commands: Any) -> None:
    """Add what there is to type below `privacy`."""
    kept = add(commands, "retention", retention, "tell for how many days texts are kept, or set it")
    kept.add_argument("days", type=int, nargs="?", metavar="DAYS", help="0: none are kept beyond the run")
    add(commands, "purge", purge, "clear the texts that are older now, and count what is left")
    taken = add(commands, "export", export, "write all that is kept about a person to a JSON file")
    taken.add_argument("name")
    taken.add_argument("file", type=Path, metavar="FILE")
    erased = add(commands, "erase", erase, "erase a person: name, keys and texts; spend stays")
    erased.add_argument("name")
    erased.add_argument("--confirm", required=True, metavar="NAME", help="the name once more: it cannot be undone")


def retention(given: Namespace, settings: Settings) -> None:
    """Tell or set for how many days the texts of runs are kept."""
    with _texts(settings) as texts:
        if given.days is not None:
            texts.settings.set_retention(ACTOR, given.days)
        days = texts.settings.retention_days
    print(f"Texts are kept for {days:,} days." if days else "No texts are kept beyond the run.")


def purge(given: Namespace, settings: Settings) -> None:
    """Clear what is older. Raises `InvalidRequest` if anything is left."""
    with _texts(settings) as texts:
        purged = texts.purge(ACTOR)
    if purged.after.all:
        raise InvalidRequest(f"Of {purged.before.all:,} texts {purged.after.all:,} are left. Try again.")
    print(f"Cleared {purged.before.all:,} texts from before {purged.limit:%Y-%m-%d %H:%M} UTC. None is left.")


def export(given: Namespace, settings: Settings) -> None:
    """Write a person's data to a file, in the place of an earlier one."""
    with open_store(settings) as database:
        privacy = privacy_over(database, None)
        taken = privacy.export(ACTOR, privacy.find(ACTOR, given.name).id)
        _write(given.file, taken.pieces)
    print(f"Wrote all that is kept about {given.name} to {given.file}, {taken.runs:,} runs among it.")


def erase(given: Namespace, settings: Settings) -> None:
    """Erase a person. A run of theirs that is under way elsewhere ends without a text."""
    with open_store(settings) as database:
        privacy = privacy_over(database, None)
        cleared = privacy.erase(ACTOR, privacy.find(ACTOR, given.name).id, given.confirm)
    print(f"Erased, with the texts of {cleared:,} runs. What they cost is kept under the id.")


@contextmanager
def _texts(settings: Settings) -> Iterator[Retention]:
    with open_store(settings) as database:
        kept, spool = lab_settings_over(database, settings), Spool(settings.data_dir / "spool")
        kept.load()
        yield retention_over(kept, database, Ledger(database, instance_id=0), spool)


def _write(file: Path, pieces: Iterator[bytes]) -> None:
    """Write the whole file or nothing of it, for its owner alone. Raises `InvalidRequest` in plain words."""
    part = file.with_name(f"{file.name}.part")
    try:
        part.touch(mode=0o600)
        with part.open("wb") as output:
            output.writelines(pieces)
        part.replace(file)
    except OSError as error:
        raise InvalidRequest(f"{file} cannot be written: {error.strerror}.") from None
