"""A figure leads to its runs, and nobody to runs of others but an admin."""

from datetime import date
from decimal import Decimal

import pytest

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.spend import MODEL, OTHERS, PROVIDER, USER, Days, Group, SpendReport, Totals
from pages.components.stats_filters import Restriction
from pages.components.trail import trail

DAYS, DAY = Days(date(2026, 11, 1), date(2026, 11, 30)), Days(date(2026, 11, 7), date(2026, 11, 7))
ALL = Restriction(None, None, None)
WITHIN = {"days": ["2026-11-01", "2026-11-30"]}


def led(role, people=(), only=ALL):
    nothing = Totals(0, 0, 0, Decimal(0), Decimal(0), 0, 0)
    by_user = [Group(name, nothing) for name in people]
    report = SpendReport(DAYS, nothing, nothing, [], [], [], by_user, [])
    return trail(User("1", "ann", Tier.STARTER, role), DAYS, only, report)


@pytest.mark.parametrize(
    ("by", "key", "query"),
    [
        (MODEL, None, {}),
        (MODEL, "openai/gpt-5", {"model": "openai/gpt-5"}),
        (PROVIDER, "openai", {"provider": "OpenAI"}),
        (USER, "bob", {"person": "bob"}),
        ("tag:team", "red", {"tag": "team=red"}),
    ],
)
def test_an_admin_is_led_to_everybodys_runs(by, key, query):
    assert led(Role.ADMIN, ["ann", "bob"]).to_runs(None, by, key) == WITHIN | query | {"whose": "all"}


def test_ops_are_led_to_their_own():
    assert led(Role.OPS).to_runs(DAY, MODEL, "openai/gpt-5") == {"days": ["2026-11-07"], "model": "openai/gpt-5"}


def test_a_pm_is_led_to_runs_of_their_own_alone():
    assert led(Role.PM, ["ann"]).to_runs() == WITHIN
    others = led(Role.PM, ["ann", "bob"])
    assert (others.to_runs(), others.to_runs(None, USER, "bob"), others.to_failed()) == (None, None, None)
    assert others.to_runs(None, USER, "ann") == WITHIN
    assert (others.leads(USER), others.leads(MODEL), led(Role.PM, ["bob"]).leads(USER)) == (True, False, False)


def test_a_pm_who_asked_for_a_tag_is_led_nowhere_since_nobody_is_told_by_name():
    assert led(Role.PM, [], Restriction(None, None, ("team", "red"))).to_runs() is None


@pytest.mark.parametrize("by", [MODEL, PROVIDER, USER, "tag:team"])
def test_what_is_folded_together_leads_nowhere(by):
    assert led(Role.ADMIN).to_runs(None, by, OTHERS) is None


def test_what_the_report_is_restricted_to_goes_along():
    only = Restriction("openai/gpt-5", "openai", ("team", "red"))
    query = led(Role.ADMIN, only=only).to_failed(DAY)
    assert query == {
        "days": ["2026-11-07"],
        "model": "openai/gpt-5",
        "provider": "OpenAI",
        "tag": "team=red",
        "whose": "all",
        "status": "Failed",
    }
    assert led(Role.ADMIN, only=only).to_failed(DAY, "rate_limited") == query | {"error": "Rate limited"}
    assert led(Role.ADMIN, only=only).to_runs(DAY, MODEL, "openai/gpt-5")["model"] == "openai/gpt-5"
