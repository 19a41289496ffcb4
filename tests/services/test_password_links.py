"""Links that set a password: once, within a day, and told alike when they do not work."""

from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.errors import InvalidRequest, LimitReached, NotFound, NotSignedIn
from core.services.accounts import Accounts
from core.services.password_links import DEAD, TRIES_BY_ADDRESS, PasswordLinks
from core.services.people import People
from core.store.attempts import AttemptStore
from core.store.password_links import PasswordLinkStore
from core.store.people import PeopleStore
from core.store.rollups import Rollups
from core.store.tables import audit_log, password_links
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD, Clock

pytestmark = pytest.mark.usefixtures("quick_hashes")

NEW = "another horse entirely"


@pytest.fixture
def people(database, clock: Clock) -> People:
    return People(PeopleStore(Rollups(database, ZoneInfo("UTC"))), PasswordLinkStore(database), now=clock)


@pytest.fixture
def links(database, clock: Clock) -> PasswordLinks:
    return PasswordLinks(PasswordLinkStore(database), AttemptStore(database), now=clock)


@pytest.fixture
def admin(accounts: Accounts) -> User:
    return accounts.add("root", PASSWORD, tier=Tier.ENTERPRISE, role=Role.ADMIN)


@pytest.fixture
def code(people: People, admin: User, ann: User) -> str:
    return people.make_link(admin, ann.id).code


def refused(links: PasswordLinks, code: str) -> None:
    """Neither opens nor sets anything, in the words for all links that do not work."""
    for attempt in (lambda: links.open(code, ADDRESS), lambda: links.use(code, NEW, ADDRESS)):
        with pytest.raises(NotFound) as caught:
            attempt()
        assert caught.value.message == DEAD


def test_a_link_sets_the_password_once_and_signs_out_everywhere(links, accounts: Accounts, ann: User, code: str):
    token = accounts.open_session(ann, ADDRESS, AGENT)
    assert links.open(code, ADDRESS).username == "ann"
    assert links.use(code, NEW, ADDRESS).id == ann.id
    assert accounts.user_of(token) is None
    assert accounts.sign_in("ann", NEW, ADDRESS)
    refused(links, code)


def test_the_code_is_kept_nowhere_and_its_use_is_noted(database, links, ann: User, code: str):
    kept = database.call(lambda connection: connection.execute(select(password_links)).all())
    assert code not in str(kept)
    links.use(code, NEW, ADDRESS)
    query = select(audit_log.c.actor, audit_log.c.act, audit_log.c.subject, audit_log.c.details)
    last = database.call(lambda connection: connection.execute(query.order_by(audit_log.c.id.desc())).first())
    assert tuple(last) == (ann.id, "use password link", ann.id, {"password": "new"})


def test_a_link_works_for_a_day(links, clock: Clock, code: str):
    clock.advance(hours=23.9)
    assert links.open(code, ADDRESS)
    clock.advance(hours=0.2)
    refused(links, code)


@pytest.mark.parametrize("forged", ["", "x", "\0", "\ud800", "a" * 10_000])
def test_a_forged_link_does_not_work(links, code: str, forged: str):
    refused(links, forged)


def test_a_later_link_a_new_password_and_disabling_void_a_link(
    links, people: People, accounts: Accounts, admin: User, ann: User, code: str
):
    second = people.make_link(admin, ann.id).code
    refused(links, code)
    accounts.set("ann", password=NEW)
    refused(links, second)
    third = people.make_link(admin, ann.id).code
    people.disable(admin, ann.id)
    refused(links, third)
    people.enable(admin, ann.id)
    refused(links, third)


@pytest.mark.parametrize("password", ["short", "x" * 73])
def test_a_password_that_will_not_do_leaves_the_link_as_it_is(links, accounts: Accounts, code: str, password: str):
    with pytest.raises(InvalidRequest):
        links.use(code, password, ADDRESS)
    with pytest.raises(NotSignedIn):
        accounts.sign_in("ann", password, ADDRESS)
    assert links.use(code, NEW, ADDRESS)


def test_of_many_uses_at_once_one_succeeds(links, accounts: Accounts, code: str):
    passwords = [f"{number} horses in a row" for number in range(4)]

    def use(password: str) -> bool:
        try:
            links.use(code, password, ADDRESS)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        used = list(pool.map(use, passwords))
    assert sum(used) == 1
    assert accounts.sign_in("ann", passwords[used.index(True)], ADDRESS)


def test_guessing_is_throttled_by_address_and_using_is_not(links, clock: Clock, code: str):
    for _ in range(TRIES_BY_ADDRESS + 5):
        links.open(code, ADDRESS)
    for _ in range(TRIES_BY_ADDRESS):
        with pytest.raises(NotFound):
            links.open("forged", ADDRESS)
    with pytest.raises(LimitReached):
        links.open(code, ADDRESS)
    assert links.open(code, "198.51.100.1")
    clock.advance(minutes=5)
    assert links.open(code, ADDRESS)


def test_who_was_added_with_a_link_signs_in_by_it(links, people: People, accounts: Accounts, admin: User):
    added = people.add(admin, "bob", tier=Tier.TRIAL, role=Role.OPS)
    links.use(added.link.code, NEW, ADDRESS)
    assert accounts.sign_in("bob", NEW, ADDRESS).id == added.user.id
