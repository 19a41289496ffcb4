"""Seals are renewed in pieces that may be stopped anywhere; none is lost, and none is forgotten before it is said."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from core.cli import main
from core.cli.keys import DONE
from core.errors import SealBroken, SettingsError
from core.secrets import Vault
from core.services.seals import Renewal
from core.services.secrets import Secrets
from core.settings import ROOT
from core.store import seals
from core.store.database import Database
from core.store.keys import KeyStore, SealedKey
from core.store.recordsets import insert_all
from core.store.seals import Seals
from core.store.secrets import SecretStore
from core.store.tables import provider_keys, sealed_secrets
from tests.fixtures.runs import NOW

OLD, NEW, FOREIGN = (Fernet.generate_key().decode() for _ in range(3))
PURPOSE = "key for openai at https://api.openai.com"
MANY = 10_000


@pytest.fixture
def under(database: Database) -> Callable[..., Secrets]:
    """The secrets under some keys, newest first."""
    return lambda *keys: Secrets(Vault(keys), SecretStore(database))


def fill(database: Database, count: int, key: str = OLD) -> None:
    """Keep so many keys of providers, and a tenth as many other secrets."""
    vault = Vault([key])
    fixed = {"provider": "openai", "base_url": "https://api.openai.com/v1", "ending": "", "added_by": "ann"}
    keys = [
        {"owner": owner, "sealed": vault.seal(f"sk-{owner}", owner=owner, purpose=PURPOSE), "added_at": NOW, **fixed}
        for owner in (f"user-{number}" for number in range(count))
    ]
    others = [
        {"owner": owner, "purpose": "p", "sealed": vault.seal(owner, owner=owner, purpose="p"), "sealed_at": NOW}
        for owner in (f"user-{number}" for number in range(count // 10))
    ]

    def work(connection: Any) -> None:
        insert_all(connection, provider_keys, keys)
        insert_all(connection, sealed_secrets, others)

    database.call(work, limit_s=60)


def opened(database: Database, *keys: str) -> dict[str, str]:
    """Every key of a provider, by its owner, as far as `keys` open it."""
    vault = Vault(keys)
    found = select(provider_keys.c.owner, provider_keys.c.sealed)
    rows = database.call(lambda connection: connection.execute(found).all(), limit_s=60)
    return {row.owner: vault.open(row.sealed, owner=row.owner, purpose=PURPOSE) for row in rows}


def renew(database: Database, *keys: str) -> Any:
    """Renew everything, and return what the end of it said."""
    renewal = Renewal(Vault(keys), Seals(database))
    for _ in renewal.steps():
        pass
    return renewal.finish()


def test_everything_is_renewed_and_the_old_key_is_needed_no_more(under, database, monkeypatch):
    monkeypatch.setattr(seals, "ROWS_A_PIECE", 7)
    under(OLD).check()
    fill(database, 50)
    steps = list(Renewal(Vault([NEW, OLD]), Seals(database)).steps())
    assert (steps[-1].renewed, steps[-1].left, steps[-1].lost) == (55, 1, 0)
    with pytest.raises(SettingsError):
        under(NEW).check()
    assert renew(database, NEW, OLD).old == 0
    under(NEW).check()
    assert opened(database, NEW) == {f"user-{number}": f"sk-user-{number}" for number in range(50)}


def test_a_second_renewal_finds_nothing_to_do(under, database):
    under(OLD).check()
    fill(database, 20)
    renew(database, NEW, OLD)
    assert [step.renewed for step in Renewal(Vault([NEW, OLD]), Seals(database)).steps()] == [0, 0]


def test_what_no_key_opens_stays_as_it_is_and_keeps_the_end_from_being_said(under, database):
    under(OLD).check()
    fill(database, 3)
    under(FOREIGN).keep("bob", "p", "bobs")
    assert renew(database, NEW, OLD).lost == 1
    assert under(FOREIGN).find("bob", "p") == "bobs"
    with pytest.raises(SettingsError):
        under(NEW).check()
    renew(database, NEW, OLD, FOREIGN)
    under(NEW).check()
    assert under(NEW).find("bob", "p") == "bobs"


def test_what_an_older_lab_saves_meanwhile_keeps_the_end_from_being_said(under, database):
    under(OLD).check()
    renewal = Renewal(Vault([NEW, OLD]), Seals(database))
    for _ in renewal.steps():
        pass
    fill(database, 1)
    assert renewal.finish().old == 1
    under(OLD).check()
    assert renew(database, NEW, OLD).old == 0
    under(NEW).check()


def test_what_is_saved_meanwhile_is_kept(under, database, monkeypatch):
    monkeypatch.setattr(seals, "ROWS_A_PIECE", 20)
    under(OLD).check()
    fill(database, 300)
    store, vault = KeyStore(database), Vault([NEW, OLD])
    chosen = [f"user-{number}" for number in random.Random(1).sample(range(300), 60)]

    def save() -> None:
        for owner in chosen:
            sealed = vault.seal(f"fresh-{owner}", owner=owner, purpose=PURPOSE)
            key = SealedKey(owner, "openai", sealed, "https://api.openai.com/v1")
            store.put(key, "", "ann", NOW, checked=False)

    saving = Thread(target=save)
    saving.start()
    renew(database, NEW, OLD)
    saving.join()
    renew(database, NEW, OLD)
    expected = {f"user-{number}": f"sk-user-{number}" for number in range(300)}
    assert opened(database, NEW) == expected | {owner: f"fresh-{owner}" for owner in chosen}


def test_ten_thousand_keys_outlive_kills_at_any_moment(under, database, database_url, tmp_path, monkeypatch, capsys):
    under(OLD).check()
    fill(database, MANY)
    settings = {"DATABASE_URL": database_url, "LAB_DATA_DIR": str(tmp_path), "ENCRYPTION_KEY": f"{NEW},{OLD}"}
    command = [sys.executable, "-m", "core.cli", "keys", "rotate"]
    dice = random.Random(7)
    left = []
    for steps in sorted(dice.sample(range(4, 20), 3)):
        running = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert running.stdout
        assert all([running.stdout.readline() for _ in range(steps)])
        time.sleep(dice.uniform(0, 0.05))
        running.send_signal(signal.SIGKILL)
        running.communicate()
        left.append(_old(database))
        with pytest.raises(SettingsError):
            under(NEW).check()
    assert left == sorted(left, reverse=True)
    assert 0 < left[-1] < left[0] < MANY
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert main(["keys", "rotate"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == DONE
    assert len(opened(database, NEW)) == MANY
    under(NEW).check()


def test_the_command_does_not_say_done_while_a_seal_is_lost(
    under, database, database_url, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LAB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ENCRYPTION_KEY", f"{NEW},{OLD}")
    under(OLD).check()
    under(FOREIGN).keep("bob", "p", "bobs")
    assert main(["keys", "rotate"]) == 1
    told = capsys.readouterr()
    assert DONE not in told.out
    assert told.err.startswith("1 kept secrets open under none of the keys.")


def _old(database: Database) -> int:
    """How many keys of providers are under the old key."""
    vault, found = Vault([NEW]), select(provider_keys.c.sealed)
    sealed = database.call(lambda connection: connection.scalars(found).all(), limit_s=60)
    return sum(not _opens(vault, one) for one in sealed)


def _opens(vault: Vault, sealed: str) -> bool:
    try:
        vault.renewed(sealed)
    except SealBroken:
        return False
    return True
