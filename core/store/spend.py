"""What the runs cost, and how they went: sums of rollups, so the time they take hardly grows with the runs.

A stopped run is no error; runs under way are in no figure. All that a report tells is of one moment.
"""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from core.domain.spend import (
    MODEL,
    PROVIDER,
    TAG,
    USER,
    Days,
    Grain,
    SpendFilter,
    SpendReport,
    Summary,
    Totals,
)
from core.store.rollups import Rollups
from core.store.spend_queries import Reading
from core.store.sums import as_groups, merged, sum_of

SHOWN = 8
"""How many keys of a breakdown have slices of their own."""

DAYS_BEFORE = 120
"""How many days before a period its outliers and forecasts are reckoned from."""

_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL plan_cache_mode = force_custom_plan"
"""All that a report tells is of one moment. Where rows lie depends on the values, so a query is planned for its own."""


class SpendStore:
    """Reads what was spent. Whose figures may be read is not decided here."""

    def __init__(self, rollups: Rollups) -> None:
        self._rollups = rollups
        self._database = rollups.database
        self._zone = rollups.zone

    def report(
        self,
        days: Days,
        previous: Days,
        filter: SpendFilter,
        *,
        by: str = MODEL,
        grain: Grain = Grain.DAY,
        everybody: bool,
    ) -> SpendReport:
        """Return all that is told about `days`, and the totals of `previous` to compare with.

        `filter` restricts both. Slices are by the breakdown `by` and of the length `grain`. `everybody` asks for the
        figures by person and by tag as well.
        """

        def work(connection: Connection) -> SpendReport:
            connection.execute(text(_ONE_MOMENT))
            read = Reading(connection, self._rollups, filter)
            models = read.groups(days, "r.model_name", read.models)
            by_model = as_groups(models)
            by_provider = as_groups(merged((key.partition("/")[0], sums) for key, sums in models))
            tags = read.tags(days) if everybody else {}
            by_user = as_groups(read.groups(days, "r.member", read.everyone)) if everybody else []
            ranked = {MODEL: by_model, PROVIDER: by_provider, USER: by_user}.get(by) or tags.get(by[len(TAG) :], [])
            return SpendReport(
                days_asked=days,
                totals=sum_of(models),
                previous=sum_of(read.groups(previous, "''", read.all_models)),
                slices=read.slices(days, grain, by, [group.key for group in ranked[:SHOWN]]),
                by_model=by_model,
                by_provider=by_provider,
                by_user=by_user,
                by_tag=tags,
                error_kinds=read.errors(days),
                days=read.days(Days(days.first - timedelta(DAYS_BEFORE), days.last)),
                hours=read.hours(days),
            )

        self._rollups.fold()
        return self._database.call(work)

    def totals(self, days: Days | None, user_id: str | None) -> Totals:
        """Return the figures of some days, or of all time, of one user or of everybody."""
        filter = SpendFilter(user_id=user_id)

        def work(connection: Connection) -> Totals:
            read = Reading(connection, self._rollups, filter)
            return sum_of(read.groups(days, "''", read.all_models))

        self._rollups.fold()
        return self._database.call(work)

    def summary(self, user_id: str) -> Summary:
        """Return what all runs of a user came to."""

        def work(connection: Connection) -> Summary:
            connection.execute(text(_ONE_MOMENT))
            return _summary(connection.execute(text(_SUMMARY), {"user": user_id}).one())

        self._rollups.fold()
        return self._database.call(work)

    def model_ids(self, user_id: str | None) -> list[str]:
        """Return the models that the user, or anybody, has run, in order of their names."""
        self._rollups.fold()
        values = {"scope": "" if user_id is None else USER, "member": user_id or ""}
        return self._database.call(lambda connection: list(connection.scalars(text(_MODELS), values)))

    def catalogue(self) -> list[str]:
        """Return the models that anybody has run, in the order of their first runs: it grows only at its end."""
        self._rollups.fold()
        found = text("SELECT model_name FROM run_models ORDER BY number")
        return self._database.call(lambda connection: list(connection.scalars(found)))

    def tag_values(self) -> dict[str, list[str]]:
        """Return the values that each tag has had, by its name."""
        self._rollups.fold()
        found: dict[str, list[str]] = defaultdict(list)
        for name, value in self._database.call(lambda connection: connection.execute(text(_TAGS)).all()):
            found[name].append(value)
        return dict(found)


_SUMMARY = """
    SELECT sum(runs) AS runs, sum(input_tokens + output_tokens) AS tokens, sum(cost) AS cost,
        sum(latency_ms) AS latency_ms, sum(timed_runs) AS timed_runs,
        count(DISTINCT model_name) FILTER (WHERE runs > 0) AS models,
        (SELECT created_at FROM llm_usage_logs WHERE user_id = :user AND status <> 'started'
            ORDER BY created_at DESC, id DESC LIMIT 1) AS last_run_at
    FROM rollups WHERE grain = 'm' AND scope = 'user' AND member = :user AND model_name <> ''"""

_MODELS = """
    SELECT model_name FROM rollups
    WHERE grain = 'm' AND scope = :scope AND member = :member AND model_name <> '' AND runs > 0
    GROUP BY model_name ORDER BY model_name COLLATE "C" """

_TAGS = f"""
    SELECT substr(scope, {len(TAG) + 1}) AS name, member FROM rollups
    WHERE grain = 'm' AND scope LIKE 'tag:%' AND model_name = '' AND runs > 0 GROUP BY 1, 2 ORDER BY 1, 2"""


def _summary(row: Row[Any]) -> Summary:
    timed = int(row.timed_runs or 0)
    return Summary(
        runs=int(row.runs or 0),
        tokens=int(row.tokens or 0),
        cost=Decimal(row.cost or 0),
        mean_latency_ms=float(row.latency_ms / timed) if timed else None,
        models=int(row.models),
        last_run_at=row.last_run_at,
    )
