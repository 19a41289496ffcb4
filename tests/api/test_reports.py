"""The report of a month over HTTP: whose figures it has, and that it is nothing but a page and a print."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from uuid import uuid4

import httpx
import pytest
from pypdf import PdfReader

from core.api.security import CONTENT_SECURITY_POLICY
from core.domain.access import Role
from core.domain.accounts import Scope
from core.domain.pricing import Cost, CostSource
from core.services.tokens import Tokens
from core.store.tokens import TokenStore
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD
from tests.fixtures.runs import admission, record

REPORTS = "/api/v1/reports"
MONTH = datetime(2024, 2, 10, 12, tzinfo=UTC)
"""A month of which no other test has runs."""


@pytest.fixture
def spent(ledger, user, accounts):
    """A run of the caller's and one of somebody else's, whose name comes back."""
    other = accounts.add(f"other{uuid4().hex[:8]}", PASSWORD, tier=user.tier, role=user.role)
    for person, amount in ((user, "0.000000000000345"), (other, "2")):
        cost = Cost(amount=Decimal(amount), source=CostSource.PROVIDER)
        record(ledger, admission(person.id, started_at=MONTH, model_id="openai/<b>bold</b>"), cost=cost)
    return other.username


def bearer(product, tokens: Tokens, user, *scopes: Scope) -> httpx.Client:
    secret, _ = tokens.create(user, f"token {uuid4().hex[:8]}", frozenset(scopes), timedelta(days=7))
    return httpx.Client(base_url=product.url, trust_env=False, headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def tokens(shared_database):
    return Tokens(TokenStore(shared_database))


def test_the_page_has_the_callers_own_figures_and_the_strict_headers(signed_in, spent, user):
    answer = signed_in.get(f"{REPORTS}/2024-02.html")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert f"The runs of {user.username}" in answer.text and "$0.000000000000345" in answer.text
    assert "&lt;b&gt;bold&lt;/b&gt;" in answer.text and "<b>" not in answer.text
    assert spent not in answer.text


def test_the_pdf_is_downloaded_under_the_months_name(signed_in, spent):
    answer = signed_in.get(f"{REPORTS}/2024-02.pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"] == 'attachment; filename="testing-lab-2024-02.pdf"'
    (paper,) = PdfReader(BytesIO(answer.content)).pages
    assert "$0.000000000000345" in paper.extract_text()


def test_who_sees_everybodys_spend_has_the_report_of_everybody(client, spent, accounts, user):
    accounts.set(user.username, role=Role.PM)
    client.cookies.set("session_token", accounts.open_session(user, ADDRESS, AGENT))
    text = client.get(f"{REPORTS}/2024-02.html").text
    assert "Everybody&#x27;s runs" in text and spent in text


def test_a_token_needs_the_scope_to_read(product, tokens, user, spent):
    with bearer(product, tokens, user, Scope.READ) as reader, bearer(product, tokens, user, Scope.RUN) as runner:
        assert reader.get(f"{REPORTS}/2024-02.pdf").status_code == 200
        assert runner.get(f"{REPORTS}/2024-02.pdf").status_code == 403


@pytest.mark.parametrize("ending", ["html", "pdf"])
def test_nobody_gets_nothing(client, ending):
    assert client.get(f"{REPORTS}/2024-02.{ending}").status_code == 401


@pytest.mark.parametrize("path", ["2024-13.html", "2024-2.pdf", "1999-12.html", "x.pdf", "..%2f.html", "2024-02.txt"])
def test_what_is_no_month_is_not_found(signed_in, path):
    answer = signed_in.get(f"{REPORTS}/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


def test_an_empty_month_says_so(signed_in):
    assert "Nothing was run in March 2001" in signed_in.get(f"{REPORTS}/2001-03.html").text


def test_a_parameter_is_refused_rather_than_ignored(signed_in):
    assert signed_in.get(f"{REPORTS}/2024-02.html", params={"model": "a"}).status_code == 422
