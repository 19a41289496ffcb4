"""The command that tells a month of everybody's runs, to print or to send.

python -m core.cli report 2026-11 (--pdf FILE | --html FILE)
"""

from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.cli.commands import add
from core.cli.databases import open_store
from core.cli.users import service_over
from core.errors import InvalidRequest
from core.services.monthly.page import page
from core.services.monthly.pdf import pdf
from core.services.monthly.report import OPERATOR, month_named, monthly_report
from core.services.stats import Stats
from core.settings import Settings
from core.store.rollups import Rollups
from core.store.spend import SpendStore


def write_report(given: Namespace, settings: Settings) -> None:
    """Write the report of a month to a file, in the place of an earlier one."""
    month = month_named(given.month)
    with open_store(settings) as database:
        stats = Stats(SpendStore(Rollups(database, settings.timezone)), service_over(database).names)
        sheet = monthly_report(stats, OPERATOR, month, datetime.now(UTC), settings.timezone)
    file: Path = given.pdf or given.html
    _write(file, pdf(sheet) if given.pdf else page(sheet).encode())
    print(f"Wrote the report of {sheet.title} to {file}.")


def add_report_command(commands: Any) -> None:
    """Add it to the parser."""
    report = add(commands, "report", write_report, "tell a month on one page")
    report.add_argument("month", help="like 2026-11")
    kind = report.add_mutually_exclusive_group(required=True)
    kind.add_argument("--pdf", type=Path, metavar="FILE", help="to print or to send")
    kind.add_argument("--html", type=Path, metavar="FILE", help="to open in a browser")


def _write(file: Path, content: bytes) -> None:
    """Write the whole file or nothing of it. Raises `InvalidRequest` in plain words."""
    part = file.with_name(f"{file.name}.part")
    try:
        part.write_bytes(content)
        part.replace(file)
    except OSError as error:
        raise InvalidRequest(f"{file} cannot be written: {error.strerror}.") from None
