"""The caller's runs that have ended: page by page, or one of them whole."""

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from core import lab
from core.api.answers import answered
from core.api.callers import caller
from core.api.cursors import Cursor, cursor_of
from core.api.exports import Tag
from core.api.queries import Instant, Query, Word, asked
from core.api.schemas import HistoryEntry, HistoryList, RunDetails
from core.domain.accounts import Scope, User
from core.domain.periods import Period
from core.domain.queries import HistoryFilter
from core.domain.runs import RunEntry, RunRecord, RunStatus, speed
from core.services.history import MAX_PAGE_SIZE

FURTHEST = 1_000_000_000

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class HistoryQuery(Query):
    """Which runs, and where among them to begin."""

    limit: int = Field(20, ge=1, le=MAX_PAGE_SIZE)
    offset: int = Field(0, ge=0, le=FURTHEST)
    """How many runs to leave out. Far into a long history, `cursor` is much faster."""
    cursor: Cursor | None = None
    """The `next_cursor` of an earlier answer: begin after its last run."""
    model_id: Word | None = None
    status: Literal["completed", "incomplete", "cancelled", "error", "unknown"] | None = None
    error_code: Word | None = None
    tag: Tag | None = None
    """Only runs that bear this tag, as `name=value`."""
    q: Word | None = None
    """Only runs in whose prompts each of these words stands, or begins a word, as far as prompts are kept."""
    first: Instant | None = Field(None, alias="from")
    """Only runs started at this instant or later."""
    before: Instant | None = Field(None, alias="to")
    """Only runs started before this instant."""

    @property
    def filter(self) -> HistoryFilter:
        """What restricts the runs."""
        return HistoryFilter(
            model_id=self.model_id,
            status=RunStatus(self.status) if self.status else None,
            error_code=self.error_code,
            tag=self.tag,
            period=Period(self.first or _FIRST, self.before or _LAST) if self.first or self.before else None,
            text=self.q,
        )


async def history(request: Request) -> Response:
    """`GET /llm/test/history`: the caller's runs, newest first."""
    user = (await caller(request, Scope.READ)).user
    return await answered(_history, user, asked(request, HistoryQuery))


async def one_run(request: Request) -> Response:
    """`GET /llm/test/history/{id}`: one of the caller's runs, whole. 404 for another's."""
    user = (await caller(request, Scope.READ)).user
    return await answered(_one_run, user, request.path_params["id"])


def _history(user: User, query: HistoryQuery) -> HistoryList:
    lab.current().runs.catch_up(user)
    found = lab.current().history.entries(
        user, query.filter, size=query.limit, skip=query.offset, older_than=query.cursor
    )
    return HistoryList(
        total=found.total,
        limit=query.limit,
        offset=query.offset,
        next_cursor=cursor_of(found.older) if found.older else None,
        tests=tuple(HistoryEntry(**_told(entry)) for entry in found.entries),
    )


def _one_run(user: User, run_id: str) -> RunDetails:
    lab.current().runs.catch_up(user)
    run = lab.current().history.ended(user, run_id)
    return RunDetails(
        **_told(run),
        messages=run.messages,
        reasoning=run.reasoning,
        error_message=run.error_message,
        finish_reason=run.finish_reason,
        notices=run.notices,
        cached_tokens=run.usage.cached_tokens,
        cache_write_tokens=run.usage.cache_write_tokens,
        reasoning_tokens=run.usage.reasoning_tokens,
        tokens_per_second=speed(run.output_tokens, run.latency_ms, run.ttft_ms),
        answered_by=run.answered_by,
        origin=run.origin,
    )


def _told(run: RunEntry | RunRecord) -> dict[str, Any]:
    same = HistoryEntry.model_fields.keys() - {"cost", "cost_source", "tokens_used"}
    fields = {name: getattr(run, name) for name in same}
    return {**fields, "tokens_used": run.total_tokens, "cost": run.cost.amount, "cost_source": run.cost.source}
