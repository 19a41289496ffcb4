"""What the caller's runs came to."""

from starlette.requests import Request
from starlette.responses import Response

from core import lab
from core.api.answers import answered
from core.api.callers import caller
from core.api.queries import Query, asked
from core.api.schemas import StatsAnswer
from core.domain.accounts import Scope, User


async def stats(request: Request) -> Response:
    """`GET /llm/test/stats`: the figures of all of the caller's runs."""
    user = (await caller(request, Scope.READ)).user
    asked(request, Query)
    return await answered(_stats, user)


def _stats(user: User) -> StatsAnswer:
    lab.current().runs.catch_up(user)
    summary = lab.current().stats.summary(user)
    latency = summary.mean_latency_ms
    return StatsAnswer(
        total_tests=summary.runs,
        total_tokens=summary.tokens,
        total_cost=summary.cost,
        avg_latency_ms=None if latency is None else round(latency, 1),
        models_tested=summary.models,
        last_test_at=summary.last_run_at,
    )
