"""The command that fills in demonstration data.

python -m core.cli demo-data
"""

from argparse import Namespace

from core.cli.databases import open_store
from core.cli.users import service_over
from core.services import demo
from core.services.accounts import Accounts
from core.settings import Settings


def fill_demo(given: Namespace, settings: Settings) -> None:
    """Fill an empty database with 90 days of plausible usage, after the first administrator."""
    with open_store(settings) as database:
        _welcome(service_over(database), settings)
        print(f"Filled in {demo.fill(database, settings.timezone):,} runs of the last 90 days.")


def _welcome(accounts: Accounts, settings: Settings) -> None:
    given = settings.admin_password
    generated = accounts.ensure_first_admin(settings.admin_username, given.get_secret_value() if given else None)
    if generated:
        print(f"Sign in as {settings.admin_username} with the password {generated}. It is shown only this once.")
