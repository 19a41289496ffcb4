"""The queries of one report of spend, under one filter. Each reads few rows: a period is its whole months, and the days
at its ends."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from core.domain.periods import local_midnight
from core.domain.spend import (
    MODEL,
    OTHERS,
    PROVIDER,
    TAG,
    USER,
    Days,
    DayTotal,
    Grain,
    Group,
    HourOfWeek,
    Slice,
    SpendFilter,
)
from core.store.rollup_sql import MEASURES
from core.store.rollups import Rollups
from core.store.sums import Sums, as_groups

_PROVIDER_OF = "left(split_part(r.model_name, '/', 1), 50)"
_SUMS = ", ".join(f"sum(r.{name}) AS {name}" for name in MEASURES)

Values = dict[str, Any]


class Reading:
    """The queries of one report, under one filter."""

    def __init__(self, connection: Connection, rollups: Rollups, filter: SpendFilter) -> None:
        self._connection = connection
        self._zone = rollups.zone
        self._filter = filter
        scope, member = _scope(filter)
        self._values: Values = {
            "scope": scope,
            "member": member,
            "model": filter.model_id,
            "provider": filter.provider,
            "zone": self._zone.key,
        }
        chosen = [("r.model_name = :model", filter.model_id), (f"{_PROVIDER_OF} = :provider", filter.provider)]
        named = [condition for condition, value in chosen if value is not None]
        mine = ["r.scope = :scope", "r.member = :member"]
        self.models = [*mine, *named, "r.model_name <> ''"]
        """The rows of each model, under the filter."""
        self.all_models = [*mine, *(named or ["r.model_name = ''"]), *(["r.model_name <> ''"] if named else [])]
        """The rows of all models together, where the filter names none."""
        self.everyone = ["r.scope = 'user'", *self.all_models[2:]]
        """The rows of each user. They know of no tags."""
        self._of_tags = ["r.scope LIKE 'tag:%'", *self.all_models[2:]]

    def groups(self, days: Days | None, key: str, conditions: list[str]) -> list[tuple[str, Sums]]:
        """Return the sums by `key`."""
        if self._filter.tag and conditions is self.everyone:
            return []
        query = f"SELECT {key} AS key, {_SUMS} FROM {self._spans(days)} WHERE {' AND '.join(conditions)} GROUP BY 1"
        rows = self._connection.execute(text(query), self._values | self._span_values(days))
        return [(row[0], Sums(tuple(row[1:]))) for row in rows if row.runs]

    def tags(self, days: Days) -> dict[str, list[Group]]:
        """Return the groups of each tag, by its name."""
        if self._filter.tag:
            return {}
        found: dict[str, list[tuple[str, Sums]]] = defaultdict(list)
        for key, sums in self.groups(days, "r.scope || chr(10) || r.member", self._of_tags):
            name, _, value = key.partition("\n")
            found[name.removeprefix(TAG)].append((value, sums))
        return {name: as_groups(groups) for name, groups in sorted(found.items())}

    def slices(self, days: Days, grain: Grain, by: str, shown: list[str]) -> list[Slice]:
        """Return the slices of the days, with the keys `shown` apart; none of hours that are not kept."""
        key, conditions = self._breakdown(by)
        hours = grain is Grain.HOUR
        if hours and self._values["scope"] and by in (MODEL, PROVIDER):
            key, conditions = f"'{OTHERS}'", self.all_models  # a person's hours, and a tag's, know of no models
        query = f"""
            SELECT timezone(:zone, date_trunc('{grain}', starts, :zone)) AS at, key,
                sum(cost) AS cost, sum(runs) AS runs, sum(tokens) AS tokens, sum(errors) AS errors
            FROM (
                SELECT r.starts, CASE WHEN {key} = ANY(:shown) THEN {key} ELSE '{OTHERS}' END AS key,
                    sum(r.cost) AS cost, sum(r.runs) AS runs, sum(r.input_tokens + r.output_tokens) AS tokens,
                    sum(r.failed) AS errors
                FROM rollups AS r WHERE r.grain = :grain AND r.starts >= :first AND r.starts < :end
                    AND {" AND ".join(conditions)} GROUP BY 1, 2
            ) AS fine
            GROUP BY 1, 2 HAVING sum(runs) <> 0 ORDER BY 1, 2"""
        values = self._values | self._ends(days) | {"grain": "h" if hours else "d", "shown": shown}
        return [_slice(row) for row in self._connection.execute(text(query), values)]

    def errors(self, days: Days) -> list[tuple[str, int]]:
        """Return how often runs failed, by kind, most often first."""
        conditions = " AND ".join(self.all_models)
        query = f"""
            SELECT r.code, sum(r.runs) AS runs FROM {self._spans(days, "rollup_errors")} WHERE {conditions}
            GROUP BY 1 HAVING sum(r.runs) <> 0 ORDER BY 2 DESC, 1"""
        rows = self._connection.execute(text(query), self._values | self._span_values(days))
        return [(code, int(runs)) for code, runs in rows]

    def days(self, days: Days) -> list[DayTotal]:
        """Return the days that have runs."""
        query = f"""
            SELECT timezone(:zone, r.starts)::date AS day, sum(r.cost), sum(r.runs), sum(r.failed),
                sum(r.input_tokens + r.output_tokens)
            FROM rollups AS r WHERE r.grain = 'd' AND r.starts >= :first AND r.starts < :end
                AND {" AND ".join(self.all_models)} GROUP BY 1 HAVING sum(r.runs) <> 0 ORDER BY 1"""
        rows = self._connection.execute(text(query), self._values | self._ends(days))
        return [DayTotal(day, cost, *map(int, counts)) for day, cost, *counts in rows]

    def hours(self, days: Days) -> list[HourOfWeek] | None:
        """Return the hours of the week that have runs; None where hours are not kept for what is asked."""
        if self._values["scope"] and (self._filter.model_id or self._filter.provider):
            return None
        query = f"""
            SELECT extract(isodow FROM timezone(:zone, r.starts))::int - 1,
                extract(hour FROM timezone(:zone, r.starts))::int, sum(r.cost), sum(r.runs)
            FROM rollups AS r WHERE r.grain = 'h' AND r.starts >= :first AND r.starts < :end
                AND {" AND ".join(self.all_models)} GROUP BY 1, 2 HAVING sum(r.runs) <> 0"""
        rows = self._connection.execute(text(query), self._values | self._ends(days))
        return [HourOfWeek(weekday, hour, cost, int(runs)) for weekday, hour, cost, runs in rows]

    def _breakdown(self, by: str) -> tuple[str, list[str]]:
        match by:
            case "model":
                return "r.model_name", self.models
            case "provider":
                return _PROVIDER_OF, self.models
            case "user":
                return "r.member", self.everyone
        self._values["tag"] = by[:40]
        return "r.member", ["r.scope = :tag", *self.all_models[2:]]

    def _spans(self, days: Days | None, table: str = "rollups") -> str:
        """A table's rows that make up some days, each once."""
        if days is None:
            return f"(SELECT * FROM {table} WHERE grain = 'm') AS r"
        numbers = range(len(list(_spans(days))))
        spans = ", ".join(f"(:grain{n}, CAST(:first{n} AS timestamptz), CAST(:end{n} AS timestamptz))" for n in numbers)
        on = "r.grain = span.grain AND r.starts >= span.first AND r.starts < span.end_"
        return f"(VALUES {spans}) AS span (grain, first, end_) JOIN {table} AS r ON {on}"

    def _span_values(self, days: Days | None) -> Values:
        values: Values = {}
        for number, (grain, first, end) in enumerate(_spans(days) if days else ()):
            values |= {
                f"grain{number}": grain,
                f"first{number}": self._midnight(first),
                f"end{number}": self._midnight(end),
            }
        return values

    def _ends(self, days: Days) -> Values:
        return {"first": self._midnight(days.first), "end": self._midnight(days.last + timedelta(1))}

    def _midnight(self, day: date) -> datetime:
        return local_midnight(day, self._zone)


def _scope(filter: SpendFilter) -> tuple[str, str]:
    if filter.user_id is not None:
        return USER, filter.user_id
    return (f"{TAG}{filter.tag[0]}"[:40], filter.tag[1]) if filter.tag else ("", "")


def _spans(days: Days) -> Iterator[tuple[str, date, date]]:
    """Yield grains with their first days and the days after their last ones: whole months, and days around them."""
    end = days.last + timedelta(1)
    first_month = _month_after(days.first) if days.first.day > 1 else days.first
    last_month = end.replace(day=1)
    if first_month >= last_month:
        yield "d", days.first, end
        return
    for grain, first, after in (("d", days.first, first_month), ("m", first_month, last_month), ("d", last_month, end)):
        if first < after:
            yield grain, first, after


def _month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(32)).replace(day=1)


def _slice(row: Row[Any]) -> Slice:
    return Slice(row.at, row.key, row.cost, int(row.runs), int(row.tokens), int(row.errors))
