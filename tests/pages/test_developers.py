"""The page that tells how programs call the lab."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from core import lab as lab_module
from core.api.routes import description
from core.domain.access import Tier
from core.domain.faults import FaultCode
from core.lab import Lab
from core.services import reference
from core.services.examples import examples
from pages.components import session
from tests.fixtures.accounts import ADDRESS, AGENT
from tests.fixtures.database import copied
from tests.fixtures.frame import Browser, opened
from tests.fixtures.lab import add_user, running_lab

HERE = "http://127.0.0.1:8501"


@pytest.fixture(scope="module")
def lab(postgres_url, migrated_template, simulator, tmp_path_factory) -> Iterator[Lab]:
    """One lab for all, whose API is described."""
    with (
        copied(postgres_url, migrated_template) as url,
        running_lab(url, simulator, tmp_path_factory.mktemp("lab"), LAB_LOCAL_MODEL="off") as lab,
    ):
        lab_module.install(lab)
        reference.publish(description)
        yield lab
        lab_module.install(None)


def page(lab: Lab, monkeypatch: pytest.MonkeyPatch, tier: Tier = Tier.ENTERPRISE) -> AppTest:
    """The page as somebody of `tier` sees it."""
    user = add_user(lab, f"user{uuid4().hex[:8]}", tier)
    browser = Browser(lab.accounts.open_session(user, ADDRESS, AGENT))
    monkeypatch.setattr(session, "token", lambda: browser.token)
    return opened(browser, "developers")


def code(app: AppTest) -> list[str]:
    return [block.value for block in app.main.code]


def tables(app: AppTest) -> str:
    return " ".join(table.value.to_string() for table in app.main.table)


@pytest.mark.parametrize(
    ("tier", "model"),
    [
        (Tier.ENTERPRISE, "openai/gpt-4o-mini"),
        (Tier.PROFESSIONAL, "openai/gpt-4o-mini"),
        (Tier.STARTER, "groq/llama-3.1-8b-instant"),
    ],
)
def test_the_examples_hold_this_host_and_a_model_that_the_user_may_use(lab, monkeypatch, tier: Tier, model: str):
    shown = code(page(lab, monkeypatch, tier))
    assert shown[0] == f"{HERE}/api/v1"
    assert shown[1] == 'export LAB_TOKEN="lab_…"'
    assert shown[2:] == [example.curl for example in examples(HERE, model, lab.settings.request_timeout_s)]


def test_the_examples_are_there_in_python_too(lab, monkeypatch):
    app = page(lab, monkeypatch)
    app.main.button_group[0].set_value("Python").run()
    assert code(app)[2:] == [
        example.python for example in examples(HERE, "openai/gpt-4o-mini", lab.settings.request_timeout_s)
    ]


def test_every_route_and_status_of_the_description_is_told(lab, monkeypatch):
    told, described = tables(page(lab, monkeypatch)), reference.published()
    assert {route.path for route in described.routes} >= {"/api/v1/llm/test", "/api/v1/models", "/api/v1/openapi.json"}
    assert {401, 403, 413, 422, 429, 503} <= described.statuses.keys()
    for route in described.routes:
        assert f"`{route.method} {route.path}`" in told
    for status in described.statuses:
        assert f"`{status}`" in told


def test_every_code_of_a_run_is_told(lab, monkeypatch):
    told = tables(page(lab, monkeypatch))
    assert [code for code in (*FaultCode, "cancelled") if f"`{code}`" not in told] == []


@pytest.mark.parametrize(("tier", "words"), [(Tier.STARTER, "1,000"), (Tier.ENTERPRISE, "no limit")])
def test_the_limits_are_those_of_the_tier(lab, monkeypatch, tier: Tier, words: str):
    limits = page(lab, monkeypatch, tier).main.table[1].value
    assert words in limits.to_string()
    assert "600" in limits.to_string()
