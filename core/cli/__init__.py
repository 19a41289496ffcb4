"""What an operator types: users, ledger, privacy, reports, backups, demo data. An error is one line, and status 1."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from core.cli.backups import add_backup_commands
from core.cli.commands import Command, add
from core.cli.demo import fill_demo
from core.cli.keys import add_key_commands
from core.cli.ledger import add_ledger_commands
from core.cli.prices import add_recompute_command
from core.cli.privacy import add_privacy_commands
from core.cli.reports import add_report_command
from core.cli.users import add_user_commands
from core.errors import LabError
from core.settings import load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    given = _parser().parse_args(arguments)
    command: Command = given.command
    try:
        command(given, load_settings())
    except LabError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m core.cli", description="The Testing Lab's command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_user_commands(commands.add_parser("user", help="accounts").add_subparsers(required=True, metavar="COMMAND"))
    ledger = commands.add_parser("ledger", help="the months of the ledger, its costs, and what the statistics read")
    in_ledger = ledger.add_subparsers(required=True, metavar="COMMAND")
    add_ledger_commands(in_ledger)
    add_recompute_command(in_ledger)
    keys = commands.add_parser("keys", help="what is sealed with the encryption key")
    add_key_commands(keys.add_subparsers(required=True, metavar="COMMAND"))
    privacy = commands.add_parser("privacy", help="how long texts are kept, and what is kept about a person")
    add_privacy_commands(privacy.add_subparsers(required=True, metavar="COMMAND"))
    add_backup_commands(commands)
    add_report_command(commands)
    add(commands, "demo-data", fill_demo, "fill an empty database with plausible usage")
    return parser
