"""Whose key a run goes with and who pays; keys that are refused, moved, forgotten; and that none of them comes out."""

import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.faults import FaultCode
from core.domain.providers import LAB, Verdict
from core.domain.queries import HistoryFilter
from core.domain.runs import Payer
from core.errors import (
    Forbidden,
    InvalidRequest,
    KeyMissing,
    NotFound,
    SealBroken,
    StoreUnavailable,
    TierTooLow,
    UnknownProvider,
)
from core.lab import Lab
from core.services import models
from core.store.backups import back_up
from core.store.embedded import programs
from core.store.keys import KeyStore, SealedKey
from core.store.pgtools import ENVIRONMENT
from core.store.tables import audit_log, provider_keys
from tests.fixtures.database import copied
from tests.fixtures.lab import KEY, add_user, calls, ended, running_lab, start
from tests.fixtures.runs import NOW
from tests.fixtures.servers import eventually
from tests.simulator import Simulator

OWN, LABS = "sk-own-planted-0123456789abcdef", "sk-lab-planted-0123456789abcdef"
REVOKED = "sk-revoked-planted-0123456789"


@pytest.fixture(scope="module")
def database_url(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """A database for all tests of this file, each of which has people of its own."""
    with copied(postgres_url, migrated_template) as url:
        yield url


@pytest.fixture(scope="module")
def lab(database_url: str, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab with keys in the environment for all but Groq and Together."""
    without = {"GROQ_API_KEY": None, "TOGETHER_API_KEY": None}
    with running_lab(database_url, simulator, tmp_path_factory.mktemp("lab"), **without) as lab:
        yield lab


@pytest.fixture
def ann(lab: Lab) -> User:
    """Somebody."""
    return add_user(lab, f"ann-{uuid4()}")


@pytest.fixture(scope="module")
def admin(lab: Lab) -> User:
    """An administrator."""
    return add_user(lab, "the admin", role=Role.ADMIN)


def sent(lab: Lab, simulator: Simulator, user: User, model: str = "openai/sim/words") -> tuple[str, Payer]:
    """Run once, and return the key that reached the provider and who paid, as the ledger has it."""
    before = len(calls(simulator))
    run = start(lab, user, model)
    ended(run)
    [row] = [row for row in lab.history.page(user, HistoryFilter()).rows if row.id == run.admission.run_id]
    return calls(simulator)[before].key, row.paid_by


def notes(lab: Lab, actor: User) -> list[tuple[str, str, dict]]:
    """What the audit log has of somebody, the oldest first."""
    found = select(audit_log).where(audit_log.c.actor == actor.id).order_by(audit_log.c.id)
    rows = lab.database.call(lambda connection: connection.execute(found).all())
    return [(row.act, row.subject, row.details) for row in rows]


def test_a_users_own_key_goes_first_and_the_run_says_so(lab, simulator, ann):
    bob = add_user(lab, f"bob-{uuid4()}")
    assert sent(lab, simulator, ann) == (KEY, Payer.LAB)
    checked = lab.keys.save(ann, Payer.OWN, "openai", f"  {OWN}\n")
    assert (checked.verdict, checked.models > 0) == (Verdict.ACCEPTED, True)
    assert sent(lab, simulator, ann) == (OWN, Payer.OWN)
    assert sent(lab, simulator, bob) == (KEY, Payer.LAB)
    lab.keys.remove(ann, Payer.OWN, "openai")
    assert sent(lab, simulator, ann) == (KEY, Payer.LAB)


def test_a_stored_key_of_the_labs_takes_the_place_of_the_environments(lab, simulator, ann, admin):
    lab.keys.save(admin, Payer.LAB, "anthropic", LABS)
    assert sent(lab, simulator, ann, "anthropic/sim/words") == (LABS, Payer.LAB)
    lab.keys.remove(admin, Payer.LAB, "anthropic")
    assert sent(lab, simulator, ann, "anthropic/sim/words") == (KEY, Payer.LAB)


def test_what_is_spent_on_own_keys_is_told_apart(lab, ann):
    lab.keys.save(ann, Payer.OWN, "openai", OWN)
    cost = ended(start(lab, ann, "openai/gpt-4o")).cost.amount
    run = lab.history.ended(ann, str(lab.history.page(ann, HistoryFilter()).rows[0].id))
    assert (run.paid_by, run.cost.amount) == (Payer.OWN, cost)
    today = run.created_at.date()
    eventually(lambda: lab.stats.report(ann, today, today).totals.own_key_cost == cost)


def test_a_provider_that_the_lab_has_no_key_for_is_open_to_whoever_has_one(lab, simulator):
    tom = add_user(lab, f"tom-{uuid4()}", tier=Tier.STARTER)
    with pytest.raises(KeyMissing, match="No key for Groq is configured"):
        start(lab, tom, "groq/sim/words")
    available = {choice.model.id for choice in lab.models.choices(tom) if choice.available}
    assert not any(name.startswith("groq/") for name in available)
    lab.keys.save(tom, Payer.OWN, "groq", OWN)
    available = {choice.model.id for choice in lab.models.choices(tom) if choice.available}
    assert any(name.startswith("groq/") for name in available)
    assert sent(lab, simulator, tom, "groq/sim/words") == (OWN, Payer.OWN)
    lab.keys.save(tom, Payer.OWN, "openai", OWN)
    with pytest.raises(TierTooLow):
        start(lab, tom, "openai/gpt-4o")


def test_a_key_that_the_provider_refuses_is_not_saved(lab, ann):
    for provider in ("openai", "openrouter", "anthropic"):
        checked = lab.keys.save(ann, Payer.OWN, provider, REVOKED)
        assert checked.verdict is Verdict.REFUSED
        assert REVOKED not in checked.sentence
    assert lab.keys.of(ann, Payer.OWN) == {}


def test_where_nobody_can_be_asked_a_key_is_saved_only_if_that_is_wanted(lab, ann, admin, monkeypatch):
    monkeypatch.setattr(lab.providers, "base_url", lambda provider: "http://127.0.0.1:9/v1")
    assert lab.keys.save(ann, Payer.OWN, "openai", OWN).verdict is Verdict.UNREACHED
    assert lab.keys.of(ann, Payer.OWN) == {}
    lab.keys.save(ann, Payer.OWN, "openai", OWN, unchecked=True)
    assert lab.keys.of(ann, Payer.OWN)["openai"].checked_at is None


@pytest.mark.parametrize(
    "typed", ["", "   ", "short", "sk-" + "x" * 600, "sk-with space-0123456789", "sk-ключ-0123456789"]
)
def test_what_cannot_be_a_key_is_said_to_be_none(lab, ann, typed):
    with pytest.raises(InvalidRequest):
        lab.keys.save(ann, Payer.OWN, "openai", typed)


def test_a_key_is_for_a_provider_that_there_is(lab, ann, admin):
    with pytest.raises(UnknownProvider):
        lab.keys.save(ann, Payer.OWN, "nobody", OWN)
    with pytest.raises(NotFound):
        lab.keys.remove(ann, Payer.OWN, "openai")
    with pytest.raises(KeyMissing):
        lab.keys.check(ann, Payer.OWN, "openai")
    assert lab.keys.check(admin, Payer.LAB, "openai").verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("role", [Role.OPS, Role.PM])
def test_the_labs_keys_are_for_administrators(lab, role):
    eve = add_user(lab, f"eve-{uuid4()}", role=role)
    acts = (
        lambda: lab.keys.save(eve, Payer.LAB, "openai", LABS),
        lambda: lab.keys.save(eve, Payer.LAB, "openai", LABS, unchecked=True),
        lambda: lab.keys.check(eve, Payer.LAB, "openai"),
        lambda: lab.keys.remove(eve, Payer.LAB, "openai"),
        lambda: lab.keys.of(eve, Payer.LAB),
        lambda: lab.keys.own_keys(eve),
        lambda: lab.key_table.of_lab(eve),
    )
    for act in acts:
        with pytest.raises(Forbidden):
            act()
    assert lab.keys.find(LAB, lab.providers.named("openai")) is None


def test_each_act_leaves_a_note_that_holds_no_key(lab, ann, admin):
    lab.keys.save(ann, Payer.OWN, "openai", OWN)
    lab.keys.save(ann, Payer.OWN, "openai", OWN.replace("abcdef", "uvwxyz"))
    lab.keys.remove(ann, Payer.OWN, "openai")
    saved, replaced, removed = notes(lab, ann)
    assert [note[:2] for note in (saved, replaced, removed)] == [
        ("save key", "openai"),
        ("save key", "openai"),
        ("remove key", "openai"),
    ]
    assert saved[2]["whose"] == "own"
    assert (replaced[2]["before"], replaced[2]["after"]) == ({"ends_with": "cdef"}, {"ends_with": "wxyz"})
    assert removed[2]["after"] == {}
    assert "planted" not in str((saved, replaced, removed))


def test_a_key_is_shown_by_its_end_and_by_who_stored_it_when(lab, ann):
    lab.keys.save(ann, Payer.OWN, "openai", OWN)
    key = lab.keys.of(ann, Payer.OWN)["openai"]
    assert (key.ending, key.added_by, key.checked_at) == ("cdef", ann.username, key.added_at)
    lab.keys.save(ann, Payer.OWN, "openai", "short-key")
    assert lab.keys.of(ann, Payer.OWN)["openai"].ending == ""


def test_the_last_use_and_the_last_failure_are_written_in_one_go(lab, ann, database_url):
    lab.keys.save(ann, Payer.OWN, "openai", OWN)
    outcome = ended(start(lab, ann, "openai/sim/words"))
    failed = ended(start(lab, ann, "openai/sim/error-401"))
    assert failed.error_code is FaultCode.BAD_KEY
    assert failed.error_message.startswith("OpenAI did not accept your own key.")
    eventually(lambda: lab.keys.of(ann, Payer.OWN)["openai"].failed_at)
    key = lab.keys.of(ann, Payer.OWN)["openai"]
    assert (key.failed_at, key.failure) == (failed.ended_at, failed.error_message)
    assert outcome.ended_at <= key.last_used_at
    lab.keys.save(ann, Payer.OWN, "openai", OWN)
    assert lab.keys.of(ann, Payer.OWN)["openai"].failed_at is None


def test_a_check_that_fails_is_kept_as_a_failure(lab, ann):
    lab.keys.save(ann, Payer.OWN, "openai", REVOKED, unchecked=True)
    assert lab.keys.check(ann, Payer.OWN, "openai").verdict is Verdict.REFUSED
    key = lab.keys.of(ann, Payer.OWN)["openai"]
    assert (key.failure, key.checked_at) == ("OpenAI does not accept this key.", None)


def test_a_ciphertext_that_was_moved_opens_for_nobody_and_nowhere_else(lab, simulator, ann):
    bob = add_user(lab, f"bob-{uuid4()}")
    lab.keys.save(ann, Payer.OWN, "openai", OWN)
    moves = (
        {"owner": bob.id},
        {"owner": bob.id, "provider": "groq"},
        {"owner": ann.id, "provider": "together", "base_url": simulator.base_url("together")},
    )
    for move in moves:
        change = update(provider_keys).where(provider_keys.c.owner.in_([ann.id, bob.id])).values(**move)
        lab.database.call(lambda connection, change=change: connection.execute(change))
        lab.keys._read()
        model = f"{move.get('provider', 'openai')}/sim/words"
        before = len(calls(simulator))
        with pytest.raises(SealBroken):
            start(lab, ann if move["owner"] == ann.id else bob, model)
        assert len(calls(simulator)) == before


def test_a_key_is_never_sent_elsewhere_than_it_was_stored_for(
    database_url, postgres_url, migrated_template, simulator, tmp_path
):
    with copied(postgres_url, migrated_template) as url, Simulator() as elsewhere:
        with running_lab(url, simulator, tmp_path) as lab:
            ann, admin = add_user(lab), add_user(lab, "root", role=Role.ADMIN)
            lab.keys.save(ann, Payer.OWN, "openai", OWN)
            lab.keys.save(admin, Payer.LAB, "groq", LABS)
        moved = {f"{name}_BASE_URL": elsewhere.base_url(name.lower()) for name in ("OPENAI", "GROQ")}
        with running_lab(url, simulator, tmp_path, **moved) as lab:
            with pytest.raises(KeyMissing, match="Your own key for OpenAI was stored for http"):
                start(lab, ann, "openai/sim/words")
            with pytest.raises(KeyMissing, match="The lab's key for Groq was stored for http"):
                start(lab, ann, "groq/sim/words")
            [mark] = [one.moved for one in lab.key_table.of_lab(admin) if one.name == "groq"]
            assert mark
            assert not any(request.key in (OWN, LABS) for request in elsewhere.requests)
            lab.keys.save(ann, Payer.OWN, "openai", OWN)
            assert sent(lab, elsewhere, ann) == (OWN, Payer.OWN)


def test_what_another_process_has_stored_is_known_without_asking_for_it(lab, simulator, ann):
    provider = lab.providers.named("openai")
    sealed = lab.keys._vault.seal(OWN, owner=ann.id, purpose=f"key for openai at {simulator.url}")
    key = SealedKey(ann.id, "openai", sealed, lab.providers.base_url(provider))
    KeyStore(lab.database).put(key, "", ann.id, NOW, checked=False)
    eventually(lambda: lab.keys.find(ann.id, provider))
    assert sent(lab, simulator, ann) == (OWN, Payer.OWN)


def test_of_lists_for_those_with_own_keys_not_all_are_kept(lab, monkeypatch):
    monkeypatch.setattr(models, "MOST_KEPT", 2)
    for provider in ("groq", "together", "openai"):
        user = add_user(lab, f"{provider}-{uuid4()}", tier=Tier.PROFESSIONAL)
        lab.keys.save(user, Payer.OWN, provider, OWN)
        known = lab.models.choices(user)
        assert lab.models.choices(user) is known
        assert provider in {choice.model.provider for choice in known if choice.available}
        assert len(lab.models._choices) <= 2


def test_starting_a_run_asks_the_database_for_no_key(lab, ann, monkeypatch):
    lab.keys.save(ann, Payer.OWN, "openai", OWN)

    def refused(*_: object, **__: object) -> None:
        raise StoreUnavailable("The database was asked.")  # which chores of the lab put up with

    monkeypatch.setattr(KeyStore, "of", refused)
    monkeypatch.setattr(KeyStore, "sealed", refused)
    monkeypatch.setattr(lab.database, "call", refused)
    assert lab.models.call(ann, lab.models.permitted(ann, "openai/sim/words")).key == OWN
    assert lab.models.choices(ann)


def test_no_key_is_in_a_row_a_dump_or_a_log(lab, ann, admin, database_url, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    lab.keys.save(ann, Payer.OWN, "openai", OWN)
    lab.keys.save(ann, Payer.OWN, "anthropic", REVOKED)
    lab.keys.save(ann, Payer.OWN, "openrouter", REVOKED, unchecked=True)
    lab.keys.check(ann, Payer.OWN, "openrouter")
    lab.keys.save(admin, Payer.LAB, "together", LABS)
    for model in ("openai/sim/words", "openai/sim/error-401", "openrouter/sim/words", "together/sim/words"):
        ended(start(lab, ann, model))
    file = tmp_path / "lab.backup"
    back_up(database_url, file)
    dumped = _plain(file)
    assert "save key" in dumped
    for key in (OWN, REVOKED, LABS):
        assert key not in dumped
        assert key[:20] not in dumped
        assert key not in caplog.text


def _plain(file: Path) -> str:
    """Return a backup as SQL."""
    command = [programs() / "pg_restore", "--file=-", str(file)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
