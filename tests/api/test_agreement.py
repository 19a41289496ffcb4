"""What the routes tell adds up to what plain SQL says, to the last digit, for the local days of every zone."""

import json
from datetime import date
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from core.domain.access import Role, Tier
from core.domain.periods import days
from tests.fixtures.accounts import PASSWORD
from tests.fixtures.zones import PERIODS, ZONES, exact_sum, plain_totals, record_year

BASE = "/api/v1/llm/test"


@pytest.fixture
def year(signed_in, accounts, user, shared_database):
    """A year of the caller's runs, and of somebody else's."""
    other = accounts.add(f"other{uuid4().hex[:8]}", PASSWORD, tier=Tier.STARTER, role=Role.OPS)
    record_year(shared_database, user.id, other.id)
    return signed_in


def told(client: httpx.Client, path: str, **asked: str) -> object:
    response = client.get(f"{BASE}/{path}", params=asked)
    assert response.status_code == 200, response.text
    return json.loads(response.text, parse_float=Decimal)


def whole_history(client: httpx.Client, **asked: str) -> tuple[int, list[dict]]:
    """Follow the cursors to the end; returns the total that is told, and the runs."""
    page = told(client, "history", limit="50", **asked)
    runs = page["tests"]
    while page["next_cursor"]:
        page = told(client, "history", limit="50", cursor=page["next_cursor"], **asked)
        runs += page["tests"]
    return page["total"], runs


def test_history_and_export_agree_with_plain_sql(year, user, shared_database):
    for zone in ZONES:
        for first, last in PERIODS:
            runs, cost, tokens = plain_totals(shared_database, user.id, zone, first, last)
            period = days(first, last, ZoneInfo(zone))
            asked = {"from": period.start.isoformat(), "to": period.end.isoformat()}
            total, entries = whole_history(year, **asked)
            assert (total, len(entries)) == (runs, runs), (zone, first)
            assert exact_sum(Decimal(entry["cost"]) for entry in entries) == cost
            assert sum(entry["tokens_used"] for entry in entries) == tokens
            file = told(year, "export", format="json", **asked)
            assert (len(file), exact_sum(Decimal(run["cost_usd"]) for run in file)) == (runs, cost)


def test_the_summary_agrees_with_plain_sql(year, user, shared_database):
    runs, cost, tokens = plain_totals(shared_database, user.id, "UTC", date(2000, 1, 1), date(2100, 1, 1))
    summary = told(year, "stats")
    assert (summary["total_tests"], Decimal(summary["total_cost"]), summary["total_tokens"]) == (runs, cost, tokens)
