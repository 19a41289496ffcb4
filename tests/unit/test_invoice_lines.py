"""The lines of an invoice are read from whatever a provider or a spreadsheet makes of CSV, and nothing is guessed."""

import csv
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.invoice_lines import MAX_CHARACTERS, MAX_MODELS, amount_of, lines_of
from core.domain.invoices import InvoiceLine
from core.errors import InvalidRequest

AMOUNTS = {
    "1234.56": "1234.56",
    "1,234.56": "1234.56",
    "$1,234.56": "1234.56",
    "US$ 12": "12",
    "12.50 USD": "12.5",
    "usd 12.50": "12.5",
    "1.234,56": "1234.56",
    "1.234.567": "1234567",
    "1 234,56": "1234.56",
    "1\u202f234,56": "1234.56",
    "1'234.56": "1234.56",
    "1’234.56": "1234.56",
    "0,5": "0.5",
    "1,234": "1234",
    "12,345,678": "12345678",
    "-$3.20": "-3.2",
    "$-3.20": "-3.2",
    "−3.20": "-3.2",
    "(3.20)": "-3.2",
    "($3.20)": "-3.2",
    "1.2e-7": "0.00000012",
    "0.000000000000123456789": "0.000000000000123456789",
}


@pytest.mark.parametrize(("written", "amount"), AMOUNTS.items(), ids=AMOUNTS)
def test_an_amount_is_read_exactly_as_people_write_it(written, amount):
    assert amount_of(written) == Decimal(amount)


def test_one_comma_is_a_decimal_one_where_the_file_says_so():
    assert (amount_of("1,234", comma=True), amount_of("1,234,567", comma=True)) == (Decimal("1.234"), 1234567)


@pytest.mark.parametrize(
    "written",
    ["", "abc", "€12", "12 EUR", "1.2.3,4,5", "NaN", "Infinity", "1e999", "--1", "$", "=1+1", "1,23,4", "1e12"],
)
def test_what_is_no_amount_in_usd_is_not_guessed(written):
    with pytest.raises(ValueError, match="no amount in USD"):
        amount_of(written)


FILES = {
    "plain": "model,cost\ngpt-4o,1.50\ngpt-4o-mini,0.25\n",
    "other words": "Date,Model name,Amount (USD)\n2026-10-01,gpt-4o,1.50\n2026-10-01,gpt-4o-mini,0.25\n",
    "with a mark": "\ufeffmodel;cost\r\ngpt-4o;1,50\r\ngpt-4o-mini;0,25\r\n",
    "copied cells": "model\tcost\ngpt-4o\t$1.50\ngpt-4o-mini\t$0.25",
    "quoted": '"Model","Cost"\n"gpt-4o","1.50"\n"gpt-4o-mini","0.25"\n',
    "day by day": "cost,model\n1,gpt-4o\n0.25,gpt-4o-mini\n0.5,gpt-4o\n",
    "with a sum": "model,cost\ngpt-4o,1.50\n\n , \ngpt-4o-mini,0.25\nTotal,1.75\n,1.75\n",
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_the_same_lines_are_read_from_any_dialect(content):
    assert lines_of(content) == {
        "gpt-4o": InvoiceLine(Decimal("1.5")),
        "gpt-4o-mini": InvoiceLine(Decimal("0.25")),
    }


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("model,tokens,cost", "m,1200,1"),
        ("model,input_tokens,output_tokens,cost", "m,1000,200,1"),
        ("model;total tokens;cost", "m;1.200;1"),
        ('model,"prompt tokens","completion tokens",cost', 'm,"1,000",200,1'),
    ],
)
def test_tokens_are_read_where_they_are_told(header, row):
    assert lines_of(f"{header}\n{row}\n") == {"m": InvoiceLine(Decimal(1), 1200)}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "must name a column “model”. The columns there are none"),
        ("name it,price\nm,1", "must name a column “model”. The columns there are “name it”, “price”"),
        ("model,units\nm,1", "must name a column “cost”. The columns there are “model”, “units”"),
        ("model,cost\n", "no line by model"),
        ("model,cost\nm,1\nn,€5\n", "Line 3: “€5” is no amount in USD."),
        ("model,cost\nm\nn,x\n", "Line 2: “m” has no amount. Line 3: “x” is no amount in USD. Correct the lines"),
        ("model,cost,tokens\nm,1,1.5", "Line 2: “1.5” is no number of tokens."),
        ("model,cost\n" + "m,x\n" * 5, "Line 4: “x” is no amount in USD. And 2 more."),
        ('model,cost\n"m' + "x" * 200_000 + '",1', "this is no CSV"),
        ("x" * (MAX_CHARACTERS + 1), "longer than 1 MB"),
        ("model,cost\n" + "".join(f"m{n},1\n" for n in range(MAX_MODELS + 1)), "more than 5,000 models"),
    ],
)
def test_what_cannot_be_read_is_told_by_line(content, told):
    with pytest.raises(InvalidRequest) as refusal:
        lines_of(content)
    assert told in refusal.value.message


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).map(str.strip)
MODELS = NAMES.map(lambda name: f"m{name}")
CENTS = st.decimals(-10_000, 10_000, places=6, allow_nan=False)


@given(st.dictionaries(MODELS, CENTS, min_size=1, max_size=8), st.sampled_from(",;\t|"))
def test_every_line_that_is_written_is_read_and_none_is_lost(lines, delimiter):
    file = StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(("model", "cost"))
    for name, amount in lines.items():
        written = f"{amount:f}".replace(".", ",") if delimiter == ";" else f"{amount:f}"
        writer.writerow((name, written))
    read = lines_of(file.getvalue())
    assert {name: line.cost for name, line in read.items()} == lines


@given(st.text(max_size=200))
def test_whatever_is_chosen_is_read_or_refused_in_a_sentence(content):
    try:
        assert lines_of(f"model,cost\n{content}")
    except InvalidRequest as error:
        assert error.message.endswith(".")
