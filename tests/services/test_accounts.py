"""Accounts as the operator keeps them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.errors import InvalidRequest, NotFound
from core.services.accounts import Accounts
from tests.fixtures.accounts import ADDRESS, PASSWORD, add_person

pytestmark = pytest.mark.usefixtures("quick_hashes")


def test_an_account_keeps_its_tier_and_role(accounts: Accounts):
    added = accounts.add("Zoë Müller", PASSWORD, tier=Tier.PROFESSIONAL, role=Role.PM)
    (kept,) = accounts.all()
    assert (kept.id, kept.username, kept.tier, kept.role, kept.enabled) == (
        added.id,
        "Zoë Müller",
        "professional",
        "pm",
        True,
    )


def test_what_is_not_given_stays_as_it_is(accounts: Accounts, ann: User):
    changed = accounts.set("ANN", role=Role.ADMIN)
    assert (changed.id, changed.username, changed.tier, changed.role) == (ann.id, "ann", ann.tier, "admin")
    assert accounts.set("ann") == changed
    assert accounts.sign_in("ann", PASSWORD, ADDRESS)


@pytest.mark.parametrize("name", ["ann", "ANN"])
def test_a_name_is_given_once_whatever_its_case(accounts: Accounts, ann: User, name: str):
    with pytest.raises(InvalidRequest, match="already"):
        add_person(accounts, name)
    assert accounts.all() == [accounts.sign_in("ann", PASSWORD, ADDRESS)]


@pytest.mark.parametrize("name", ["", " ann", "ann ", "a\nb", "a\0b", "\ud800", "n" * 101])
def test_what_is_no_name_is_refused(accounts: Accounts, name: str):
    with pytest.raises(InvalidRequest):
        add_person(accounts, name)
    assert accounts.all() == []


@pytest.mark.parametrize("password", ["", "x" * 73])
def test_what_cannot_be_a_password_is_refused(accounts: Accounts, password: str):
    with pytest.raises(InvalidRequest):
        accounts.add("ann", password, tier=Tier.TRIAL, role=Role.OPS)


@pytest.mark.parametrize("name", ["nobody", "", "a\0b", "n" * 5000])
def test_a_name_that_nobody_bears_is_not_found(accounts: Accounts, ann: User, name: str):
    for change in (accounts.disable, accounts.enable, accounts.set):
        with pytest.raises(NotFound):
            change(name)


def test_users_are_listed_by_name(accounts: Accounts):
    for name in ("carl", "Bea", "ann"):
        add_person(accounts, name)
    assert [user.username for user in accounts.all()] == ["ann", "Bea", "carl"]
    assert sorted(accounts.names().values()) == ["Bea", "ann", "carl"]


def test_the_first_administrator_gets_a_generated_password_that_works(accounts: Accounts):
    password = accounts.ensure_first_admin("admin", None)
    assert password is not None
    assert len(password) >= 16
    admin = accounts.sign_in("admin", password, ADDRESS)
    assert (admin.tier, admin.role) == (Tier.ENTERPRISE, Role.ADMIN)


def test_a_given_password_is_used_and_not_told_again(accounts: Accounts):
    assert accounts.ensure_first_admin("root", PASSWORD) is None
    assert accounts.sign_in("root", PASSWORD, ADDRESS).role == Role.ADMIN


def test_where_there_is_a_user_no_administrator_is_added(accounts: Accounts, ann: User):
    assert accounts.ensure_first_admin("admin", None) is None
    assert [user.username for user in accounts.all()] == ["ann"]


def test_of_processes_that_start_at_once_one_adds_the_administrator(accounts: Accounts):
    with ThreadPoolExecutor(6) as pool:
        passwords = list(pool.map(lambda _: accounts.ensure_first_admin("admin", None), range(6)))
    (told,) = [password for password in passwords if password]
    assert len(accounts.all()) == 1
    assert accounts.sign_in("admin", told, ADDRESS)
