"""A budget over HTTP: what is refused by it says which, how much, and until when, in the contract's words."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.domain.access import Role
from core.domain.accounts import User
from core.domain.budgets import BudgetPeriod, BudgetScope, Plan
from core.store.tables import refusals
from tests.api.test_runs import asked, exact
from tests.fixtures.http import Served
from tests.fixtures.lab import add_user, calls
from tests.fixtures.servers import eventually
from tests.simulator import Simulator

MODEL = "openai/sim/words"


@pytest.fixture
def root(served: Served):
    return add_user(served.lab, "root", role=Role.ADMIN)


def budget(served: Served, root: User, limit: str, scope=BudgetScope.LAB, member="", *, hard=True):
    served.lab.budgets.add(root, Plan("Everything", scope, member, BudgetPeriod.MONTH, limit, hard))


def test_what_a_budget_has_no_room_for_is_refused_and_not_sent(served: Served, simulator: Simulator, root):
    budget(served, root, "0.0001")
    ann = add_user(served.lab)
    with served.client(ann) as client:
        answer = client.post("/llm/test", json=asked(MODEL, max_tokens=100_000))
    detail = exact(answer)["detail"]
    assert answer.status_code == 429
    assert set(detail) == {"error", "limit", "used", "resets_at"}
    assert (Decimal(str(detail["limit"])), Decimal(str(detail["used"]))) == (Decimal("0.0001"), 0)
    assert "The budget “Everything” has $0.0001 of $0.0001 left this month" in detail["error"]
    resets_at = datetime.fromisoformat(detail["resets_at"])
    wait = (resets_at - datetime.now(UTC)).total_seconds()
    assert abs(int(answer.headers["retry-after"]) - wait) < 5
    assert calls(simulator) == []
    noted = select(refusals.c.user_id, refusals.c.code)
    eventually(lambda: served.lab.database.call(lambda connection: connection.execute(noted).all()))
    assert served.lab.database.call(lambda connection: connection.execute(noted).all()) == [(ann.id, "budget_reached")]


@pytest.mark.parametrize("changes", [{"hard": False}, {"scope": BudgetScope.TAG, "member": "team: ads"}])
def test_a_budget_that_only_tells_or_is_for_something_else_refuses_nothing(served: Served, root, changes):
    budget(served, root, "0", **changes)
    with served.client(add_user(served.lab)) as client:
        assert client.post("/llm/test", json=asked(MODEL, stream=False)).status_code == 200


def test_a_budget_of_a_tag_refuses_runs_that_bear_it(served: Served, root):
    budget(served, root, "0", scope=BudgetScope.TAG, member="team: ads")
    with served.client(add_user(served.lab)) as client:
        assert client.post("/llm/test", json=asked(MODEL, tags={"team": "ads"})).status_code == 429
        assert client.post("/llm/test", json=asked(MODEL, tags={"team": "search"}, stream=False)).status_code == 200
