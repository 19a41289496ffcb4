"""Whatever an earlier version of the lab wrote is there after the upgrade, and the lab opens on it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, MetaData, Table, create_engine, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import BigInteger, Boolean, Date, DateTime, Integer, LargeBinary, Numeric, Uuid

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.queries import HistoryFilter
from core.domain.runs import RunStatus
from core.lab import Lab
from core.store.migrations import migrate, revisions
from core.store.urls import driver_url
from tests.fixtures.database import copied
from tests.fixtures.lab import ended, running_lab, start

ANN = User("ann", "ann", Tier.ENTERPRISE, Role.OPS)
RUN = UUID(int=7)
KNOWN = {
    "model_name": "openai/gpt-4o-mini",
    "status": RunStatus.COMPLETED,
    "cost": Decimal("0.000000000000000123456789"),
    "cost_source": "computed",
    "origin": "api",
    "prices": None,
    "raw_usage": None,
    "cost_lines": None,
    "notices": [],
    "metadata": {"prompt": "Why?", "response": "So.", "parameters": {}, "source": "testing_lab"},
    "messages": [{"role": "user", "content": "Why is the sky blue?"}],
    "tier": "enterprise",
    "role": "ops",
    "user_id": "ann",
    "run_id": RUN,
    "grain": "d",
    "hard": False,
    "period": "month",
    "scope": "user",
    "zone": "UTC",
}
"""What rows hold where any value of the column's type would not do."""

WRITTEN_BY_ITSELF = ("alembic_version", "rollup_changes")
"""Tables that the migrations and the triggers of others write."""

EVERYTHING_ELSE: dict[type, Any] = {
    Boolean: True,
    BigInteger: 7,
    Integer: 7,
    Numeric: Decimal("0.1"),
    Uuid: RUN,
    DateTime: datetime(2026, 11, 20, 12, tzinfo=UTC),
    Date: date(2026, 11, 1),
    JSONB: {},
    LargeBinary: b"ann",
}


def tables(connection: Connection) -> list[Table]:
    """The lab's tables as the database has them now, those that others refer to first."""
    found = MetaData()
    found.reflect(connection)
    own = [table for table in found.sorted_tables if table.schema is None]  # not the months, which the ledger shows
    return [table for table in own if table.name not in WRITTEN_BY_ITSELF]


def row(table: Table) -> dict[str, Any]:
    """A row for `table`, with a value in every column that can be written."""
    written = (column for column in table.columns if column.computed is None and column.identity is None)
    return {column.name: value(column.name, column.type) for column in written}


def value(name: str, kind: Any) -> Any:
    if name in KNOWN:
        return KNOWN[name]
    return next((value for known, value in EVERYTHING_ELSE.items() if isinstance(kind, known)), "ann")


def fill(url: str) -> dict[str, dict[str, Any]]:
    """Put a row into each table and return the rows as they are then, by their table."""
    engine = create_engine(driver_url(url))
    with engine.begin() as connection:
        for table in tables(connection):
            connection.execute(insert(table).values(row(table)))
    found = rows(url)
    engine.dispose()
    return {name: only for name, [only] in found.items()}


def rows(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row, by its table."""
    engine = create_engine(driver_url(url))
    with engine.connect() as connection:
        found = {table.name: connection.execute(select(table)).mappings().all() for table in tables(connection)}
    engine.dispose()
    return {name: [dict(each) for each in several] for name, several in found.items()}


def check_that_it_serves(lab: Lab) -> None:
    """The old run is in the history, whole, and a new one comes beside it."""
    old = lab.history.open(ANN, RUN)
    assert (old.cost.amount, old.messages[0].content) == (KNOWN["cost"], "Why is the sky blue?")
    assert lab.accounts.names()["ann"] == "ann"
    new = ended(start(lab, ANN, "openai/sim/words"))
    assert new.status is RunStatus.COMPLETED
    assert {row.id for row in lab.history.page(ANN, HistoryFilter()).rows} == {RUN, new.run_id}


@pytest.mark.parametrize("revision", revisions())
def test_what_was_written_at_an_earlier_revision_is_there_after_the_upgrade(
    revision, postgres_url, simulator, tmp_path
):
    with copied(postgres_url, "template0") as url:
        migrate(url, revision)
        before = fill(url)
        migrate(url)
        after = rows(url)
        for name, old in before.items():
            assert [{column: new[column] for column in old} for new in after[name]] == [old]
        with running_lab(url, simulator, tmp_path, LAB_USER_CONCURRENCY=0) as lab:
            check_that_it_serves(lab)
