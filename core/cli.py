"""What an operator types: users, demo data. An error is one plain line, and the exit status 1.

python -m core.cli user add NAME --tier TIER --role ROLE --password-stdin
python -m core.cli user list
python -m core.cli user set NAME [--tier TIER] [--role ROLE] [--password-stdin]
python -m core.cli user disable NAME
python -m core.cli user enable NAME
python -m core.cli serve
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.errors import LabError
from core.lab import open_store
from core.services import demo
from core.services.accounts import Accounts
from core.settings import Settings, load_settings
from core.store.accounts import AccountStore
from core.store.attempts import AttemptStore
from core.store.database import Database
from core.store.sessions import SessionStore

Command = Callable[[Namespace, Settings], None]


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


def add_user(given: Namespace, settings: Settings) -> None:
    """Add an account."""
    password = _password()
    with _accounts(settings) as accounts:
        user = accounts.add(given.name, password, tier=given.tier, role=given.role)
    print(f"Added {_line(user)}")


def list_users(given: Namespace, settings: Settings) -> None:
    """Print every user: name, tier, role, and whether the account is disabled."""
    with _accounts(settings) as accounts:
        for user in accounts.all():
            print(_line(user))


def set_user(given: Namespace, settings: Settings) -> None:
    """Change what is given of an account."""
    password = _password() if given.password_stdin else None
    with _accounts(settings) as accounts:
        user = accounts.set(given.name, tier=given.tier, role=given.role, password=password)
    print(f"Now {_line(user)}")


def disable_user(given: Namespace, settings: Settings) -> None:
    """Disable an account and end its sessions."""
    with _accounts(settings) as accounts:
        print(f"Now {_line(accounts.disable(given.name))}")


def enable_user(given: Namespace, settings: Settings) -> None:
    """Let a disabled account sign in again."""
    with _accounts(settings) as accounts:
        print(f"Now {_line(accounts.enable(given.name))}")


def fill_demo(given: Namespace, settings: Settings) -> None:
    """Fill an empty database with 90 days of plausible usage, after the first administrator."""
    with open_store(settings) as database:
        _welcome(_service(database), settings)
        print(f"Filled in {demo.fill(database):,} runs of the last 90 days.")


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m core.cli", description="The Testing Lab's command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_user_commands(commands.add_parser("user", help="accounts").add_subparsers(required=True, metavar="COMMAND"))
    _add(commands, "demo-data", fill_demo, "fill an empty database with plausible usage")
    return parser


def _add_user_commands(commands: Any) -> None:
    add = _add(commands, "add", add_user, "add an account")
    add.add_argument("name")
    add.add_argument("--tier", type=Tier, choices=list(Tier), required=True)
    add.add_argument("--role", type=Role, choices=list(Role), default=Role.OPS)
    add.add_argument("--password-stdin", action="store_true", required=True, help="read the password from the input")
    change = _add(commands, "set", set_user, "change an account")
    change.add_argument("name")
    change.add_argument("--tier", type=Tier, choices=list(Tier))
    change.add_argument("--role", type=Role, choices=list(Role))
    change.add_argument("--password-stdin", action="store_true", help="read a new password from the input")
    _add(commands, "disable", disable_user, "let a user sign in no more").add_argument("name")
    _add(commands, "enable", enable_user, "let a disabled user sign in again").add_argument("name")
    _add(commands, "list", list_users, "print every user")


def _add(commands: Any, name: str, command: Command, help_text: str) -> ArgumentParser:
    parser: ArgumentParser = commands.add_parser(name, help=help_text, description=command.__doc__)
    parser.set_defaults(command=command)
    return parser


@contextmanager
def _accounts(settings: Settings) -> Iterator[Accounts]:
    with open_store(settings) as database:
        yield _service(database)


def _service(database: Database) -> Accounts:
    return Accounts(AccountStore(database), SessionStore(database), AttemptStore(database))


def _welcome(accounts: Accounts, settings: Settings) -> None:
    given = settings.admin_password
    generated = accounts.ensure_first_admin(settings.admin_username, given.get_secret_value() if given else None)
    if generated:
        print(f"Sign in as {settings.admin_username} with the password {generated}. It is shown only this once.")


def _password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _line(user: User) -> str:
    state = "" if user.enabled else "  disabled"
    return f"{user.username}  {user.tier}  {user.role}{state}"


if __name__ == "__main__":
    sys.exit(main())
