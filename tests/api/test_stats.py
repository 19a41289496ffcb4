"""The figures of the caller over HTTP."""

import json
from decimal import Decimal
from uuid import uuid4

from core.domain.pricing import UNKNOWN, Cost, CostSource
from core.domain.runs import RunStatus
from core.domain.usage import Usage
from tests.fixtures.accounts import PASSWORD
from tests.fixtures.runs import admission, record

STATS = "/api/v1/llm/test/stats"


def test_without_a_run_there_is_nothing_to_sum_up(signed_in):
    assert signed_in.get(STATS).json() == {
        "total_tests": 0,
        "total_tokens": 0,
        "total_cost": 0,
        "avg_latency_ms": None,
        "models_tested": 0,
        "last_test_at": None,
    }


def test_the_figures_are_the_sums_of_the_callers_own_runs_to_the_last_digit(signed_in, accounts, ledger, user):
    other = accounts.add(f"other{uuid4().hex[:8]}", PASSWORD, tier=user.tier, role=user.role)
    dear = Cost(amount=Decimal("0.12345678901234567890123"), source=CostSource.PROVIDER)
    record(ledger, admission(user.id), cost=dear, latency_ms=100)
    record(ledger, admission(user.id), cost=dear, latency_ms=201)
    record(ledger, admission(user.id, model_id="groq/a"), cost=UNKNOWN, status=RunStatus.ERROR, usage=Usage())
    record(ledger, admission(other.id))
    told = json.loads(signed_in.get(STATS).text, parse_float=Decimal)
    assert told == {
        "total_tests": 3,
        "total_tokens": 328,
        "total_cost": Decimal("0.24691357802469135780246"),
        "avg_latency_ms": Decimal("500.3"),
        "models_tested": 2,
        "last_test_at": "2026-11-20T12:00:00Z",
    }


def test_a_parameter_is_refused_rather_than_ignored(signed_in):
    assert signed_in.get(STATS, params={"model_id": "groq/a"}).status_code == 422
