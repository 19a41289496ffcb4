"""Secrets are kept sealed, each for its owner and purpose; a start with the wrong key is refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from core.errors import SealBroken, SettingsError
from core.secrets import Vault
from core.services.secrets import Secrets
from core.store.secrets import SecretStore

OLD, NEW, FOREIGN = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def under(database):
    """The service under some keys, newest first."""
    return lambda *keys: Secrets(Vault(keys), SecretStore(database))


def rows(database):
    found = "SELECT owner, purpose, sealed FROM sealed_secrets ORDER BY owner, purpose"
    return [tuple(row) for row in database.call(lambda connection: connection.execute(text(found)).all())]


def move(database, column, old, new):
    change = f"UPDATE sealed_secrets SET {column} = :new WHERE {column} = :old"
    database.call(lambda connection: connection.execute(text(change), {"old": old, "new": new}))


def test_a_secret_is_kept_until_it_is_forgotten_and_only_sealed(under, database):
    secrets = under(OLD)
    assert secrets.find("ann", "openai") is None
    secrets.keep("ann", "openai", "sk-first")
    secrets.keep("ann", "openai", "sk-second")
    secrets.keep("bob", "openai", "sk-bobs")
    assert (secrets.find("ann", "openai"), secrets.find("bob", "openai")) == ("sk-second", "sk-bobs")
    assert "sk-" not in str(rows(database))
    secrets.forget("ann", "openai")
    assert (secrets.find("ann", "openai"), secrets.find("bob", "openai")) == (None, "sk-bobs")


@pytest.mark.parametrize(("column", "old", "new"), [("owner", "ann", "bob"), ("purpose", "openai", "groq")])
def test_a_ciphertext_moved_to_another_row_is_refused(under, database, column, old, new):
    secrets = under(OLD)
    secrets.keep("ann", "openai", "sk-anns")
    move(database, column, old, new)
    owner, purpose = ("bob", "openai") if column == "owner" else ("ann", "groq")
    with pytest.raises(SealBroken):
        secrets.find(owner, purpose)


def test_the_first_start_leaves_a_mark_that_later_starts_open(under, database):
    under(OLD).check()
    marked = rows(database)
    under(OLD).check()
    assert rows(database) == marked
    assert [row[:2] for row in marked] == [("the lab", "canary")]


def test_a_wrong_key_is_refused_in_one_line_that_names_the_variable(under):
    under(OLD).check()
    with pytest.raises(SettingsError) as refused:
        under(FOREIGN).check()
    assert refused.value.message.startswith("ENCRYPTION_KEY")
    assert "\n" not in refused.value.message
    under(OLD).check()


def test_a_new_first_key_is_accepted_with_the_old_one_behind_it_and_renews_nothing_by_itself(under, database):
    under(OLD).check()
    under(OLD).keep("ann", "openai", "sk-anns")
    kept = rows(database)
    under(NEW, OLD).check()
    assert under(NEW, OLD).find("ann", "openai") == "sk-anns"
    assert rows(database) == kept
    with pytest.raises(SettingsError):
        under(NEW).check()


def test_of_two_first_starts_with_different_keys_one_is_refused(under):
    def refused(key):
        try:
            under(key).check()
        except SettingsError:
            return True
        return False

    with ThreadPoolExecutor(4) as starts:
        outcomes = dict(zip((OLD, NEW, FOREIGN), starts.map(refused, (OLD, NEW, FOREIGN)), strict=True))
    assert sorted(outcomes.values()) == [False, True, True]
