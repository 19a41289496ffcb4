"""An opened run tells what became of its cost: billed later, priced anew, still asked for, given up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.domain.corrections import GENERATION, REPRICING, CostChange, CostLookup
from core.domain.pricing import Cost, CostSource
from core.store.history import HistoryStore
from core.store.ledger import Ledger
from tests.fixtures.runs import NOW, add_user, admission, record

GUESS = Cost(amount=Decimal("0.0012"), source=CostSource.ESTIMATED)
BILLED = Cost(amount=Decimal("0.0013"), source=CostSource.PROVIDER)
PRICED = Cost(amount=Decimal("0.002"), source=CostSource.COMPUTED)
LOOKUP = CostLookup(uuid4(), NOW, "openrouter", "gen-1", "ann", "lab")


def page(run, now):
    from pages.components.opened_run import draw_run

    draw_run(run, now.tzinfo, now)


@pytest.fixture
def told(database, monkeypatch):
    """Tells what an opened run with these changes says of its cost's story."""
    monkeypatch.setattr(st, "page_link", lambda *_, **__: None)  # there is no other page here
    add_user(database)
    run = admission(model_id="openrouter/any")
    record(Ledger(database, instance_id=1), run)
    opened = HistoryStore(database).find(run.run_id)

    def told(zone="UTC", **changes):
        given = {"run": opened.model_copy(update=changes), "now": datetime.now(ZoneInfo(zone))}
        app = AppTest.from_function(page, kwargs=given).run()
        assert not app.exception
        captions = [one.value.replace("\\", "") for one in app.caption]
        return [one for one in captions if any(word in one for word in ("billed", "priced anew"))]

    return told


def test_mostly_there_is_nothing_to_tell(told):
    assert told() == []


def test_what_was_billed_stands_beside_what_was_estimated_since_when(told):
    change = CostChange(NOW, GENERATION, GUESS, BILLED)
    line = "Estimated $0.0012; billed $0.0013, as OpenRouter told on 20 Nov, 17:45."
    assert told("Asia/Kathmandu", corrections=(change,)) == [line]


def test_repricings_are_told_with_their_reason_in_their_order_and_no_word_is_markup(told):
    first = CostChange(NOW, REPRICING, GUESS, PRICED, "the *contract*")
    second = CostChange(NOW + timedelta(hours=1), REPRICING, PRICED, GUESS)
    assert told(corrections=(first, second)) == [
        "≈$0.0012 until 20 Nov, 12:00, when it was priced anew at $0.002: the *contract*.",
        "$0.002 until 20 Nov, 13:00, when it was priced anew at ≈$0.0012.",
    ]


@pytest.mark.parametrize(
    ("lookup", "line"),
    [
        (
            {"next_at": datetime(2026, 11, 20, 13, tzinfo=UTC)},
            "OpenRouter is being asked what it billed. Until it tells, this is an estimate.",
        ),
        (
            {"failure": "[No](http://x) key."},
            "OpenRouter was asked what it billed and never told, so this stays an estimate. [No](http://x) key.",
        ),
        ({}, "OpenRouter was asked what it billed and never told, so this stays an estimate."),
    ],
)
def test_what_is_still_asked_for_or_was_given_up_is_told(told, lookup, line):
    assert told(lookup=replace(LOOKUP, **lookup)) == [line]
