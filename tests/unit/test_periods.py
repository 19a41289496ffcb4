"""Months and days begin when they begin in the reporting zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.periods import days, local_midnight, month_start, next_month_start

ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia")]
instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda instant: instant.replace(tzinfo=UTC))


def test_kathmandu_is_in_the_next_month_when_utc_is_not():
    now = datetime(2026, 10, 31, 18, 20, tzinfo=UTC)
    assert month_start(now, ZoneInfo("Asia/Kathmandu")) == date(2026, 11, 1)
    assert month_start(now, ZoneInfo("UTC")) == date(2026, 10, 1)


def test_a_day_of_the_clock_change_has_twenty_five_hours():
    period = days(date(2026, 10, 25), date(2026, 10, 25), ZoneInfo("Europe/Berlin"))
    assert period.end - period.start == timedelta(hours=25)


@pytest.mark.parametrize("zone", ZONES, ids=str)
@given(now=instants)
def test_now_lies_in_its_month(zone, now):
    start = local_midnight(month_start(now, zone), zone)
    assert start <= now < next_month_start(now, zone)
    assert next_month_start(now, zone).astimezone(zone).day == 1
