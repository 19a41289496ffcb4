"""Commands for the ledger: its months, and the rollups that the statistics read.

python -m core.cli ledger check | rebuild | months | detach 2025-01
"""

from argparse import Namespace
from datetime import date
from typing import Any

from core.cli.commands import add
from core.cli.databases import open_store
from core.errors import InvalidRequest
from core.settings import Settings
from core.store.months import Months
from core.store.rollups import Rollups


def add_ledger_commands(commands: Any) -> None:
    """Add what there is to type below `ledger`."""
    add(commands, "check", check, "compare what the statistics read with the ledger, run by run")
    add(commands, "rebuild", rebuild, "make what the statistics read anew from the ledger, also while the lab runs")
    add(commands, "months", months, "list the months that the ledger holds")
    detached = add(
        commands, "detach", detach, "take a month that has passed out of the ledger, into a table of its own"
    )
    detached.add_argument("month", help="such as 2025-01")


def check(given: Namespace, settings: Settings) -> None:
    """Say whether the rollups are what the ledger says. Raises `InvalidRequest` if they are not."""
    with open_store(settings) as database:
        different = Rollups(database, settings.timezone).differences()
    if different:
        raise InvalidRequest(f"{different:,} rollups are not what the ledger says. Make them anew with: ledger rebuild")
    print("The rollups are what the ledger says, to the last digit.")


def rebuild(given: Namespace, settings: Settings) -> None:
    """Make the rollups anew, and prove them."""
    with open_store(settings) as database:
        rollups = Rollups(database, settings.timezone)
        count, different = rollups.rebuild(), rollups.differences()
    if different:
        raise InvalidRequest(f"{different:,} of {count:,} rollups are not what the ledger says: a fault of the lab.")
    print(f"Made {count:,} rollups for the days of {settings.timezone.key}. They are what the ledger says.")


def months(given: Namespace, settings: Settings) -> None:
    """List the months, oldest first."""
    with open_store(settings) as database:
        for month in Months(database).all():
            print(f"{month:%Y-%m}")


def detach(given: Namespace, settings: Settings) -> None:
    """Take a month out. Raises `InvalidRequest` or `NotFound`."""
    with open_store(settings) as database:
        table = Months(database).detach(month_named(given.month))
    print(f"The runs of {given.month} are in the table {table} now, and in no history or figure any more.")


def month_named(text: str) -> date:
    """Return the first day of a month as it was typed. Raises `InvalidRequest`."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InvalidRequest("Write the month as 2025-01.") from None
