"""Invoices are kept beside the ledger by those who see everybody's spend, and what differs is exact."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.invoices import MAX_NOTE
from core.domain.pricing import Cost, CostSource
from core.domain.runs import Payer
from core.domain.spend import Days
from core.errors import Forbidden, InvalidRequest, NotFound
from core.services.invoices import PAGE_SIZE, Invoices, comparison_file
from core.store.invoices import BesideStore, InvoiceStore
from core.store.ledger import Ledger
from core.store.rollups import Rollups
from core.store.tables import audit_log
from tests.fixtures.accounts import Clock
from tests.fixtures.runs import NOW, add_user, admission, record

ZONE = ZoneInfo("Asia/Kathmandu")
NOVEMBER = Days(date(2026, 11, 1), date(2026, 11, 20))
PM = User("pat", "pat", Tier.TRIAL, Role.PM)
LINES = "model,cost\ngpt-4o-mini,2.5\n=cmd(),0.25\n"


@pytest.fixture
def invoices(database):
    rollups = Rollups(database, ZONE)
    rollups.prepare()
    known = ["openai/gpt-4o-mini", "acme/own", "local/smollm2-135m"]
    store = InvoiceStore(database)
    return Invoices(store, BesideStore(rollups), ZONE, catalogue=lambda: known, now=Clock(NOW))


@pytest.fixture
def spend(database):
    """Records runs of `NOW` that cost what it is told."""
    add_user(database)
    ledger = Ledger(database, instance_id=1)

    def spend(dollars, model="openai/gpt-4o-mini", source=CostSource.COMPUTED, paid_by=Payer.LAB, at=NOW):
        amount = None if dollars is None else Decimal(dollars)
        run = admission(model_id=model, started_at=at, paid_by=paid_by)
        record(ledger, run, cost=Cost(amount=amount, source=source))

    return spend


def notes(database):
    found = select(audit_log.c.actor, audit_log.c.act, audit_log.c.subject, audit_log.c.details).order_by(
        audit_log.c.id
    )
    return database.call(lambda connection: connection.execute(found).all())


def test_the_ledger_stands_beside_an_invoice_to_the_last_digit_without_users_own_keys(invoices, spend):
    spend("1.000000000000123456789")
    spend("0.5", source=CostSource.ESTIMATED)
    spend("0.25", source=CostSource.ESTIMATED, paid_by=Payer.OWN)
    spend("4", paid_by=Payer.OWN, model="openai/gpt-4o")
    spend("7", model="groq/llama-3.1-8b-instant")
    spend(None, source=CostSource.UNKNOWN)
    added = invoices.add(PM, "openai", NOVEMBER, "$2.00")
    compared = invoices.open(PM, added.id)
    assert compared.recorded == Decimal("1.500000000000123456789")
    assert (compared.estimated, compared.own_key, compared.unpriced) == (Decimal("0.5"), Decimal("4.25"), 1)
    assert [(row.model, row.recorded) for row in compared.rows] == [("openai/gpt-4o-mini", compared.recorded)]
    (beside,) = invoices.page(PM).rows
    assert (beside.recorded, beside.invoice) == (compared.recorded, added)


def test_days_are_those_of_the_reporting_zone(invoices, spend):
    midnight = NOW.replace(hour=18, minute=15)  # in Kathmandu, the next day begins
    spend("1", at=midnight - timedelta(seconds=1))
    spend("2", at=midnight)
    (found,) = [invoices.add(PM, "openai", Days(date(2026, 11, 20), date(2026, 11, 20)), "1").id]
    assert invoices.open(PM, found).recorded == 1


def test_a_file_of_lines_makes_the_total_and_is_compared_by_model(invoices, spend):
    spend("2")
    added = invoices.add(PM, "openai", NOVEMBER, " ", LINES, " from  Jo ")
    assert (added.total_usd, added.note) == (Decimal("2.75"), "from Jo")
    compared = invoices.open(PM, str(added.id))
    assert compared.invoice == added
    assert [(row.model, row.difference) for row in compared.rows] == [
        ("openai/gpt-4o-mini", Decimal("0.5")),
        ("openai/=cmd()", Decimal("0.25")),
    ]


def test_a_comparison_can_be_taken_as_a_file_in_which_no_cell_is_a_formula(invoices, spend):
    spend("2", model="openai/gpt-4o-mini")
    compared = invoices.open(PM, invoices.add(PM, "openai", NOVEMBER, "3.0000001", LINES).id)
    rows = list(csv.reader(StringIO(comparison_file(compared).decode())))
    assert rows[0] == ["model", "invoice_usd", "ledger_usd", "difference_usd", "estimated_in_ledger_usd"]
    assert rows[1:] == [
        ["openai/gpt-4o-mini", "2.5", "2", "0.5", "0"],
        ["openai/=cmd()", "0.25", "", "0.25", "0"],
        ["In no line", "0.2500001", "", "0.2500001", "0"],
        ["Total", "3.0000001", "2", "1.0000001", "0"],
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"provider": "nobody"}, "Choose the provider"),
        ({"provider": "local"}, "Choose the provider"),
        ({"total": ""}, "Type the invoice's total"),
        ({"total": "much"}, "“much” is no amount in USD"),
        ({"lines": "a,b\n"}, "must name a column"),
        ({"note": "x" * (MAX_NOTE + 1)}, "300 characters at most; this one has 301"),
        ({"days": Days(date(2026, 11, 2), date(2026, 11, 1))}, "first and the last day"),
        ({"days": Days(date(2026, 11, 20), date(2026, 11, 21))}, "none to come"),
        ({"days": Days(date(2025, 11, 1), date(2026, 11, 2))}, "a year at most"),
        ({"days": Days(date(1999, 1, 1), date(1999, 1, 31))}, "first and the last day"),
    ],
)
def test_what_cannot_be_an_invoice_is_refused_and_nothing_kept(invoices, database, changes, told):
    asked = {"provider": "openai", "days": NOVEMBER, "total": "1", "lines": "", "note": ""} | changes
    with pytest.raises(InvalidRequest) as refusal:
        invoices.add(PM, **asked)
    assert told in refusal.value.message
    assert (invoices.page(PM).total, notes(database)) == (0, [])


def test_those_may_send_an_invoice_that_charge_and_that_were_ever_run(invoices):
    assert invoices.providers(PM) == ["acme", "anthropic", "groq", "openai", "openrouter", "together"]


def test_every_change_is_noted_with_what_was_before(invoices, database):
    added = invoices.add(PM, "openai", NOVEMBER, "1.50", LINES)
    invoices.annotate(PM, added.id, "paid")
    assert invoices.open(PM, added.id).invoice.note == "paid"
    invoices.remove(PM, added.id)
    told = {"provider": "openai", "days": "2026-11-01 to 2026-11-20", "total_usd": "1.50", "models": 2}
    assert [tuple(row) for row in notes(database)] == [
        ("pat", "add invoice", str(added.id), told),
        ("pat", "note invoice", str(added.id), {"before": {"note": ""}, "after": {"note": "paid"}}),
        ("pat", "remove invoice", str(added.id), told),
    ]


@pytest.mark.parametrize("missing", [uuid4(), "no id"])
def test_what_is_gone_is_said_so(invoices, database, missing):
    with pytest.raises(NotFound):
        invoices.open(PM, missing)


def test_what_somebody_else_has_removed_cannot_be_changed(invoices, database):
    for change in (lambda: invoices.annotate(PM, uuid4(), "x"), lambda: invoices.remove(PM, uuid4())):
        with pytest.raises(NotFound):
            change()
    assert notes(database) == []


def test_nobody_else_sees_or_changes_anything(invoices):
    ann = User("ann", "ann", Tier.ENTERPRISE, Role.OPS)
    added = invoices.add(PM, "openai", NOVEMBER, "1")
    for act in (
        lambda: invoices.providers(ann),
        lambda: invoices.add(ann, "openai", NOVEMBER, "1"),
        lambda: invoices.page(ann),
        lambda: invoices.open(ann, added.id),
        lambda: invoices.annotate(ann, added.id, "x"),
        lambda: invoices.remove(ann, added.id),
    ):
        with pytest.raises(Forbidden):
            act()
    assert invoices.page(PM).total == 1


def test_the_list_comes_by_pages_the_latest_days_first_and_of_one_provider(invoices):
    months = [Days(date(2025, month, 1), date(2025, month, 28)) for month in range(1, 13)]
    for days in months:
        for provider in ("openai", "groq"):
            invoices.add(PM, provider, days, "1")
    first, second, beyond = (invoices.page(PM, number=number) for number in (1, 2, 3))
    assert (len(first.rows), first.total, len(beyond.rows)) == (PAGE_SIZE, 24, 0)
    found = [row.invoice.days for row in (*first.rows, *second.rows)]
    assert found == sorted(found, key=lambda days: days.first, reverse=True)
    assert {row.invoice.provider for row in invoices.page(PM, "groq").rows} == {"groq"}
    assert invoices.page(PM, "groq").total == 12
