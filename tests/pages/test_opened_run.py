"""An opened run tells what its cost was for."""

from datetime import UTC, datetime

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.store.history import HistoryStore
from core.store.ledger import Ledger
from tests.fixtures.runs import add_user, admission, record


def page(run, now):
    from pages.components.opened_run import draw_run

    draw_run(run, now.tzinfo, now)


@pytest.mark.parametrize(
    ("tags", "line"),
    [
        ({"zone": "*eu*", "ticket": "4711", "team": "support"}, ["Tags: team: support · ticket: 4711 · zone: *eu*"]),
        ({}, []),
    ],
)
def test_tags_are_told_in_a_line_and_none_in_no_line(database, monkeypatch, tags, line):
    monkeypatch.setattr(st, "page_link", lambda *_, **__: None)  # there is no other page here
    add_user(database)
    run = admission(tags=tags)
    record(Ledger(database, instance_id=1), run)
    opened = HistoryStore(database).find(run.run_id)
    app = AppTest.from_function(page, kwargs={"run": opened, "now": datetime.now(UTC)}).run()
    assert not app.exception
    told = [caption.value.replace("\\", "") for caption in app.caption]
    assert [text for text in told if text.startswith("Tags")] == line
