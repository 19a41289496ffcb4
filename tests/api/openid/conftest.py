"""A lab that is registered at a simulated provider, and a browser in front of both."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.lab import install
from core.services.openid import Openid
from tests.fixtures.accounts import PASSWORD
from tests.fixtures.database import copied
from tests.fixtures.http import Served, served_lab
from tests.fixtures.openid import Browser
from tests.providers.openid_provider import CLIENT_ID, SECRET, OpenidProvider


@pytest.fixture(scope="package")
def running() -> Iterator[OpenidProvider]:
    with OpenidProvider() as provider:
        yield provider


@pytest.fixture(scope="package")
def company(running, postgres_url: str, migrated_template: str, simulator, tmp_path_factory) -> Iterator[Served]:
    """A lab that is registered at the provider."""
    variables = {"ISSUER": running.issuer, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": SECRET, "ROLE": "pm"}
    settings = {f"LAB_OPENID_{name}": value for name, value in variables.items()}
    with (
        copied(postgres_url, migrated_template) as url,
        served_lab(url, simulator, tmp_path_factory.mktemp("company"), **settings) as served,
    ):
        yield served


@pytest.fixture
def provider(running: OpenidProvider) -> OpenidProvider:
    """The provider, at which somebody new signs in."""
    running.behave()
    running.person = {"sub": uuid4().hex, "preferred_username": f"user{uuid4().hex[:8]}"}
    return running


@pytest.fixture
def lab(company: Served):
    """The lab, without failed attempts of earlier tests; the one that is open, whatever others opened meanwhile."""
    install(company.lab)
    company.lab.database.call(lambda connection: connection.exec_driver_sql("DELETE FROM sign_in_failures"))
    return company.lab


@pytest.fixture
def openid(lab) -> Openid:
    assert lab.openid
    return lab.openid


@pytest.fixture
def administrator(lab) -> User:
    return lab.accounts.add(f"admin{uuid4().hex[:8]}", PASSWORD, tier=Tier.ENTERPRISE, role=Role.ADMIN)


@pytest.fixture
def browser(company: Served, lab, provider: OpenidProvider) -> Iterator[Browser]:
    browser = Browser(company.url, provider)
    yield browser
    browser.http.close()
