"""Keeping accounts: every act is noted and for administrators only, and one administrator always remains."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, text

from core.domain.access import Role, Tier
from core.domain.accounts import AccountChange, User
from core.domain.limits import NO_OWN_LIMITS, Cap, OwnLimits
from core.domain.people import PeopleFilter
from core.errors import Forbidden, InvalidRequest, NotFound, NotSignedIn
from core.services.accounts import Accounts
from core.services.people import PAGE_SIZE, People
from core.store.accounts import AccountStore
from core.store.password_links import PasswordLinkStore
from core.store.people import PeopleStore
from core.store.rollups import Rollups
from core.store.tables import audit_log, month_counts, users
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD, Clock

pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def people(database, clock: Clock) -> People:
    return People(PeopleStore(Rollups(database, ZoneInfo("UTC"))), PasswordLinkStore(database), now=clock)


@pytest.fixture
def admin(accounts: Accounts) -> User:
    return accounts.add("root", PASSWORD, tier=Tier.ENTERPRISE, role=Role.ADMIN)


def notes(database) -> list[tuple]:
    """What people did since the fixtures were made, which the operator did."""
    query = select(audit_log.c.actor, audit_log.c.act, audit_log.c.subject, audit_log.c.details)
    noted = query.where(audit_log.c.actor != "operator").order_by(audit_log.c.id)
    return [tuple(row) for row in database.call(lambda connection: connection.execute(noted).all())]


def names(page) -> list[str]:
    return [person.user.username for person in page.people]


def alter(people: People, admin: User, user: User, **changes) -> User:
    return people.change(admin, user.id, **{"tier": user.tier, "role": user.role, "limits": user.limits} | changes)


ACTS = {
    "page": lambda people, user, other: people.page(user, PeopleFilter()),
    "find": lambda people, user, other: people.find(user, other.id),
    "link_waits": lambda people, user, other: people.link_waits(user, other.id),
    "change": lambda people, user, other: alter(people, user, other, role=Role.ADMIN),
    "disable": lambda people, user, other: people.disable(user, other.id),
    "enable": lambda people, user, other: people.enable(user, other.id),
    "end_sessions": lambda people, user, other: people.end_sessions(user, other.id),
    "make_link": lambda people, user, other: people.make_link(user, other.id),
    "add": lambda people, user, other: people.add(user, "bob", tier=Tier.TRIAL, role=Role.OPS),
    "preview": lambda people, user, other: people.preview(user, "username,tier,role\nbob,trial,ops"),
    "import_": lambda people, user, other: people.import_(user, "username,tier,role\nbob,trial,ops"),
}


def test_every_act_is_tried():
    assert set(ACTS) == {name for name in vars(People) if not name.startswith("__") and not name.startswith("_")}


@pytest.mark.parametrize("role", [Role.OPS, Role.PM])
@pytest.mark.parametrize("act", ACTS)
def test_who_is_no_administrator_is_refused(database, people: People, admin: User, act: str, role: Role):
    other = User("other", "other", Tier.ENTERPRISE, role)
    with pytest.raises(Forbidden):
        ACTS[act](people, other, admin)
    assert notes(database) == []


@pytest.mark.parametrize("act", ["change", "disable", "enable", "end_sessions", "make_link", "add", "import_"])
def test_who_was_an_administrator_until_just_now_is_refused(
    database, people: People, accounts: Accounts, admin: User, ann: User, act: str
):
    eve = accounts.add("eve", PASSWORD, tier=Tier.TRIAL, role=Role.ADMIN)
    accounts.disable("eve")
    with pytest.raises(Forbidden):
        ACTS[act](people, eve, ann)
    assert notes(database) == []


def test_a_change_holds_and_is_noted_with_what_was_before(database, people: People, admin: User, ann: User):
    changed = alter(people, admin, ann, tier=Tier.PROFESSIONAL, limits=OwnLimits(Cap(5), Cap(None)))
    assert people.find(admin, ann.id).user == changed
    assert (changed.tier, changed.role, changed.limits) == (Tier.PROFESSIONAL, ann.role, OwnLimits(Cap(5), Cap(None)))
    details = {
        "before": {"tier": "starter", "limits": {}},
        "after": {"tier": "professional", "limits": {"runs_a_month": 5, "runs_at_once": None}},
    }
    assert notes(database) == [(admin.id, "change user", ann.id, details)]
    assert alter(people, admin, changed, limits=NO_OWN_LIMITS).limits == NO_OWN_LIMITS


def test_what_changes_nothing_is_not_noted(database, people: People, admin: User, ann: User):
    alter(people, admin, ann)
    people.enable(admin, ann.id)
    assert notes(database) == []


@pytest.mark.parametrize("limits", [OwnLimits(Cap(-1)), OwnLimits(None, Cap(0)), OwnLimits(Cap(10**10))])
def test_what_can_be_no_limit_is_refused(people: People, admin: User, ann: User, limits: OwnLimits):
    with pytest.raises(InvalidRequest):
        alter(people, admin, ann, limits=limits)


def test_who_is_disabled_is_out_at_once_and_may_come_back(
    database, people: People, accounts: Accounts, admin: User, ann: User
):
    token = accounts.open_session(ann, ADDRESS, AGENT)
    people.disable(admin, ann.id)
    assert accounts.user_of(token) is None
    with pytest.raises(NotSignedIn):
        accounts.sign_in("ann", PASSWORD, ADDRESS)
    people.enable(admin, ann.id)
    assert accounts.sign_in("ann", PASSWORD, ADDRESS)
    assert [(act, subject) for _, act, subject, _ in notes(database)] == [
        ("disable user", ann.id),
        ("enable user", ann.id),
    ]


def test_sessions_are_ended_everywhere(database, people: People, accounts: Accounts, admin: User, ann: User):
    tokens = [accounts.open_session(ann, ADDRESS, AGENT) for _ in range(2)]
    assert people.find(admin, ann.id).sessions == 2
    assert people.end_sessions(admin, ann.id) == 2
    assert [accounts.user_of(token) for token in tokens] == [None, None]
    assert notes(database) == [(admin.id, "end sessions", ann.id, {"ended": 2})]


def test_nobody_disables_oneself(people: People, accounts: Accounts, admin: User):
    accounts.add("eve", PASSWORD, tier=Tier.TRIAL, role=Role.ADMIN)
    with pytest.raises(InvalidRequest, match="your own"):
        people.disable(admin, admin.id)


def test_the_last_administrator_stays_one(people: People, accounts: Accounts, admin: User, ann: User):
    with pytest.raises(InvalidRequest, match="last administrator"):
        alter(people, admin, admin, role=Role.PM)
    with pytest.raises(InvalidRequest, match="last administrator"):
        accounts.disable("root")
    with pytest.raises(InvalidRequest, match="last administrator"):
        accounts.set("root", role=Role.OPS)
    alter(people, admin, ann, role=Role.ADMIN)
    assert alter(people, admin, admin, role=Role.PM).role is Role.PM


@pytest.mark.parametrize("others", [0, 1])
def test_of_two_administrators_who_remove_each_other_at_once_one_remains(
    people: People, accounts: Accounts, admin: User, others: int
):
    eve = accounts.add("eve", PASSWORD, tier=Tier.TRIAL, role=Role.ADMIN)
    for number in range(others):
        accounts.add(f"other{number}", PASSWORD, tier=Tier.TRIAL, role=Role.ADMIN)

    def remove(pair: tuple[User, User]) -> bool:
        try:
            people.disable(pair[0], pair[1].id)
        except (Forbidden, InvalidRequest):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, [(admin, eve), (eve, admin)])) == [False, True]
    left = [user for user in accounts.all() if user.enabled and user.role is Role.ADMIN]
    assert len(left) == 1 + others


def test_a_person_is_added_with_a_link(database, people: People, accounts: Accounts, admin: User):
    added = people.add(admin, " bob ", tier=Tier.TRIAL, role=Role.PM)
    assert added.link
    assert added.link.path == f"/?link={added.link.code}"
    assert len(added.link.code) == 64
    (note,) = notes(database)
    assert note[:3] == (admin.id, "add user", added.user.id)
    assert added.link.code not in str(note)
    assert people.link_waits(admin, added.user.id)
    for password in ("", "!", PASSWORD):
        with pytest.raises(NotSignedIn):
            accounts.sign_in("bob", password, ADDRESS)


def test_a_person_is_added_with_a_password(people: People, accounts: Accounts, admin: User):
    added = people.add(admin, "bob", tier=Tier.TRIAL, role=Role.PM, password=PASSWORD)
    assert added.link is None
    assert accounts.sign_in("bob", PASSWORD, ADDRESS).id == added.user.id


@pytest.mark.parametrize(("name", "password"), [("ANN", None), ("", None), ("a\nb", None), ("bob", "short")])
def test_who_cannot_be_added_is_not(database, people: People, admin: User, ann: User, name: str, password: str | None):
    with pytest.raises(InvalidRequest):
        people.add(admin, name, tier=Tier.TRIAL, role=Role.OPS, password=password)
    assert people.page(admin, PeopleFilter()).total == 2
    assert notes(database) == []


def test_a_link_is_made_for_who_may_sign_in_only(database, people: People, admin: User, ann: User):
    people.make_link(admin, ann.id)
    assert notes(database) == [(admin.id, "make password link", ann.id, {})]
    people.disable(admin, ann.id)
    assert people.link_waits(admin, ann.id) is None
    for user_id in (ann.id, "nobody"):
        with pytest.raises(NotFound):
            people.make_link(admin, user_id)


def test_nobody_is_found_who_is_not_there(people: People, admin: User):
    with pytest.raises(NotFound):
        people.find(admin, "nobody")
    with pytest.raises(NotFound):
        people.disable(admin, "nobody")


def test_who_was_erased_is_nobody_any_more(database, people: People, admin: User, ann: User):
    gone = users.update().where(users.c.id == ann.id).values(erased_at=datetime.now(UTC), enabled=False)
    database.call(lambda connection: connection.execute(gone))
    assert names(people.page(admin, PeopleFilter())) == ["root"]
    for act in ("find", "change", "enable", "make_link"):
        with pytest.raises(NotFound):
            ACTS[act](people, admin, ann)


def test_people_are_listed_by_name_and_found_by_any_part_of_it(people: People, accounts: Accounts, admin: User):
    for name in ("Carl", "bea%", "Ann_a", "ann"):
        people.add(admin, name, tier=Tier.TRIAL, role=Role.OPS)
    assert names(people.page(admin, PeopleFilter())) == ["ann", "Ann_a", "bea%", "Carl", "root"]
    for text_, found in (("AN", ["ann", "Ann_a"]), ("_", ["Ann_a"]), ("%", ["bea%"]), ("x\0", [])):
        page = people.page(admin, PeopleFilter(text=text_))
        assert (names(page), page.total) == (found, len(found))


def test_people_are_found_by_tier_role_and_state(people: People, admin: User, ann: User):
    bob = people.add(admin, "bob", tier=Tier.TRIAL, role=Role.PM).user
    people.disable(admin, bob.id)
    assert names(people.page(admin, PeopleFilter(tier=Tier.STARTER))) == ["ann"]
    assert names(people.page(admin, PeopleFilter(role=Role.PM))) == ["bob"]
    assert names(people.page(admin, PeopleFilter(enabled=True))) == ["ann", "root"]
    assert names(people.page(admin, PeopleFilter(enabled=False, tier=Tier.STARTER))) == []


def test_the_list_goes_on_page_by_page(people: People, admin: User):
    rows = "".join(f"\nn{number:03},trial,ops" for number in range(PAGE_SIZE + 2))
    people.import_(admin, f"username,tier,role{rows}")
    first, second, third = (people.page(admin, PeopleFilter(), number) for number in (1, 2, 3))
    assert (len(first.people), len(second.people), len(third.people)) == (PAGE_SIZE, 3, 0)
    assert [first.total, second.total, third.total] == [PAGE_SIZE + 3] * 3
    assert names(second) == [f"n{PAGE_SIZE:03}", f"n{PAGE_SIZE + 1:03}", "root"]


def test_runs_spend_and_last_use_are_told(database, people: People, accounts: Accounts, admin: User, clock: Clock, ann):
    run = (
        "INSERT INTO llm_usage_logs (id, user_id, model_name, cost, status, created_at)"
        " VALUES (gen_random_uuid(), :user, 'openai/x', :cost, 'completed', :at)"
    )
    given = [
        {"user": ann.id, "cost": Decimal("0.1234567890123"), "at": datetime(2026, 11, 3, tzinfo=UTC)},
        {"user": ann.id, "cost": 7, "at": datetime(2026, 10, 31, 23, 59, tzinfo=UTC)},
    ]
    counted = insert(month_counts).values(user_id=ann.id, month=datetime(2026, 11, 1).date(), runs=3)
    database.call(lambda connection: (connection.execute(text(run), given), connection.execute(counted)))
    accounts.open_session(ann, ADDRESS, AGENT)
    seen = clock()
    clock.advance(hours=13)
    person = people.find(admin, ann.id)
    assert (person.runs, person.cost) == (3, Decimal("0.1234567890123"))
    assert (person.last_seen_at, person.sessions) == (seen, 0)
    assert people.page(admin, PeopleFilter(text="ann")).people == [person]
    other = people.find(admin, admin.id)
    assert (other.runs, other.cost, other.last_seen_at, other.sessions) == (0, 0, None, 0)


def test_a_limit_that_somebody_wrote_by_hand_is_read_as_it_stands(database, accounts: Accounts, ann: User):
    written = users.update().values(limits={"runs_a_month": None, "something": "else"})
    database.call(lambda connection: connection.execute(written))
    (kept,) = accounts.all()
    assert kept.limits == OwnLimits(Cap(None))
    assert AccountStore(database).change(ann.id, AccountChange(tier=Tier.TRIAL)).limits == kept.limits


def test_ten_thousand_people_are_imported_and_listed_quickly(people: People, admin: User):
    rows = "".join(f"\nperson{number:05};trial;ops;" for number in range(10_000))
    added = people.import_(admin, f"username;tier;role;runs_a_month{rows}")
    assert len({one.link.code for one in added if one.link}) == 10_000
    began = datetime.now(UTC)
    page = people.page(admin, PeopleFilter(text="09"), 3)
    assert (datetime.now(UTC) - began).total_seconds() < 0.3
    assert len(page.people) == PAGE_SIZE


def test_an_import_adds_who_can_be_added_all_with_links(database, people: People, admin: User, ann: User):
    file = 'username,tier,role,runs_a_month\n"Müller, Jan",TRIAL,ops,7\nAnn,trial,ops,\nx,gold,ops,\n'
    verdicts = [row.problem for row in people.preview(admin, file)]
    assert verdicts[0] == ""
    assert "has this name" in verdicts[1]
    assert "no tier “gold”" in verdicts[2]
    (added,) = people.import_(admin, file)
    assert (added.user.username, added.user.limits) == ("Müller, Jan", OwnLimits(Cap(7)))
    assert people.find(admin, added.user.id).user.limits == OwnLimits(Cap(7))
    assert [(act, subject) for _, act, subject, _ in notes(database)] == [("add user", added.user.id)]


def test_who_was_added_meanwhile_is_not_added_again(people: People, admin: User, monkeypatch):
    monkeypatch.setattr(PeopleStore, "taken", lambda store, names: set())
    file = "username,tier,role\nbob,trial,ops\ncarl,trial,ops"
    people.add(admin, "BOB", tier=Tier.TRIAL, role=Role.OPS)
    assert [one.user.username for one in people.import_(admin, file)] == ["carl"]
