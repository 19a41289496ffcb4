"""A monthly report says what its figures are, on one page, as HTML and as PDF, whatever people and providers wrote."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pypdf import PdfReader

from core.domain.outliers import Outlier
from core.domain.palette import OTHER, model_colours
from core.domain.spend import Days, Group
from core.services.monthly import layout
from core.services.monthly.charts import round_step
from core.services.monthly.contents import sheet_of
from core.services.monthly.facts import span
from core.services.monthly.lettering import fitted, visible, width, wrapped
from core.services.monthly.marks import Box
from core.services.monthly.page import page
from core.services.monthly.pdf import pdf
from core.services.monthly.sheet import Ranking
from core.services.monthly.svg import svg
from tests.fixtures.monthly import MODELS, NOVEMBER, facts_of, fullest, report_of, spend, totals

HOSTILE = (
    "</svg><script>alert(1)</script>",
    '" onload="alert(1)" x="',
    "<img src=https://elsewhere/?q=secret>",
    "]]> &amp; \x00\x1b \u202eevil\ud800 🙂 检索",
)
PAPER_POINTS = (595, 842)


def words(document):
    return " ".join(" ".join(one.extract_text() for one in PdfReader(BytesIO(document)).pages).split())


class Elements(HTMLParser):
    """Every element of a document with its attributes, and its text."""

    def __init__(self, document):
        super().__init__()
        self.found, self.text = [], []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def sheet():
    spent = spend("1.000000345", "0.25", "0.125") | {"groq/llama": {30: Decimal("0.0000000000001")}}
    tags = {"team": [Group("Search", totals("1"))]}
    return sheet_of(facts_of(report_of(spent, ("ann", "bob"), tags)))


def test_the_page_names_the_month_whose_runs_and_what_it_is_beside(sheet):
    assert (sheet.title, sheet.whose) == ("November 2026", "Everybody's runs")
    assert sheet.subtitle == "1 – 30 November, beside October"


def test_the_headlines_stand_beside_the_month_before(sheet):
    told = [(one.label, one.value, one.change, one.beside) for one in sheet.figures.headlines]
    assert told[:3] == [
        ("Spend", "$1.38", "-31%", "October $2.00"),
        ("Runs", "40", "+700%", "October 5"),
        ("Tokens", "1k", "0%", "October 1k"),
    ]


def test_a_month_before_without_runs_is_not_compared_with():
    facts = facts_of(report_of(spend("1")), previous=totals("0", runs=0))
    assert {(one.change, one.beside) for one in sheet_of(facts).figures.headlines} == {("", "nothing in October")}


def test_the_table_has_every_digit_and_adds_up_to_the_total(sheet):
    table = sheet.figures.table
    costs = [Decimal(row.cells[5].removeprefix("$")) for row in table.rows]
    assert costs == [Decimal("1.000000345"), Decimal("0.25"), Decimal("0.125"), Decimal("0.0000000000001")]
    assert table.total.cells[5] == "$1.3750003450001" == f"${sum(costs)}"


def test_many_models_share_a_row_that_keeps_their_sum():
    table = sheet_of(facts_of(report_of(spend(*range(12, 0, -1))))).figures.table
    assert len(table.rows) == 8
    assert table.rows[-1].cells[0::5] == ("Other (5)", "$15.00")
    assert table.rows[-1].colour == OTHER


AMOUNTS = some.decimals(min_value=0, max_value=100, allow_nan=False, places=6)
MONTHS = some.dictionaries(
    some.sampled_from(MODELS), some.dictionaries(some.integers(1, 30), AMOUNTS, min_size=1), min_size=1
)


@given(MONTHS)
def test_the_days_and_the_models_add_up_to_what_was_spent(spent):
    report = report_of(spent)
    columns = sheet_of(facts_of(report)).figures.columns
    if report.totals.cost:
        assert sum(sum(stack.values) for stack in columns.stacks) == pytest.approx(float(report.totals.cost))
    assert len(columns.stacks) <= 9 and len(columns.days) == 30


@given(MONTHS)
def test_no_column_rises_above_its_chart(spent):
    for row in layout.rows(sheet_of(facts_of(report_of(spent))).figures):
        for _, drawing in row:
            boxes = [mark for mark in drawing.marks if isinstance(mark, Box)]
            assert all(box.y >= 0 and box.y + box.height <= drawing.height + 0.01 for box in boxes)
            assert all(box.x >= 0 and box.x + box.width <= drawing.width + 0.01 for box in boxes)


def test_a_model_has_the_colour_that_it_has_on_the_pages(sheet):
    colours, figures = model_colours(MODELS), sheet.figures
    assert figures.columns.stacks[1].colour == figures.models.bars[1].colour == colours[MODELS[1]]
    assert figures.table.rows[1].colour == colours[MODELS[1]]


def test_persons_and_tags_stand_there_for_those_who_see_everybody(sheet):
    assert [panel.title for panel in sheet.figures.panels] == [
        "By provider",
        "By person",
        "By tag “team”",
        "Beside the month before",
        "Response time, median to 95th percentile",
        "Failed runs by kind",
    ]
    own = sheet_of(facts_of(report_of(spend("1"), people=()), whose="The runs of ann"))
    assert [panel.title for panel in own.figures.panels][:2] == ["By provider", "Beside the month before"]


def test_what_bears_no_tag_is_told_with_the_tag(sheet):
    tag = sheet.figures.panels[2]
    assert [(bar.name, bar.reads) for bar in tag.bars] == [
        ("Search", "$1.00 · 73%"),
        ("Without this tag", "$0.38 · 27%"),
    ]


def test_the_smaller_groups_are_folded_and_nothing_is_lost():
    people = [f"person {number}" for number in range(9)]
    panel = sheet_of(facts_of(report_of(spend("9"), people=people))).figures.panels[1]
    assert [bar.reads for bar in panel.bars] == ["$1.00 · 11%"] * 4 + ["$5.00 · 56%"]
    assert panel.bars[-1].name == "Other (5)"


def test_the_strip_tells_what_is_told_computed_estimated_and_unknown():
    report = report_of(spend("10"))
    known = totals("10", runs=8, billed_cost=Decimal(5), estimated_cost=Decimal(1), unpriced_runs=2)
    strip = sheet_of(facts_of(replace(report, totals=known))).figures.strip
    assert [(part.reads, part.length) for part in strip.parts] == [
        ("$5.00 · 50%", 0.5),
        ("$4.00 · 40%", 0.4),
        ("≈$1.00 · 10%", 0.1),
        ("2 of 8 runs", 0),
    ]


def test_where_nothing_was_charged_the_charts_count_runs():
    figures = sheet_of(facts_of(report_of(spend("0")))).figures
    assert figures.columns.title == "Runs by day and model"
    assert figures.models.bars[0].reads == "10 · 100%"
    assert figures.notes == ("Nothing was charged this month, so the charts count runs.",)


def test_days_that_stood_out_are_named_in_their_order():
    odd = [Outlier(NOVEMBER.replace(day=day), Decimal(day), Decimal(usual)) for day, usual in ((3, 0), (9, 1))]
    notes = sheet_of(facts_of(report_of(spend("1")), outliers=odd)).figures.notes
    assert notes[-1] == (
        "Days that stood out: 3 November with $3.00, usually nothing on such a weekday; "
        "9 November with $9.00, usually $1.00 on such a weekday."
    )


def test_a_month_without_runs_says_so_in_both():
    empty = replace(report_of(spend("1")), totals=totals("0", runs=0))
    for today, said in ((date(2026, 12, 3), "Nothing was run in November 2026"), (date(2026, 10, 3), "has not begun")):
        sheet = sheet_of(facts_of(empty, today=today))
        assert said in page(sheet) and said in words(pdf(sheet))
        assert "<svg" not in page(sheet)


def test_the_foot_tells_zone_time_and_source(sheet):
    foot = " ".join(sheet.foot)
    assert "Reporting zone Europe/Berlin" in foot
    assert "3 Dec 2026, 09:30 (2026-12-03 08:30:00.000 UTC)" in foot
    assert "llm_usage_logs" in foot and "equal the ledger to the last digit" in foot


@pytest.mark.parametrize(
    ("first", "last", "reads"), [(1, 30, "November"), (1, 18, "1 – 18 November"), (1, 1, "1 November")]
)
def test_days_of_a_month_in_words(first, last, reads):
    assert span(Days(NOVEMBER.replace(day=first), NOVEMBER.replace(day=last))) == reads


def test_the_pdf_is_one_page_of_a4_that_says_what_the_page_says(sheet):
    document = PdfReader(BytesIO(pdf(sheet)))
    (paper,) = document.pages
    assert (round(paper.mediabox.width), round(paper.mediabox.height)) == PAPER_POINTS
    assert document.metadata.title == "November 2026 · Testing Lab"
    told = words(pdf(sheet))
    for text in ("November 2026", "$1.3750003450001", "model-b", "bob", "Rate limited", "Search", *sheet.figures.notes):
        assert text in told
    assert "$1.3750003450001" in page(sheet)


def test_the_fullest_month_has_room_on_its_page():
    heights: dict[str, float] = {}
    document = PdfReader(BytesIO(pdf(sheet_of(fullest()))))
    assert len(document.pages) == 1

    def seen(text, _, matrix, *rest):
        if text.strip():
            heights[text.strip()] = matrix[5]

    document.pages[0].extract_text(visitor_text=seen)
    total = next(height for text, height in heights.items() if text.startswith("Total"))
    foot = next(height for text, height in heights.items() if text.startswith("Reporting zone"))
    assert 8 < total - foot < 60
    assert min(heights.values()) > 15


def test_the_letters_of_the_pdf_are_embedded(sheet):
    (paper,) = PdfReader(BytesIO(pdf(sheet))).pages
    fonts = [font.get_object() for font in paper["/Resources"]["/Font"].values()]
    used = [font for font in fonts if "LabSans" in font["/BaseFont"]]
    assert len(used) == len(fonts) >= 2
    assert all("/FontFile2" in font["/FontDescriptor"] for font in used)


def test_letters_that_print_lacks_are_marked_and_the_page_has_them():
    sheet = sheet_of(facts_of(report_of(spend("1"), people=("检索",))))
    assert "□□" in words(pdf(sheet)) and "□ stands for letters" in words(pdf(sheet))
    assert "检索" in page(sheet)


def all_text_of(hostile):
    spent = {f"openai/{hostile}": {1: Decimal(2)}, f"{hostile}/x": {2: Decimal(1)}}
    tags = {hostile: [Group(hostile, totals("1"))]}
    report = report_of(spent, people=(hostile, "b"), tags=tags)
    return sheet_of(facts_of(replace(report, error_kinds=[(hostile, 1)]), whose=hostile))


def assert_harmless(sheet):
    document = page(sheet)
    elements = Elements(document)
    assert {tag for tag, _ in elements.found} <= {
        *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "div", "p", "h1", "h2", "br"),
        *("dl", "dt", "dd", "small", "ul", "li", "figure", "svg", "rect", "polyline", "text", "i"),
        *("table", "thead", "tbody", "tfoot", "tr", "th", "td"),
    }
    names = {name for _, attributes in elements.found for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in ("href", "src", "xlink:href")]
    for row in layout.rows(sheet.figures):
        for _, drawing in row:
            root = ElementTree.fromstring(svg(drawing))
            kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
            assert kinds <= {"svg", "rect", "polyline", "text"}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_people_and_providers_wrote_is_only_text(hostile):
    sheet = all_text_of(hostile)
    assert_harmless(sheet)
    assert len(PdfReader(BytesIO(pdf(sheet))).pages) == 1


@given(some.text(min_size=1, max_size=60))
@settings(max_examples=40)
def test_no_text_at_all_breaks_the_page_or_the_print(text):
    sheet = all_text_of(text)
    assert_harmless(sheet)
    assert len(PdfReader(BytesIO(pdf(sheet))).pages) == 1


def test_the_page_asks_for_nothing_from_anywhere(sheet):
    document = page(sheet)
    assert document.count("url(") == document.count('url("data:font/woff2;base64,') == 2
    assert "http" not in document.replace("http://www.w3.org/2000/svg", "") and "@import" not in document


def test_hidden_letters_are_shown_and_spaces_are_one():
    assert visible("a\x00b\u202ec\nd  e") == "a�b�c d e"


@given(some.text(max_size=80), some.floats(10, 300))
def test_what_is_fitted_and_wrapped_has_room(text, room):
    text = visible(text)
    assert width(fitted(text, room, 8), 8) <= room
    assert all(width(line, 8) <= room for line in wrapped(text, room, 8))


def test_what_is_wrapped_loses_no_word():
    text = "a few plain words that go on for more than a line of this width"
    lines = wrapped(text, 80, 8)
    assert " ".join(lines) == text and len(lines) > 2


@given(some.floats(1e-9, 1e9))
def test_steps_of_an_axis_are_round_and_large_enough(least):
    step = round_step(least)
    assert step >= least * (1 - 1e-6) and step <= least * 2.5 + 1e-9
    assert float(f"{step:e}".partition("e")[0]) in (1.0, 2.0, 2.5, 5.0)


def test_a_chart_says_in_words_what_it_shows(sheet):
    assert sheet.figures.columns.alt == "Spend by day and model: $1.38 in all, most on 3 November ($1.38)"
    assert Ranking("Failed runs by kind", (), "No run failed.").alt == "Failed runs by kind: No run failed."
