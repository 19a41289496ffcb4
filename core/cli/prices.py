"""The command that proves the costs of the ledger from its records alone.

python -m core.cli ledger recompute [--month 2026-10]
"""

from argparse import Namespace
from typing import Any

from core.cli.commands import add
from core.cli.databases import open_store
from core.cli.ledger import month_named
from core.domain.figures import exact_utc, money_exact
from core.domain.periods import EARLIEST, LATEST, Period, days, local_midnight, next_month_start
from core.domain.recomputing import CostDifference, differs
from core.errors import InvalidRequest
from core.settings import Settings
from core.store.cost_records import cost_records


def recompute(given: Namespace, settings: Settings) -> None:
    """Compute the cost of each settled run from its own record, and list those that come out otherwise.

    Raises `InvalidRequest` if there are any.
    """
    looked_at, without, different = 0, 0, 0
    with open_store(settings) as database:
        for record in cost_records(database, _period(given.month, settings)):
            looked_at += 1
            without += record.prices is None
            if found := differs(record):
                different += 1
                print(_line(found))
    if without:
        print(
            f"{without:,} of {looked_at:,} runs hold no prices, since others wrote them: nothing can be said of them."
        )
    if different:
        raise InvalidRequest(f"{different:,} of {looked_at:,} costs do not follow from their records.")
    print(f"{looked_at - without:,} costs follow from their records, to the last digit.")


def add_recompute_command(commands: Any) -> None:
    """Add it to what there is to type below `ledger`."""
    command = add(commands, "recompute", recompute, "compute each cost anew from the record of its run, and compare")
    command.add_argument("--month", help="such as 2026-10, of the reporting zone; without it, all of the ledger")


def _period(month: str | None, settings: Settings) -> Period:
    zone = settings.timezone
    if month is None:
        return days(EARLIEST, LATEST, zone)
    start = local_midnight(month_named(month), zone)
    return Period(start, next_month_start(start, zone))


def _line(found: CostDifference) -> str:
    kept, again = found.record.cost, found.recomputed
    told = f"{money_exact(kept.amount)} ({kept.source}) is kept, {money_exact(again.amount)} ({again.source}) follows"
    return f"{found.record.run_id}  {exact_utc(found.record.created_at)}  {found.record.model_id}  {told}"
