"""What the runs cost, and how they went: sums over a period, by day, model, provider and user.

Days are local days of the reporting zone. Percentiles interpolate between neighbours (SQL's `percentile_cont`).
Runs under way are in no figure; a stopped run is no error.
"""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Date, Row, case, cast, func, literal, select, text, tuple_
from sqlalchemy.dialects.postgresql import array

from core.domain.periods import Period
from core.domain.queries import DailySpend, Group, SpendReport, Summary, Totals
from core.domain.runs import RunStatus
from core.store.database import Database
from core.store.rows import IS_ESTIMATE, STATUS
from core.store.tables import llm_usage_logs as logs

Conditions = list[ColumnElement[bool]]

_FAILED = STATUS.element == RunStatus.ERROR
_COST = func.coalesce(func.sum(logs.c.cost), 0)
_TOKENS = func.sum(logs.c.input_tokens) + func.sum(logs.c.output_tokens)
_ERRORS = func.count().filter(_FAILED)

_FIGURES = (
    func.count().label("runs"),
    func.coalesce(func.sum(logs.c.input_tokens), 0).label("input_tokens"),
    func.coalesce(func.sum(logs.c.output_tokens), 0).label("output_tokens"),
    _COST.label("cost"),
    func.coalesce(func.sum(logs.c.cost).filter(IS_ESTIMATE), 0).label("estimated_cost"),
    func.count().filter(logs.c.cost.is_(None)).label("unknown_runs"),
    _ERRORS.label("errors"),
    func.percentile_cont(array([0.5, 0.95])).within_group(logs.c.latency_ms).label("latency"),
    func.percentile_cont(0.5).within_group(logs.c.ttft_ms).label("p50_ttft_ms"),
    func.max(logs.c.created_at).label("last_run_at"),
)

_SUMS = {
    "runs": func.count(),
    "tokens": _TOKENS,
    "cost": func.sum(logs.c.cost),
    "latency_ms": func.sum(logs.c.latency_ms),
    "timed_runs": func.count(logs.c.latency_ms),
}


class SpendStore:
    """Reads what was spent. Whose figures may be read is not decided here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def report(
        self,
        period: Period,
        previous: Period,
        zone: ZoneInfo,
        *,
        user_id: str | None,
        model_id: str | None = None,
        provider: str | None = None,
        by_user: bool,
    ) -> SpendReport:
        """Return all that is told about `period`, and the totals of `previous` to compare with.

        `user_id`, `model_id` and `provider` restrict both; None does not. `by_user` asks for the figures by person.
        """
        chosen = _chosen(user_id, model_id, provider)

        def work(connection: Connection) -> SpendReport:
            now, before = [*chosen, *_within(period)], [*chosen, *_within(previous)]
            groups = _groups(connection, now, by_user)
            return SpendReport(
                period=period,
                totals=groups[_EVERYTHING][0].totals,
                previous=_totals(connection, before),
                by_day=_by_day(connection, now, zone),
                by_model=groups["model"],
                by_provider=groups["provider"],
                by_user=groups["user"],
                error_kinds=_error_kinds(connection, now),
            )

        return self._database.call(work)

    def totals(self, period: Period | None, user_id: str | None) -> Totals:
        """Return the figures of `period`, or of all time, of one user or of everybody."""
        conditions = [*_chosen(user_id, None, None), *(_within(period) if period else [])]
        return self._database.call(lambda connection: _totals(connection, conditions))

    def summary(self, user_id: str) -> Summary:
        """Return what all runs of a user came to."""
        sums = [figure.label(name) for name, figure in _SUMS.items()]
        last = func.max(logs.c.created_at).label("last_run_at")
        models = select(*sums, last).where(*_chosen(user_id, None, None)).group_by(logs.c.model_name).subquery()
        together = [func.coalesce(func.sum(models.c[name]), 0).label(name) for name in _SUMS]
        query = select(func.count().label("models"), *together, func.max(models.c.last_run_at).label("last_run_at"))
        return self._database.call(lambda connection: _as_summary(connection.execute(query).one()))


def _chosen(user_id: str | None, model_id: str | None, provider: str | None) -> Conditions:
    wanted = ((logs.c.user_id, user_id), (logs.c.model_name, model_id), (logs.c.provider, provider))
    return [logs.c.status != RunStatus.STARTED, *(column == value for column, value in wanted if value is not None)]


def _within(period: Period) -> Conditions:
    return [logs.c.created_at >= period.start, logs.c.created_at < period.end]


def _totals(connection: Connection, conditions: Conditions) -> Totals:
    return _as_totals(connection.execute(select(*_FIGURES).where(*conditions)).one())


_EVERYTHING = "everything"
_GROUPED_BY = {"model": logs.c.model_name, "provider": logs.c.provider, "user": logs.c.user_id}


def _groups(connection: Connection, conditions: Conditions, by_user: bool) -> dict[str, list[Group]]:
    """Return the figures of everything, and by model, provider and user, the dearest first, in one pass."""
    columns = {kind: column for kind, column in _GROUPED_BY.items() if by_user or kind != "user"}
    # Each grouping set leaves one column standing, so the first that is not null is its key.
    kind = case(*((func.grouping(column) == 0, kind) for kind, column in columns.items()), else_=_EVERYTHING)
    key = func.coalesce(*columns.values(), "")
    sets = func.grouping_sets(tuple_(), *(tuple_(column) for column in columns.values()))
    query = select(kind.label("kind"), key.label("key"), *_FIGURES).where(*conditions).group_by(sets)
    groups: dict[str, list[Group]] = {kind: [] for kind in (_EVERYTHING, *_GROUPED_BY)}
    for row in connection.execute(query.order_by(_COST.desc(), func.count().desc(), key)):
        groups[row.kind].append(Group(row.key, _as_totals(row)))
    return groups


def _by_day(connection: Connection, conditions: Conditions, zone: ZoneInfo) -> list[DailySpend]:
    day = cast(func.timezone(literal(zone.key), logs.c.created_at), Date)
    figures = (_COST, func.count(), _TOKENS, _ERRORS)
    query = select(day, logs.c.model_name, *figures).where(*conditions).group_by(text("1"), text("2"))
    return [DailySpend(*row) for row in connection.execute(query.order_by(text("1"), text("2")))]


def _error_kinds(connection: Connection, conditions: Conditions) -> list[tuple[str, int]]:
    code, count = func.coalesce(logs.c.error_code, "unknown"), func.count()
    query = select(code, count).where(*conditions, _FAILED).group_by(text("1")).order_by(count.desc(), text("1"))
    return [(str(kind), int(runs)) for kind, runs in connection.execute(query)]


def _as_summary(row: Row[Any]) -> Summary:
    return Summary(
        runs=int(row.runs),
        tokens=int(row.tokens),
        cost=Decimal(row.cost),
        mean_latency_ms=float(row.latency_ms / row.timed_runs) if row.timed_runs else None,
        models=row.models,
        last_run_at=row.last_run_at,
    )


def _as_totals(row: Row[Any]) -> Totals:
    p50, p95 = row.latency or (None, None)
    return Totals(
        runs=row.runs,
        input_tokens=int(row.input_tokens),
        output_tokens=int(row.output_tokens),
        cost=Decimal(row.cost),
        estimated_cost=Decimal(row.estimated_cost),
        unknown_runs=row.unknown_runs,
        errors=row.errors,
        p50_latency_ms=p50,
        p95_latency_ms=p95,
        p50_ttft_ms=row.p50_ttft_ms,
        last_run_at=row.last_run_at,
    )
