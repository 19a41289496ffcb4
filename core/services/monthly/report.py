"""Whose month is told, and which days of it: the role decides it, as on the page of the statistics."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.domain.access import Role, Tier, reads_everybodys_spend
from core.domain.accounts import User
from core.domain.forecast import Forecast, forecast
from core.domain.outliers import Outlier, outliers
from core.domain.palette import model_colours
from core.domain.periods import EARLIEST, local_midnight
from core.domain.spend import Days, SpendReport
from core.errors import NotFound
from core.services.monthly.contents import sheet_of
from core.services.monthly.facts import Facts, whole_month
from core.services.monthly.sheet import Sheet
from core.services.stats import Stats

OPERATOR = User("", "operator", Tier.ENTERPRISE, Role.ADMIN)
"""Who reads at the command line: all that an administrator may."""

LEAST_SHARE = Decimal("0.05")
"""The least part of the month's spend by which a day stands out."""

MONTH = r"2[0-9]{3}-(0[1-9]|1[0-2])"
"""How a month is written, like 2026-11."""

NO_SUCH_MONTH = "There is no such month. Write it like 2026-11."


def month_named(text: str) -> date:
    """Return the first day of a month that is written like `2026-11`. Raises `NotFound`."""
    if not re.fullmatch(MONTH, text, re.ASCII):
        raise NotFound(NO_SUCH_MONTH)
    return date.fromisoformat(f"{text}-01")


def file_name(month: date, ending: str) -> str:
    """Return what the file of a report is called."""
    return f"testing-lab-{month:%Y-%m}.{ending}"


def monthly_report(stats: Stats, user: User, month: date, now: datetime, zone: ZoneInfo) -> Sheet:
    """Return the report of the month that begins on `month`, as `user` may read it at `now`.

    `pm` and `admin` read everybody's figures, the others their own. Raises `StoreUnavailable`.
    """
    today, whole = now.astimezone(zone).date(), whole_month(month)
    days = Days(whole.first, min(max(today, whole.first), whole.last))
    beside = _beside(days, whole)
    report = stats.report(user, days.first, days.last)
    facts = Facts(
        month=month,
        days=days,
        whose="Everybody's runs" if reads_everybodys_spend(user.role) else f"The runs of {user.username}",
        report=report,
        beside=beside,
        previous=stats.report(user, beside.first, beside.last).totals if beside else None,
        forecast=_forecast(report, today, now, zone) if whole.first <= today <= whole.last else None,
        outliers=_outliers(report, days),
        colours=model_colours(stats.catalogue()),
        today=today,
        made_at=now,
        zone=zone,
    )
    return sheet_of(facts)


def _beside(days: Days, whole: Days) -> Days | None:
    """The month before, and of it as many days as have begun of one that is not over; None before the first month."""
    before = whole_month(whole.first - timedelta(1))
    if before.first < EARLIEST:
        return None
    return before if days == whole else Days(before.first, min(before.first + (days.last - days.first), before.last))


def _forecast(report: SpendReport, today: date, now: datetime, zone: ZoneInfo) -> Forecast | None:
    begins, ends = local_midnight(today, zone), local_midnight(today + timedelta(1), zone)
    elapsed = Decimal((now - begins) / (ends - begins))
    return forecast({one.day: one.cost for one in report.days}, today, elapsed)


def _outliers(report: SpendReport, days: Days) -> Sequence[Outlier]:
    return outliers({one.day: one.cost for one in report.days}, days, report.totals.cost * LEAST_SHARE)
