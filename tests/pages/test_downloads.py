"""Links to files of runs: they lead to the runs that are listed, and tell how many and how large beforehand."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from core.api.exports import ExportQuery
from core.domain.accounts import User
from core.domain.periods import Period
from core.domain.queries import HistoryFilter
from core.domain.runs import RunStatus
from core.services.accounts import Accounts
from core.services.export_formats import Format
from core.store.database import Database
from pages.components.downloads import EXPORT, query
from tests.fixtures.accounts import ADDRESS, PASSWORD
from tests.fixtures.frame import Browser, opened
from tests.fixtures.recorded import Recorder, put_on_record

INSTANTS = some.datetimes(datetime(2000, 1, 1), datetime(2999, 12, 31), timezones=some.just(UTC))
WORDS = some.text(some.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=30)
FILTERS = some.builds(
    HistoryFilter,
    model_id=some.none() | WORDS,
    provider=some.none() | WORDS,
    status=some.none() | some.sampled_from(RunStatus),
    tag=some.none() | some.tuples(WORDS.filter(lambda name: "=" not in name), WORDS),
    period=some.none() | some.builds(Period, INSTANTS, INSTANTS),
    text=some.none() | WORDS,
)


@given(chosen=FILTERS, format=some.sampled_from(Format))
def test_a_link_asks_for_the_runs_that_the_filters_let_through(chosen, format):
    asked = ExportQuery.model_validate_strings(query(chosen, format, {}, everybody=False))
    assert (asked.filter, asked.format, asked.whose, asked.person) == (chosen, format, "mine", None)


def test_a_link_asks_for_everybodys_runs_or_one_persons_by_name():
    people = {"id-of-ann": "ann"}
    everybodys = query(HistoryFilter(), Format.CSV, people, everybody=True)
    anns = query(HistoryFilter(user_id="id-of-ann"), Format.CSV, people, everybody=True)
    own = query(HistoryFilter(user_id="id-of-ann"), Format.CSV, people, everybody=False)
    assert (everybodys.get("whose"), everybodys.get("person")) == ("all", None)
    assert (anns.get("whose"), anns.get("person")) == ("all", "ann")
    assert own == {"format": "csv"}


@pytest.fixture
def ann(accounts: Accounts) -> User:
    return accounts.sign_in("ann", PASSWORD, ADDRESS)


@pytest.fixture
def ran(signed_in: Browser, database: Database) -> Recorder:
    return put_on_record(database, {})


def download(browser: Browser, **asked: str) -> AppTest:
    """The history with these filters, and its downloads opened."""
    app = opened(browser)
    for name, value in asked.items():
        app.query_params[name] = value
    app.session_state["download"] = True
    return app.switch_page("history.py").run()


def links(app: AppTest) -> list[tuple[str, str]]:
    return [(link.proto.label, link.proto.url) for link in app.main.get("link_button")]


def test_each_format_has_its_link_with_the_filters_in_it(signed_in, ran, ann):
    ran(ann, "tides", status=RunStatus.ERROR)
    ran(ann, "stars", model_id="groq/llama")
    app = download(signed_in, model="groq/llama", q="stars")
    assert not app.exception
    assert "1 run, the newest first" in "\n".join(caption.value for caption in app.main.caption)
    assert [label.partition(" · ")[0] for label, _ in links(app)] == ["CSV", "JSON", "Parquet"]
    assert all(label.endswith(("bytes", "kB")) for label, _ in links(app))
    for (_, url), format in zip(links(app), Format, strict=True):
        assert urlsplit(url).path == EXPORT
        assert dict(parse_qsl(urlsplit(url).query)) == {"format": format, "model_id": "groq/llama", "q": "stars"}


def test_where_nothing_fits_there_is_nothing_to_download(signed_in, ran, ann):
    ran(ann)
    app = download(signed_in, q=f"no {uuid4()}")
    assert links(app) == []
    assert any("nothing to download" in caption.value for caption in app.main.caption)


def test_nothing_is_counted_before_it_is_opened(signed_in, ran, ann, monkeypatch):
    def counted(*_, **__):
        raise AssertionError

    ran(ann)
    monkeypatch.setattr("core.services.exports.Exports.preview", counted)
    app = opened(signed_in).switch_page("history.py").run()
    assert not app.exception and links(app) == []


def test_a_file_of_many_runs_is_guessed_at(signed_in, ran, ann, monkeypatch):
    monkeypatch.setattr("core.services.exports.SAMPLED", 1)
    for _ in range(3):
        ran(ann)
    assert all("≈" in label for label, _ in links(download(signed_in)))


def test_figures_are_a_click_away():
    def page():
        from decimal import Decimal

        from core.domain.spend import Group, Totals
        from pages.components.downloads import draw_figures

        draw_figures([Group("openai/gpt-4o", Totals(1, 2, 3, Decimal("0.5"), Decimal(0), 0, 0))], "model")

    app = AppTest.from_function(page).run()
    assert not app.exception
    assert [button.proto.label for button in app.get("download_button")] == ["Figures as CSV"]
