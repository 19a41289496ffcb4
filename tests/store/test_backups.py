"""What was backed up comes back to the last digit, and whatever goes wrong on the way, nothing is lost."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import Row, make_url, select

from core.domain.pricing import Cost, CostSource
from core.errors import BackupRefused, StoreUnavailable
from core.store.backups import LEFT_OUT, Contents, back_up, restore
from core.store.database import Database
from core.store.ledger import Ledger
from core.store.migrations import migrate, newest_revision
from core.store.pgtools import dump
from core.store.tables import metadata
from core.store.urls import libpq_parameters
from core.store.whole_files import published
from tests.fixtures.accounts import ADDRESS, AGENT, Clock, accounts_over, add_person
from tests.fixtures.database import copied
from tests.fixtures.runs import add_user, admission, admit, record

COST = Decimal("0.000000000000000123456789123456789")
BACKED_UP = [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


@pytest.fixture
def url(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """The URL of a database that a restore may rename; whatever is kept beside it is dropped at the end."""
    with copied(postgres_url, migrated_template) as url:
        yield url
        for name in beside(url):
            say(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def file(tmp_path):
    return tmp_path / "lab.backup"


def beside(url: str) -> list[str]:
    """The names of the databases that bear the name of this one with something behind it."""
    names = "SELECT datname FROM pg_database WHERE datname LIKE current_database() || '\\__%'"
    with psycopg.connect(**libpq_parameters(url)) as connection:
        return [name for (name,) in connection.execute(names).fetchall()]


def fill(url: str, prompt: str = "Why is the sky blue?") -> None:
    """Put a user, a session and three runs into the database: one settled, one of exact cost, one under way."""
    database = Database(url, pool_size=1)
    add_user(database)
    ledger = Ledger(database, instance_id=1)
    record(ledger, admission(prompt=prompt))
    record(ledger, admission(prompt="\t\\. „ü“ 🙂"), cost=Cost(amount=COST, source=CostSource.PROVIDER), text="a\nb\\N")
    admit(ledger, admission())
    accounts = accounts_over(database, Clock(datetime.now(UTC)))
    accounts.open_session(add_person(accounts, "bob"), ADDRESS, AGENT)
    database.close()


def rows(url: str) -> dict[str, list[Row]]:
    """Every row that is backed up, by its table."""
    database = Database(url, pool_size=1)

    def read(connection):
        tables = {table.name: connection.execute(select(table)).all() for table in BACKED_UP}
        return {name: sorted(found, key=repr) for name, found in tables.items()}

    try:
        return database.call(read)
    finally:
        database.close()


def say(url: str, *statements: str) -> None:
    """Have the database do as it is told, each statement at once in force."""
    with psycopg.connect(**libpq_parameters(url), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def count(url: str, table: str) -> int:
    with psycopg.connect(**libpq_parameters(url)) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_what_was_there_comes_back_row_for_row(url, file):
    fill(url)
    before = rows(url)
    assert back_up(url, file) == Contents(runs=3, users=2)
    say(url, "DELETE FROM llm_usage_logs", "DELETE FROM users")
    restored = restore(url, file)
    assert restored.contents == Contents(runs=3, users=2)
    assert timedelta(0) <= datetime.now(UTC) - restored.made_at < timedelta(minutes=5)
    assert rows(url) == before
    assert COST in {row.cost for row in before["llm_usage_logs"]}
    assert beside(url) == []


def test_nobody_is_signed_in_after_a_restore(url, file):
    fill(url)
    back_up(url, file)
    restore(url, file, force=True)
    assert [count(url, table) for table in LEFT_OUT] == [0, 0, 0]


def test_runs_that_are_there_give_way_only_by_force_and_are_kept(url, file):
    fill(url)
    back_up(url, file)
    say(url, "UPDATE llm_usage_logs SET cost = 7")
    later = rows(url)
    with pytest.raises(BackupRefused, match=r"holds 3 runs.*--force"):
        restore(url, file)
    assert rows(url) == later
    kept = restore(url, file, force=True).kept
    assert rows(url) != later
    assert beside(url) == [kept]
    name = libpq_parameters(url)["dbname"]
    assert rows(url.replace(name, kept)) == later


def test_a_backup_is_for_its_owner_alone_and_leaves_no_other_file(url, file):
    fill(url)
    back_up(url, file)
    assert os.listdir(file.parent) == [file.name]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_replaced_only_by_force(url, file):
    fill(url)
    file.write_text("mine")
    with pytest.raises(BackupRefused, match="--force"):
        back_up(url, file)
    assert file.read_text() == "mine"
    back_up(url, file, force=True)
    assert file.stat().st_size > 4


def test_a_backup_that_fails_leaves_the_earlier_one_as_it_is(url, file, monkeypatch):
    fill(url)
    file.write_text("the earlier one")
    monkeypatch.setattr("core.store.backups.LEFT_OUT", ("a.b.c.d",))  # pg_dump refuses such a name
    with pytest.raises(BackupRefused, match="could not be made: pg_dump: error"):
        back_up(url, file, force=True)
    assert os.listdir(file.parent) == [file.name]
    assert file.read_text() == "the earlier one"


def test_a_place_that_cannot_be_written_is_told(url, tmp_path):
    with pytest.raises(BackupRefused, match="could not be written"):
        back_up(url, tmp_path / "missing" / "lab.backup")


def test_a_torn_or_altered_backup_is_refused_and_nothing_is_changed(url, file):
    fill(url)
    back_up(url, file)
    before, whole = rows(url), file.read_bytes()
    torn = [whole[: int(len(whole) * part)] for part in (0, 0.02, 0.5, 0.9, 0.999)]
    turned = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in (0, len(whole) // 2, len(whole) - 2)]
    for content in (*torn, *turned, whole + b"\n"):
        file.write_bytes(content)
        with pytest.raises(BackupRefused, match="no backup of the lab, or is damaged"):
            restore(url, file, force=True)
    assert rows(url) == before
    assert beside(url) == []


def test_a_backup_that_postgresql_cannot_read_through_changes_nothing(url, file):
    fill(url, prompt="".join(map(chr, range(0x4E00, 0x9000))) * 5)  # more than all that a dump begins with
    back_up(url, file)
    before, content = rows(url), file.read_bytes()
    with published(file) as output:
        output.write(content[: int(len(content) * 0.6)])
    with pytest.raises(BackupRefused, match="nothing was changed"):
        restore(url, file, force=True)
    assert rows(url) == before
    assert beside(url) == []


def test_what_is_no_backup_of_the_lab_is_refused(url, file):
    with pytest.raises(BackupRefused, match="cannot be read"):
        restore(url, file)
    with file.open("wb") as output:
        dump(url, output)  # what it holds is right, but nothing vouches for that
    with pytest.raises(BackupRefused, match="no backup of the lab"):
        restore(url, file)
    with published(file) as output:
        output.write(b"vouched for, and no backup all the same")
    with pytest.raises(BackupRefused, match="no backup of the lab"):
        restore(url, file)


def test_a_database_that_was_never_set_up_has_nothing_to_back_up(postgres_url, file):
    with copied(postgres_url, "template0") as empty, pytest.raises(BackupRefused, match="nothing to back up"):
        back_up(empty, file)
    assert not file.exists()


def test_a_database_in_use_is_not_replaced(url, file):
    fill(url)
    back_up(url, file)
    before = rows(url)
    with psycopg.connect(**libpq_parameters(url)), pytest.raises(BackupRefused, match="somebody else uses"):
        restore(url, file, force=True)
    assert rows(url) == before
    assert beside(url) == []


def test_somebody_who_comes_in_the_middle_of_it_stops_it(url, file, monkeypatch):
    fill(url)
    back_up(url, file)
    before, late = rows(url), []

    def migrated(fresh):
        migrate(fresh)
        late.append(psycopg.connect(**libpq_parameters(url)))

    monkeypatch.setattr("core.store.backups.migrate", migrated)
    with pytest.raises(BackupRefused, match="somebody else uses"):
        restore(url, file, force=True)
    late[0].close()
    assert rows(url) == before
    assert beside(url) == []


def test_what_a_killed_restore_left_is_cleared_away(url, file):
    fill(url)
    back_up(url, file)
    name = libpq_parameters(url)["dbname"][:30]
    say(url, f'CREATE DATABASE "{name}_restoring"')
    assert restore(url, file, force=True).contents.runs == 3


def test_a_backup_of_an_earlier_version_is_brought_up_to_date(postgres_url, url, file):
    with copied(postgres_url, "template0") as earlier:
        migrate(earlier, "0001")
        say(earlier, "INSERT INTO users (id, username, password_hash, tier, role) VALUES ('a', 'a', '!', '', '')")
        back_up(earlier, file)
    assert restore(url, file).contents == Contents(runs=0, users=1)
    database = Database(url, pool_size=1)
    assert database.ready()
    database.close()


def test_a_backup_of_a_later_version_is_refused(url, file):
    fill(url)
    say(url, "UPDATE alembic_version SET version_num = '9999'")
    back_up(url, file)
    say(url, f"UPDATE alembic_version SET version_num = '{newest_revision()}'")
    with pytest.raises(BackupRefused, match="newer version of the lab"):
        restore(url, file, force=True)
    assert beside(url) == []


def test_a_user_who_may_not_create_databases_is_told_so(url, file):
    fill(url)
    back_up(url, file)
    role = libpq_parameters(url)["dbname"]
    say(url, f"CREATE ROLE {role} LOGIN", f"GRANT pg_read_all_data TO {role}")
    try:
        with pytest.raises(BackupRefused, match="may not create databases"):
            restore(str(make_url(url).set(username=role)), file, force=True)
    finally:
        say(url, f"DROP ROLE {role}")


def test_a_newer_server_is_refused_in_plain_words(url, file, monkeypatch):
    monkeypatch.setattr("core.store.backups.VERSION", "9")
    with pytest.raises(BackupRefused, match="the lab's tools are of 9"):
        back_up(url, file)


def test_an_unreachable_database_is_said_so(file):
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        back_up("postgresql://nobody:hunter22@127.0.0.1:1/none", file)
