"""The page of invoices: put beside the ledger, compared, noted, removed; and nothing typed is lost."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from core import lab
from core.domain.access import Role
from core.domain.accounts import User
from core.domain.corrections import Outstanding
from core.domain.invoices import month_before
from core.domain.pricing import Cost, CostSource
from core.services.accounts import Accounts
from core.services.invoices import PAGE_SIZE, Invoices
from core.store.database import Database
from core.store.invoices import BesideStore, InvoiceStore
from core.store.ledger import Ledger
from core.store.rollups import Rollups
from tests.fixtures.accounts import ADDRESS, PASSWORD
from tests.fixtures.frame import Browser, opened
from tests.fixtures.runs import admission, record

ZONE = ZoneInfo("UTC")
LINES = "model;cost\ngpt-4o-mini;2,50\n**bold**;0,25\n"


class Lookups:
    """Stands for the service that asks what was billed."""

    def __init__(self):
        self.outstanding = Outstanding()
        self.asked_by = []

    def ask_again(self, user):
        self.asked_by.append(user.username)
        self.outstanding = Outstanding(self.outstanding.pending + self.outstanding.given_up, 0)


@pytest.fixture
def ann(accounts: Accounts) -> User:
    accounts.set("ann", role=Role.PM)
    return accounts.sign_in("ann", PASSWORD, ADDRESS)


@pytest.fixture
def lookups() -> Lookups:
    return Lookups()


@pytest.fixture
def invoices(signed_in: Browser, ann: User, database: Database, lookups: Lookups) -> Invoices:
    """The open lab's invoices, beside a ledger of which one run of the month before cost 2 USD."""
    rollups = Rollups(database, ZONE)
    rollups.prepare()
    known = ["openai/gpt-4o-mini"]
    service = Invoices(InvoiceStore(database), BesideStore(rollups), ZONE, catalogue=lambda: known)
    open_lab: Any = lab.current()
    open_lab.invoices, open_lab.lookups = service, lookups
    open_lab.settings = SimpleNamespace(timezone=ZONE)
    first = month_before(datetime.now(UTC).date()).first
    run = admission(ann.id, started_at=datetime(first.year, first.month, 3, 12, tzinfo=UTC), model_id=known[0])
    record(Ledger(database, 1), run, cost=Cost(amount=Decimal(2), source=CostSource.ESTIMATED))
    return service


@pytest.fixture
def page(signed_in: Browser, invoices: Invoices):
    return opened(signed_in, "invoices")


def words(app):
    kinds = (app.main.markdown, app.main.caption, app.main.subheader, app.main.info)
    return " ".join(one.value for kind in kinds for one in kind).replace("\\", "")


def button(app, label):
    return next(one for one in app.main.button if one.label == label)


def add(app, total="", lines=""):
    button(app, "Add an invoice").click().run()
    app.text_input[0].set_value(total)
    app.text_area[0].set_value(lines)
    app.selectbox[1].set_value("openai")
    return button(app, "Put beside the ledger").click().run()


def test_an_empty_page_teaches(page):
    assert not page.exception
    assert "Invoices stand here, each beside what the ledger holds" in words(page)
    assert "Own keys" not in words(page)


def test_a_total_is_put_beside_the_ledger_of_the_month_before(page, invoices, ann):
    app = add(page, "2.50")
    assert not app.exception and not app.main.error
    assert "**The invoice is $0.50 (25%) higher than the ledger.** $2.00 of the ledger is an estimate." in words(app)
    assert {one.label: one.value for one in app.main.metric} == {
        "Invoice": r"\$2\.50",
        "Ledger": r"\$2\.00",
        "Difference": r"\$0\.50",
        "Estimated": r"\$2\.00",
        "Own keys": r"\$0\.00",
    }
    (kept,) = invoices.page(ann).rows
    assert kept.invoice.days == month_before(datetime.now(UTC).date())
    assert app.query_params["invoice"] == str(kept.invoice.id)
    assert "Added by ann" in words(app) and "no lines by model" in words(app)


def test_a_file_of_lines_is_compared_by_model_and_no_name_is_markup(page):
    app = add(page, lines=LINES)
    assert not app.exception and not app.main.error
    assert "$0.50 of it is in models that the ledger priced by estimate." in words(app)
    assert list(app.main.dataframe[0].value["Model"]) == ["gpt-4o-mini", "**bold**"]
    assert list(app.main.dataframe[0].value["Difference"]) == [Decimal("0.5"), Decimal("0.25")]


def test_what_is_refused_stays_as_it_was_typed(page, invoices, ann):
    app = add(page, "many *dollars*")
    assert "“many *dollars*” is no amount in USD" in app.main.error[0].value.replace("\\", "")
    assert app.text_input[0].value == "many *dollars*"
    assert invoices.page(ann).total == 0
    app.text_input[0].set_value("3")
    app = button(app, "Put beside the ledger").click().run()
    assert not app.main.error and invoices.page(ann).total == 1


def test_both_days_must_be_chosen(page):
    button(page, "Add an invoice").click().run()
    page.date_input[0].set_value((date(2026, 10, 1),))
    app = button(page, "Put beside the ledger").click().run()
    assert app.main.error[0].value.replace("\\", "") == "Choose the first and the last day of the invoice."


def test_the_form_can_be_put_away(page):
    app = button(page, "Add an invoice").click().run()
    assert button(app, "Add an invoice").disabled
    app = button(app, "Cancel").click().run()
    assert not app.text_input and not button(app, "Add an invoice").disabled


def test_a_note_is_changed_and_an_invoice_removed_once_that_is_confirmed(page, invoices, ann):
    app = add(page, "2")
    app.text_input[0].set_value("paid on *Monday*")
    app = button(app, "Save note").click().run()
    assert invoices.page(ann).rows[0].invoice.note == "paid on *Monday*"
    assert "paid on *Monday*" in words(app)
    app = button(app, "Remove this invoice").click().run()
    assert not app.exception and invoices.page(ann).total == 0
    assert "invoice" not in app.query_params and "Invoices stand here" in words(app)


def test_the_list_opens_and_closes_an_invoice_and_the_url_says_which(page, signed_in, invoices, ann):
    added = invoices.add(ann, "openai", month_before(datetime.now(UTC).date()), "2.00")
    app = page.run()
    assert "agrees to the cent" in words(app) and not app.main.metric
    app = button(app, "Open").click().run()
    assert app.query_params["invoice"] == str(added.id) and app.main.metric
    app = button(app, "Close").click().run()
    assert "invoice" not in app.query_params and not app.main.metric


def test_what_is_not_there_is_said_and_the_list_stays(page, signed_in):
    page.query_params["invoice"] = "nothing"
    app = page.run()
    assert "There is no such invoice." in words(app) and not app.exception
    app = button(app, "Close").click().run()
    assert "invoice" not in app.query_params


def test_a_long_list_comes_by_pages(page, invoices, ann):
    for year in range(2000, 2000 + PAGE_SIZE + 1):
        invoices.add(ann, "openai", month_before(date(year, 3, 1)), "1")
    app = page.run()
    assert len([one for one in app.main.button if one.label == "Open"]) == PAGE_SIZE
    assert app.main.get("pagination")


def test_what_is_still_to_be_told_is_told_and_an_administrator_asks_again(page, accounts, lookups):
    lookups.outstanding = Outstanding(1, 2)
    app = page.run()
    told = (
        "1 run that broke off waits for its bill; until then its cost is an estimate. The bill of 2 runs was never told"
    )
    assert told in words(app)
    assert "Ask again" not in [one.label for one in app.main.button]
    accounts.set("ann", role=Role.ADMIN)
    app = button(app.run(), "Ask again").click().run()
    assert (lookups.asked_by, "never told" in words(app)) == (["ann"], False)


def managers_only():
    import streamlit as st

    from pages.components.session import require_manager

    st.markdown(f"In: {require_manager().username}")


@pytest.mark.parametrize("role", Role)
def test_ops_are_told_whose_page_it_is(accounts, signed_in, role):
    accounts.set("ann", role=role)
    app = AppTest.from_function(managers_only).run()
    assert not app.exception
    assert ("In: ann" in words(app), "for administrators and product managers" in words(app)) == (
        role is not Role.OPS,
        role is Role.OPS,
    )


@pytest.mark.parametrize("role", [Role.PM, Role.ADMIN])
def test_the_page_is_offered_to_those_who_may_see_it(accounts, signed_in, invoices, role):
    accounts.set("ann", role=role)
    app = opened(signed_in, "invoices")
    assert (app.main.title[0].value, list(app.exception)) == ("Invoices", [])
