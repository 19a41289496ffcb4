"""Every cost can be computed again from the record of its run alone, to the last digit; and what cannot be is found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from core.domain.models import ModelInfo
from core.domain.periods import Period
from core.domain.pricing import CostSource, Prices, PriceSource, Rate
from core.domain.recomputing import differs, recomputed
from core.store import cost_records as records
from core.store.database import Database
from core.store.demo import fill
from core.store.demo.people import EXPENSIVE, HABITS
from tests.fixtures.database import copied
from tests.fixtures.runs import NOW, admission, outcome, record

OCTOBER = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
DAY = Period(NOW - timedelta(days=1), NOW + timedelta(days=1))


def catalogue():
    """Models at prices of every kind: cliffs, cached, per request, with many digits."""
    for place, habit in enumerate((*HABITS, EXPENSIVE)):
        prices = Prices(
            input=Rate(base=Decimal(f"0.{place}37"), above=((200, Decimal(f"0.{place}74")),) if place % 2 else ()),
            output=Rate(base=Decimal("3.000000000001")),
            cached=Rate(base=Decimal("0.0123")) if place % 3 else None,
            per_request=Decimal("0.00001") if place % 4 == 0 else Decimal(0),
            source=PriceSource.FALLBACK if place == 5 else PriceSource.PRICE_LIST,
        )
        yield ModelInfo(id=habit.model_id, display_name=habit.model_id, prices=prices)


@pytest.fixture(scope="module")
def demo(postgres_url, migrated_template):
    """A database with all of October 2026 in it, only to be read."""
    with copied(postgres_url, migrated_template) as url:
        opened = Database(url)
        fill(opened, now=OCTOBER.end + timedelta(days=1), models=list(catalogue()), days=33)
        yield opened
        opened.close()


def change(database, statement):
    database.call(lambda connection: connection.execute(text(statement)))


def test_every_cost_of_a_month_of_demo_data_follows_from_its_record(demo):
    found = list(records.cost_records(demo, OCTOBER))
    count = "SELECT count(*) FROM llm_usage_logs WHERE created_at >= '2026-10-01Z' AND created_at < '2026-11-01Z'"
    assert len(found) == demo.call(lambda connection: connection.scalar(text(count))) > 5000
    assert {one.cost.source for one in found} == {CostSource.PROVIDER, CostSource.COMPUTED, CostSource.ESTIMATED}
    assert [one for one in found if one.prices is None] == []
    assert [differs(one) for one in found if differs(one)] == []


def test_the_runs_come_once_each_and_in_order_however_few_at_a_time(database, ledger, monkeypatch):
    monkeypatch.setattr(records, "AT_ONCE", 2)
    for minutes in (3, 1, 1, 1, 2):
        record(ledger, admission(started_at=NOW + timedelta(minutes=minutes)))
    found = list(records.cost_records(database, DAY))
    assert len({one.run_id for one in found}) == 5
    assert [one.created_at for one in found] == sorted(one.created_at for one in found)
    assert next(records.cost_records(database, Period(NOW + timedelta(minutes=2), DAY.end))) == found[3]


@pytest.mark.parametrize(
    "damage",
    [
        "cost = cost + 0.000000000001",
        "cost_source = 'estimated'",
        "output_tokens = output_tokens + 1",
        "usage_reported = false",
        "cost_lines = '[]'",
        """prices = jsonb_set(prices, '{input,base}', '"0.151"')""",
    ],
)
def test_whatever_is_changed_in_a_record_is_found(database, ledger, damage):
    record(ledger, admission())
    [whole] = records.cost_records(database, DAY)
    assert differs(whole) is None
    change(database, f"UPDATE llm_usage_logs SET {damage}")
    [damaged] = records.cost_records(database, DAY)
    found = differs(damaged)
    assert found is not None and found.record == damaged


@pytest.mark.parametrize("name", ["cost", "total_cost"])
def test_what_a_provider_billed_is_read_from_what_it_reported(database, ledger, name):
    run = admission()
    plain = outcome(run)
    billed = plain.usage.model_copy(update={"billed_usd": Decimal("0.000669")})
    cost = plain.cost.model_copy(update={"amount": billed.billed_usd, "source": CostSource.PROVIDER})
    record(ledger, run, usage=billed, cost=cost, raw_usage={name: 6.69e-4})
    [one] = records.cost_records(database, DAY)
    assert recomputed(one) == cost
    lost = replace(one, raw_usage=None)
    assert differs(lost) is not None


def test_of_a_run_that_others_wrote_nothing_is_said(database):
    change(
        database,
        "INSERT INTO llm_usage_logs (id, user_id, model_name, input_tokens, cost, success, created_at)"
        f" VALUES (gen_random_uuid(), 'x', 'openai/a', 5, 'NaN', true, '{NOW.isoformat()}')",
    )
    [one] = records.cost_records(database, DAY)
    assert (one.cost.amount, recomputed(one), differs(one)) == (None, None, None)
