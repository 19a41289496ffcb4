"""Everybody takes the own data whole; who is erased leaves no name and no text behind, and every figure as it was."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, text, update

from core.domain.access import Role, Tier
from core.domain.accounts import AccountChange, Scope, User
from core.domain.audit import Note
from core.domain.pricing import Cost, CostSource
from core.domain.refusals import Refusal
from core.domain.runs import RunStatus
from core.errors import Forbidden, InvalidRequest, LabError, NotFound, NotSignedIn
from core.services.accounts import Accounts
from core.services.privacy import Privacy
from core.services.templates import Templates
from core.services.tokens import Tokens
from core.store.accounts import AccountStore
from core.store.audit import AuditStore
from core.store.erasure import ErasureStore
from core.store.history import HistoryStore
from core.store.ledger import Ledger
from core.store.people_data import PersonStore
from core.store.refusals import RefusalStore
from core.store.rollups import Rollups
from core.store.tables import audit_log, provider_keys, sealed_secrets, users
from core.store.templates import TemplateStore
from core.store.tokens import TokenStore
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD
from tests.fixtures.dumps import found
from tests.fixtures.runs import NOW, admission, admit, outcome, record

NAME = "Rosalind Planted"
TEXTS = ("planted question", "planted answer", "planted failure", "planted template", "planted key", "planted refusal")
COST = Decimal("0.123456789012345678901")


@pytest.fixture
def accounts(accounts: Accounts, quick_hashes: None) -> Accounts:
    return accounts


@pytest.fixture
def boss(accounts: Accounts) -> User:
    return accounts.add("boss", PASSWORD, tier=Tier.ENTERPRISE, role=Role.ADMIN)


@pytest.fixture
def rosalind(accounts: Accounts, database) -> User:
    """Somebody who left something wherever a person can."""
    user = accounts.add(NAME, PASSWORD, tier=Tier.STARTER, role=Role.OPS)
    accounts.open_session(user, ADDRESS, AGENT)
    Tokens(TokenStore(database)).create(user, "nightly", [Scope.READ], None)
    Templates(TemplateStore(database)).save(user, "mine", TEXTS[3])
    wait([RefusalStore(database).note(Refusal(user.id, "openai/x", "limit_reached", TEXTS[5], NOW))])
    ledger = Ledger(database, instance_id=1)
    for number in range(3):
        run = admission(user.id, TEXTS[0], started_at=NOW + timedelta(minutes=number))
        cost = Cost(amount=COST + number, source=CostSource.PROVIDER)
        record(ledger, run, text=TEXTS[1], cost=cost, status=RunStatus.ERROR, error_message=TEXTS[2])
    key = {"owner": user.id, "provider": "openai", "sealed": TEXTS[4], "base_url": "https://x", "ending": "4711"}
    secret = {"owner": user.id, "purpose": "anything", "sealed": TEXTS[4], "sealed_at": NOW}
    openid = update(users).where(users.c.id == user.id).values(openid="issuer rosalind-planted-subject")

    def work(connection):
        connection.execute(insert(provider_keys).values(key | {"added_by": user.id, "added_at": NOW}))
        connection.execute(insert(sealed_secrets).values(secret))
        connection.execute(openid)

    database.call(work)
    return user


@pytest.fixture
def stopped() -> list[str]:
    return []


@pytest.fixture
def privacy(database, stopped) -> Privacy:
    stores = PersonStore(database), ErasureStore(database), HistoryStore(database), AuditStore(database)
    return Privacy(*stores, stop=stopped.append)


def taken(privacy: Privacy, user: User, person: User) -> dict:
    return json.loads(b"".join(privacy.export(user, person.id).pieces))


def notes(database) -> list[tuple]:
    query = select(audit_log.c.actor, audit_log.c.act, audit_log.c.subject, audit_log.c.details)
    found = query.order_by(audit_log.c.id)
    return [tuple(row) for row in database.call(lambda connection: connection.execute(found).all())]


def figures(database, user_id: str) -> tuple:
    """The figures of the ledger and of the rollups, to the last digit."""
    Rollups(database, ZoneInfo("UTC")).fold()
    ledger = "SELECT count(*), sum(cost), sum(total_tokens) FROM llm_usage_logs WHERE user_id = :id"
    rollups = "SELECT md5(string_agg(each::text, '|' ORDER BY each::text)) FROM rollups AS each"
    return database.call(
        lambda connection: (
            tuple(connection.execute(text(ledger), {"id": user_id}).one()),
            connection.scalar(text(rollups)),
        )
    )


def test_everybody_takes_all_that_is_kept_about_oneself(privacy, database, boss, rosalind):
    AuditStore(database).note(Note(boss.id, "read run", "4711", {"owner": rosalind.id}))
    AuditStore(database).note(Note(boss.id, "read run", "4712", {"owner": "somebody else"}))
    data = taken(privacy, rosalind, rosalind)
    assert data["account"]["username"] == NAME and data["account"]["openid"].endswith("subject")
    assert [one["agent"] for one in data["sessions"]] == [AGENT]
    assert [(one["name"], one["scopes"]) for one in data["api_tokens"]] == [("nightly", ["read"])]
    assert [one["prompt"] for one in data["templates"]] == [TEXTS[3]]
    assert [one["ending"] for one in data["provider_keys"]] == ["4711"]
    assert [Decimal(one["cost"]["amount"]) for one in data["runs"]] == [COST + 2, COST + 1, COST]
    assert {(one["messages"][0]["content"], one["response"]) for one in data["runs"]} == {(TEXTS[0], TEXTS[1])}
    assert [one["message"] for one in data["refusals"]] == [TEXTS[5]]
    assert [(one["act"], one["subject"]) for one in data["audit_notes"]] == [
        ("read run", "4711"),
        ("add user", rosalind.id),
    ]
    assert not any("4712" in json.dumps(one) for one in data["audit_notes"])


def test_no_hash_and_no_secret_is_in_the_file(privacy, database, boss, rosalind):
    whole = b"".join(privacy.export(rosalind, rosalind.id).pieces).decode()
    columns = (
        "SELECT password_hash FROM users UNION SELECT token_hash FROM sessions UNION SELECT token_hash FROM api_tokens"
    )
    for secret in database.call(lambda connection: connection.scalars(text(columns)).all()):
        assert secret not in whole
    assert TEXTS[4] not in whole and "hash" not in whole


def test_the_file_of_somebody_without_anything_is_whole_as_well(privacy, accounts, boss, database):
    new = accounts.add("new", PASSWORD, tier=Tier.TRIAL, role=Role.OPS)
    data = taken(privacy, new, new)
    assert (data["runs"], data["sessions"], data["refusals"]) == ([], [], [])


def test_a_long_history_is_handed_over_piece_by_piece(privacy, database, rosalind, boss, monkeypatch):
    monkeypatch.setattr("core.store.people_data.RUNS_AT_ONCE", 2)
    monkeypatch.setattr("core.store.people_data.ROWS_AT_ONCE", 1)
    AuditStore(database).note(Note(boss.id, "read run", "4711", {"owner": rosalind.id}))
    data = taken(privacy, rosalind, rosalind)
    assert (len(data["runs"]), len(data["audit_notes"])) == (3, 2)


def test_an_administrator_takes_anybodys_which_is_noted_and_nobody_else_does(privacy, database, boss, rosalind):
    assert taken(privacy, boss, rosalind)["account"]["id"] == rosalind.id
    assert notes(database)[-1] == (boss.id, "export person", rosalind.id, {})
    with pytest.raises(Forbidden):
        privacy.export(rosalind, boss.id)
    with pytest.raises(Forbidden):
        privacy.export(replace(rosalind, role=Role.PM), "nobody")
    with pytest.raises(NotFound):
        privacy.export(boss, NAME)  # a name is no id


def test_an_erased_person_leaves_no_name_and_no_text(privacy, database, boss, rosalind, stopped):
    assert {one for _, one in found(database, NAME, *TEXTS)} == {NAME, *TEXTS}
    assert privacy.erase(boss, rosalind.id, NAME) == 3
    assert found(database, NAME, "rosalind", *TEXTS, "rosalind-planted-subject", ADDRESS) == []
    assert stopped == [rosalind.id]
    kept = privacy.find(boss, rosalind.id)
    assert (kept.username, kept.enabled, kept.erased_at is None) == (f"erased-{rosalind.id[:8]}", False, False)
    assert notes(database)[-1] == (boss.id, "erase person", rosalind.id, {"runs_without_texts": 3})


def test_spend_stays_as_it_was_to_the_last_digit(privacy, database, boss, rosalind):
    before = figures(database, rosalind.id)
    privacy.erase(boss, rosalind.id, NAME)
    assert figures(database, rosalind.id) == before
    assert before[0][:2] == (3, 3 * COST + 3)
    assert Rollups(database, ZoneInfo("UTC")).differences() == 0


def test_an_erased_person_cannot_come_in_again(privacy, accounts, boss, rosalind):
    token = accounts.open_session(rosalind, ADDRESS, AGENT)
    privacy.erase(boss, rosalind.id, NAME)
    assert accounts.user_of(token) is None
    for name in (NAME, f"erased-{rosalind.id[:8]}"):
        for password in (PASSWORD, "!", ""):
            with pytest.raises(NotSignedIn):
                accounts.sign_in(name, password, ADDRESS)


def test_only_the_name_as_it_is_shown_erases(privacy, database, boss, rosalind):
    for typed in ("", NAME.lower(), rosalind.id, f"{NAME} "):
        with pytest.raises(InvalidRequest, match="Nothing was erased"):
            privacy.erase(boss, rosalind.id, typed)
    assert found(database, NAME)


@pytest.mark.parametrize("role", [Role.OPS, Role.PM])
def test_who_is_no_administrator_finds_and_erases_nobody(privacy, database, boss, rosalind, role):
    for act in (lambda user: privacy.find(user, NAME), lambda user: privacy.erase(user, rosalind.id, NAME)):
        with pytest.raises(Forbidden):
            act(replace(rosalind, role=role))
    assert found(database, NAME)


def test_who_was_an_administrator_a_moment_ago_erases_nobody(privacy, database, accounts, boss, rosalind):
    second = accounts.add("second", PASSWORD, tier=Tier.TRIAL, role=Role.ADMIN)
    AccountStore(database).change(second.id, AccountChange(role=Role.OPS))
    with pytest.raises(Forbidden):
        privacy.erase(second, rosalind.id, NAME)
    assert found(database, NAME)


def test_the_last_administrator_stays_whoever_erases_whom_at_once(privacy, database, accounts, boss):
    with pytest.raises(InvalidRequest, match="last administrator"):
        privacy.erase(boss, boss.id, "boss")
    second = accounts.add("second", PASSWORD, tier=Tier.TRIAL, role=Role.ADMIN)

    def erase(pair):
        try:
            privacy.erase(pair[0], pair[1].id, pair[1].username)
        except LabError as error:
            return error
        return None

    with ThreadPoolExecutor(2) as together:
        refused = [one for one in together.map(erase, [(boss, second), (second, boss)]) if one]
    assert len(refused) == 1
    left = select(users.c.id).where(users.c.role == "admin", users.c.enabled)
    assert len(database.call(lambda connection: connection.scalars(left).all())) == 1


def test_a_second_one_with_the_same_beginning_has_the_whole_id_for_a_name(privacy, database, boss, rosalind):
    twin = User(f"{rosalind.id[:8]}-twin", "twin", Tier.TRIAL, Role.OPS)
    AccountStore(database).add(twin, "!")
    privacy.erase(boss, rosalind.id, NAME)
    privacy.erase(boss, twin.id, "twin")
    assert privacy.find(boss, twin.id).username == f"erased-{twin.id}"


def test_what_ends_after_the_erasure_leaves_no_text_either(privacy, database, boss, rosalind):
    ledger, run = Ledger(database, instance_id=1), admission(rosalind.id, TEXTS[0], started_at=NOW)
    admit(ledger, run)
    privacy.erase(boss, rosalind.id, NAME)
    assert ledger.settle(outcome(run, text=TEXTS[1], error_message=TEXTS[2])).result()
    assert found(database, NAME, *TEXTS) == []
