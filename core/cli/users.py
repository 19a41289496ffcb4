"""The commands on accounts.

python -m core.cli user add NAME --tier TIER --role ROLE --password-stdin
python -m core.cli user list
python -m core.cli user set NAME [--tier TIER] [--role ROLE] [--password-stdin]
python -m core.cli user disable NAME
python -m core.cli user enable NAME
python -m core.cli user link NAME SUBJECT
"""

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.cli.commands import add
from core.cli.databases import open_store
from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.audit import OPERATOR
from core.errors import InvalidRequest
from core.services.accounts import Accounts
from core.services.openid_accounts import OpenidAccounts, registration_of
from core.settings import Settings
from core.store.accounts import AccountStore
from core.store.attempts import AttemptStore
from core.store.database import Database
from core.store.openid import OpenidStore
from core.store.sessions import SessionStore


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


def link_user(given: Namespace, settings: Settings) -> None:
    """Let somebody sign in to an account at the company's provider, which knows them by SUBJECT."""
    registration = registration_of(settings)
    if registration is None:
        raise InvalidRequest("No provider is set up. Set LAB_OPENID_ISSUER and LAB_OPENID_CLIENT_ID first.")
    operator = User(OPERATOR, OPERATOR, Tier.ENTERPRISE, Role.ADMIN)
    with open_store(settings) as database:
        user = OpenidAccounts(OpenidStore(database), registration).link(operator, given.name, given.subject)
    print(f"Linked {_line(user)}")


def add_user_commands(commands: Any) -> None:
    """Add them to the parser."""
    new = add(commands, "add", add_user, "add an account")
    new.add_argument("name")
    new.add_argument("--tier", type=Tier, choices=list(Tier), required=True)
    new.add_argument("--role", type=Role, choices=list(Role), default=Role.OPS)
    new.add_argument("--password-stdin", action="store_true", required=True, help="read the password from the input")
    change = add(commands, "set", set_user, "change an account")
    change.add_argument("name")
    change.add_argument("--tier", type=Tier, choices=list(Tier))
    change.add_argument("--role", type=Role, choices=list(Role))
    change.add_argument("--password-stdin", action="store_true", help="read a new password from the input")
    add(commands, "disable", disable_user, "let a user sign in no more").add_argument("name")
    add(commands, "enable", enable_user, "let a disabled user sign in again").add_argument("name")
    company = add(commands, "link", link_user, "link an account to somebody of the company's provider")
    company.add_argument("name")
    company.add_argument("subject")
    add(commands, "list", list_users, "print every user")


@contextmanager
def _accounts(settings: Settings) -> Iterator[Accounts]:
    with open_store(settings) as database:
        yield service_over(database)


def service_over(database: Database) -> Accounts:
    """Return the accounts that `database` keeps."""
    return Accounts(AccountStore(database), SessionStore(database), AttemptStore(database))


def _password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _line(user: User) -> str:
    state = "" if user.enabled else "  disabled"
    return f"{user.username}  {user.tier}  {user.role}{state}"
