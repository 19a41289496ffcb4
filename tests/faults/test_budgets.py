"""What a budget holds reserved comes back, whatever becomes of the process, the database or its answer."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete

from core.domain.audit import Note
from core.domain.budgets import Budget, BudgetPeriod, BudgetScope, BudgetState
from core.errors import StoreUnavailable
from core.store.budget_states import BudgetStates
from core.store.budgets import BudgetStore
from core.store.database import UNREACHABLE, Database
from core.store.tables import budgets
from tests.browser.product import running_product
from tests.faults.test_processes import ledger, settings, talking
from tests.fixtures.lab import ended, start
from tests.fixtures.servers import eventually

__all__ = ["settings"]

UTC_ZONE = ZoneInfo("UTC")


def set_budget(database: Database, scope: BudgetScope = BudgetScope.LAB, member: str = "") -> None:
    one = Budget(uuid4(), "All", scope, member, BudgetPeriod.MONTH, Decimal(100), True, "root", datetime.now(UTC))
    BudgetStore(database, UTC_ZONE).add(one, Note("root", "set budget", "All"))


def standing(database: Database) -> BudgetState:
    [state], _ = BudgetStates(database).shown(datetime.now(UTC))
    return state


@pytest.fixture
def budgeted(served, eve) -> Iterator[Database]:
    """The database of the served lab, with a budget of eve's while the test lasts."""
    set_budget(served.lab.database, BudgetScope.USER, eve.id)
    yield served.lab.database
    served.lab.database.call(lambda connection: connection.execute(delete(budgets)))


def test_what_a_killed_process_held_reserved_comes_back_at_the_next_start(settings, tmp_path):
    with running_product(tmp_path, **settings) as product:
        with ledger(product) as database:
            set_budget(database)
        with talking(product):
            with ledger(product) as database:
                assert standing(database).reserved > 0
            product.process.kill()
            product.process.wait()
    with running_product(tmp_path, **settings) as product, ledger(product) as database:
        eventually(lambda: standing(database).reserved == 0)
        assert 0 < standing(database).spent < 1


def test_when_the_answer_to_a_commit_is_lost_nothing_stays_reserved(served, eve, budgeted, monkeypatch):
    admissions = served.lab.runs._ledger._admissions._database
    whole = admissions.call

    def committed_and_silent(work, **limits):
        whole(work, **limits)
        monkeypatch.undo()
        raise StoreUnavailable(UNREACHABLE)

    monkeypatch.setattr(admissions, "call", committed_and_silent)
    with pytest.raises(StoreUnavailable):
        start(served.lab, eve, "openai/sim/words")
    eventually(lambda: standing(budgeted).reserved == 0)
    assert standing(budgeted).spent == 0


@pytest.mark.parametrize("model", ["openai/sim/words", "openai/sim/error-400", "openai/sim/truncated"])
def test_however_a_run_ends_its_cost_takes_the_place_of_its_reservation(served, eve, budgeted, model):
    outcome = ended(start(served.lab, eve, model))
    eventually(lambda: standing(budgeted).reserved == 0)
    assert standing(budgeted).spent == (outcome.cost.amount or 0)
