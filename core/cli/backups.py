"""The commands that back the database up and restore it.

python -m core.cli backup FILE [--force]
python -m core.cli restore FILE [--force]
"""

from argparse import Namespace
from pathlib import Path
from typing import Any

from core.cli.commands import add
from core.cli.databases import open_server
from core.settings import Settings
from core.store.backups import Contents, back_up, restore

KEEP_THE_KEY = """\
The lab's own secrets are not in it: keep ENCRYPTION_KEY (or encryption.key in LAB_DATA_DIR) as well, in another place.
The lab starts on this backup with that key only."""

AFTERWARDS = """\
Everybody signs in anew. Accounts and API tokens are as they were then: revoke again what was revoked since.
The lab starts with the ENCRYPTION_KEY of that time (or encryption.key in LAB_DATA_DIR) only."""


def make_backup(given: Namespace, settings: Settings) -> None:
    """Write the whole database to a file, also while the lab runs."""
    with open_server(settings) as url:
        contents = back_up(url, given.file, force=given.force)
    print(f"Backed up {_words(contents)} to {given.file} ({given.file.stat().st_size:,} bytes).\n{KEEP_THE_KEY}")


def restore_backup(given: Namespace, settings: Settings) -> None:
    """Put a backup in the place of the database, and bring it to the newest version. The lab must not run."""
    with open_server(settings, alone=True) as url:
        restored = restore(url, given.file, force=given.force)
    at = restored.made_at
    print(f"Restored {_words(restored.contents)}, backed up on {at.day} {at:%B %Y, %H:%M} UTC.")
    if restored.kept:
        print(f"What was there before is kept as the database {restored.kept}. Drop it when you need it no more.")
    print(AFTERWARDS)


def add_backup_commands(commands: Any) -> None:
    """Add them to the parser."""
    backup = add(commands, "backup", make_backup, "write the whole database to a file")
    _add_arguments(backup, "replace the file if there is one")
    back = add(commands, "restore", restore_backup, "put a backup in the place of the database")
    _add_arguments(back, "also in the place of recorded runs, which are kept aside")


def _add_arguments(parser: Any, force: str) -> None:
    parser.add_argument("file", type=Path)
    parser.add_argument("--force", action="store_true", help=force)


def _words(contents: Contents) -> str:
    return f"{_counted(contents.runs, 'run')} and {_counted(contents.users, 'user')}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
