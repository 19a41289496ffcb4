"""The way to a monthly report: a month is chosen, and the links follow."""

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.monthly_report import OFFERED, months


def drawn() -> None:
    from datetime import date

    from core.domain.access import Role, Tier
    from core.domain.accounts import User
    from pages.components.monthly_report import draw_monthly_report

    draw_monthly_report(User("u1", "ann", Tier.STARTER, Role.OPS), date(2026, 11, 20))


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(drawn).run()


def links(app):
    return {one.proto.label: one.proto.url for one in app.main.get("link_button")}


def test_the_links_lead_to_the_report_of_this_month(app):
    assert not app.exception
    assert app.main.selectbox[0].options[:2] == ["November 2026 so far", "October 2026"]
    assert links(app) == {
        "Open as a page": "/api/v1/reports/2026-11.html",
        "Download PDF": "/api/v1/reports/2026-11.pdf",
    }


def test_another_month_is_chosen(app):
    app.main.selectbox[0].select(date(2025, 12, 1)).run()
    assert not app.exception
    assert links(app)["Download PDF"] == "/api/v1/reports/2025-12.pdf"


def test_months_are_offered_without_a_gap_the_newest_first():
    found = months(date(2026, 3, 31))
    assert [f"{month:%Y-%m}" for month in found[:4]] == ["2026-03", "2026-02", "2026-01", "2025-12"]
    assert len(set(found)) == OFFERED
