"""An invoice beside the ledger: where they differ, and what that comes to in plain words."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.invoices import REST, Invoice, InvoiceLine, ModelRow, Spent, compare, month_before
from core.domain.spend import Days

DAYS = Days(date(2026, 10, 1), date(2026, 10, 31))


def invoice(total, provider="openai", **lines):
    read = {name: InvoiceLine(Decimal(cost)) for name, cost in lines.items()}
    return Invoice(uuid4(), provider, DAYS, Decimal(total), "", "ann", datetime.now(UTC), read)


def spent(**models):
    return {f"openai/{name.replace('_', '-')}": of for name, of in models.items()}


def test_models_are_matched_by_name_whatever_stands_around_it():
    lines = {"openai/A": "1", "b-2024-07-18": "2", "B": "3", "c@20240229": "4", "d-20240229": "5"}
    ledger = spent(a=Spent(Decimal(1)), b=Spent(Decimal(5)), c=Spent(Decimal(4))) | {
        "openai/d-20240229": Spent(Decimal(5))
    }
    compared = compare(invoice("15", **lines), ledger)
    assert [(row.model, row.invoiced, row.difference) for row in compared.rows] == [
        ("openai/a", 1, 0),
        ("openai/b", 5, 0),
        ("openai/c", 4, 0),
        ("openai/d-20240229", 5, 0),
    ]
    assert (compared.headline, compared.reasons) == ("The invoice and the ledger agree to the cent.", [])


def test_the_largest_difference_stands_first_and_what_is_in_no_line_last():
    ledger = spent(a=Spent(Decimal(3)), b=Spent(Decimal(1)), only_here=Spent(Decimal("0.5")), free=Spent(Decimal(0)))
    compared = compare(invoice("10", a="3.1", b="4", there="2"), ledger)
    assert compared.rows == (
        ModelRow("openai/b", Decimal(4), Decimal(1)),
        ModelRow("openai/there", Decimal(2), None),
        ModelRow("openai/only-here", None, Decimal("0.5")),
        ModelRow("openai/a", Decimal("3.1"), Decimal(3)),
        ModelRow(REST, Decimal("0.9"), None),
    )
    assert (compared.recorded, compared.difference) == (Decimal("4.5"), Decimal("5.5"))


GUESS = Spent(Decimal("307.50"), estimated=Decimal(12))


@pytest.mark.parametrize(
    ("total", "lines", "ledger", "verdict"),
    [
        ("0", {}, {}, "Neither the invoice nor the ledger has any cost in these days."),
        ("5", {}, {}, "The ledger has no cost in these days; all of the invoice is beyond it."),
        ("5.004", {}, spent(a=Spent(Decimal(5))), "The invoice and the ledger agree to the cent."),
        ("4", {}, spent(a=Spent(Decimal(5))), "The invoice is $1.00 (20%) lower than the ledger."),
        (
            "308.73",
            {"a": "308.40", "b": "0.33"},
            spent(a=GUESS),
            "The invoice is $1.23 (0.4%) higher than the ledger. $0.90 of it is in models that the ledger priced by "
            "estimate. $0.33 of it is in models that only the invoice knows.",
        ),
        (
            "10",
            {},
            spent(a=Spent(Decimal(11), estimated=Decimal(2), unpriced=1)),
            "The invoice is $1.00 (9.1%) lower than the ledger. $2.00 of the ledger is an estimate. "
            "1 run of the ledger has no known cost.",
        ),
        (
            "10",
            {"a": "8"},
            spent(a=Spent(Decimal(8)), b=Spent(Decimal("0.5"), unpriced=2)),
            "The invoice is $1.50 (18%) higher than the ledger. The difference in no line of the invoice is $2.00; "
            "others make up for some of it. 2 runs of the ledger have no known cost.",
        ),
        (
            "8",
            {"a": "8"},
            spent(a=Spent(Decimal(8)), b=Spent(Decimal("0.5"))),
            "The invoice is $0.50 (5.9%) lower than the ledger. $0.50 of it is in models that only the ledger knows.",
        ),
    ],
)
def test_the_verdict_says_in_plain_words_what_the_comparison_comes_to(total, lines, ledger, verdict):
    compared = compare(invoice(total, **lines), ledger)
    assert " ".join([compared.headline, *compared.reasons]) == verdict


def test_what_users_paid_themselves_is_told_apart():
    compared = compare(
        invoice("1"), spent(a=Spent(Decimal(1), own_key=Decimal("0.4")), b=Spent(Decimal(0), own_key=Decimal(1)))
    )
    assert (compared.recorded, compared.own_key) == (1, Decimal("1.4"))
    assert [row.model for row in compared.rows] == ["openai/a"]


AMOUNT = st.decimals(0, 1000, places=12)
LEDGERS = st.dictionaries(st.sampled_from("abcdef"), AMOUNT.map(Spent))
LINES = st.dictionaries(st.sampled_from("defghi"), AMOUNT)


@given(AMOUNT, LINES, LEDGERS)
def test_the_rows_add_up_to_both_totals_to_the_last_digit(total, lines, ledger):
    compared = compare(invoice(total, **lines), {f"openai/{name}": of for name, of in ledger.items()})
    assert sum(row.recorded or 0 for row in compared.rows) == compared.recorded
    if lines:
        assert sum(row.invoiced or 0 for row in compared.rows) == compared.invoice.total_usd
        assert sum(row.difference for row in compared.rows) == compared.difference
    assert all(sentence.endswith(".") for sentence in (compared.headline, *compared.reasons))


def test_the_month_before_is_whole():
    assert month_before(date(2026, 3, 31)) == Days(date(2026, 2, 1), date(2026, 2, 28))
    assert month_before(date(2026, 1, 1)) == Days(date(2025, 12, 1), date(2025, 12, 31))
