"""How rollups are made of facts, in SQL: one way for all, be the facts the whole ledger or what has changed of it.

A fact is a run with its sign: 1 if it counts, -1 if it no longer does. Every measure is a sum, so facts may come in any
order, corrections are facts as well, and coarse rollups are sums of fine ones:

    facts ─┬─ days by user and model ─┬─ everybody's days ─┬─ of each model, and of all ─┬─ days ─┬─ rollups
           ├─ days by tag and model ──┘                                                 └─ months ┤
           └─ hours by model, by user, by tag ────────────────────────────────────────────────────┘

Days, hours and months are those of the reporting zone, as the instants at which they begin. A histogram of durations
is one number: bucket `n` has its count in the decimal digits from 12 n on, so the sum of histograms is a histogram.
"""

from core.domain.histograms import BOUNDS

DIGITS = 12
"""Decimal digits of a bucket's count: a multiple of four, which is how PostgreSQL keeps a number."""

KEYS = ("scope", "member", "starts", "model_name")

_BOUNDS = f"'{{{','.join(map(str, BOUNDS))}}}'::int[]"


def _packed(column: str) -> str:
    unit = f"('1e' || {DIGITS} * width_bucket({column}, {_BOUNDS}))::numeric"
    return f"coalesce(sum(sign * {unit}) FILTER (WHERE {column} IS NOT NULL), 0)"


def _count(condition: str) -> str:
    return f"coalesce(sum(sign) FILTER (WHERE {condition}), 0)"


def _sum(value: str, condition: str = "true") -> str:
    return f"coalesce(sum(sign * {value}) FILTER (WHERE {condition}), 0)"


MEASURES = {
    "runs": "sum(sign)",
    "failed": _count("status = 'error'"),
    "cancelled": _count("status = 'cancelled'"),
    "incomplete": _count("status = 'incomplete'"),
    "unknown": _count("status = 'unknown'"),
    "input_tokens": _sum("input_tokens::bigint"),
    "output_tokens": _sum("output_tokens::bigint"),
    "cached_tokens": _sum("cached_tokens::bigint"),
    "cost": _sum("cost"),
    "billed_cost": _sum("cost", "cost_source = 'provider'"),
    "estimated_cost": _sum("cost", "cost_source IN ('estimated', 'unknown')"),
    "unpriced_runs": _count("cost IS NULL"),
    "latency_ms": _sum("latency_ms::bigint"),
    "timed_runs": _count("latency_ms IS NOT NULL"),
    "latencies": _packed("latency_ms"),
    "first_tokens": _packed("ttft_ms"),
    "own_key_cost": _sum("cost", "paid_by = 'own'"),
}
"""Every measure of a rollup, as a sum over facts. The counts by status are those of runs that were not completed."""

_FACTS_SUMMED = ", ".join(f"{value} AS {name}" for name, value in MEASURES.items())
_SUMMED = ", ".join(f"sum({name}) AS {name}" for name in MEASURES)
_KEYS = ", ".join(KEYS)
_NAMES = ", ".join(("grain", *KEYS, *MEASURES))


def _of_facts(scope: str, member: str, model: str, unit: str, source: str = "facts") -> str:
    starts = f"date_trunc('{unit}', created_at, :zone) AS starts"
    keys = f"{scope} AS scope, {member} AS member, {starts}, {model} AS model_name"
    return f"SELECT {keys}, {_FACTS_SUMMED} FROM {source} GROUP BY 1, 2, 3, 4"


def _of_sums(source: str, **changed: str) -> str:
    keys = ", ".join(f"{changed.get(name, name)} AS {name}" for name in KEYS)
    return f"SELECT {keys}, {_SUMMED} FROM {source} GROUP BY 1, 2, 3, 4"


_TAGS = """(SELECT name, value
    FROM jsonb_each_text(CASE jsonb_typeof(tags) WHEN 'object' THEN tags ELSE '{}' END) AS pairs (name, value)
    WHERE value IS NOT NULL) AS tag"""
_TAGGED = f"facts CROSS JOIN LATERAL {_TAGS}"
_TAG = "left('tag:' || tag.name, 40)"
_TAG_VALUE = "left(tag.value, 200)"

_CELLS = f"""
days_of_users AS MATERIALIZED ({_of_facts("'user'", "user_id", "model_name", "day")}),
days_of_tags AS MATERIALIZED ({_of_facts(_TAG, _TAG_VALUE, "model_name", "day", _TAGGED)}),
days_of_models AS MATERIALIZED (
    SELECT * FROM days_of_users UNION ALL SELECT * FROM days_of_tags
    UNION ALL {_of_sums("days_of_users", scope="''", member="''")}),
days AS MATERIALIZED (SELECT * FROM days_of_models UNION ALL {_of_sums("days_of_models", model_name="''")}),
months AS ({_of_sums("days", starts="date_trunc('month', starts, :zone)")}),
hours_of_models AS MATERIALIZED ({_of_facts("''", "''", "model_name", "hour")}),
hours AS (
    SELECT * FROM hours_of_models UNION ALL {_of_sums("hours_of_models", model_name="''")}
    UNION ALL {_of_facts("'user'", "user_id", "''", "hour")}
    UNION ALL {_of_facts(_TAG, _TAG_VALUE, "''", "hour", _TAGGED)}),
cells AS (
    SELECT 'h' AS grain, * FROM hours UNION ALL SELECT 'd', * FROM days UNION ALL SELECT 'm', * FROM months)"""

_ERRORS = f"""
failures AS MATERIALIZED (
    SELECT scopes.scope, scopes.member, date_trunc('day', created_at, :zone) AS starts, models.model_name,
        coalesce(error_code, 'unknown') AS code, sum(sign) AS runs
    FROM facts
    CROSS JOIN LATERAL (
        SELECT '', '' UNION ALL SELECT 'user', user_id
        UNION ALL SELECT {_TAG}, {_TAG_VALUE} FROM {_TAGS}
    ) AS scopes (scope, member)
    CROSS JOIN LATERAL (VALUES (''), (facts.model_name)) AS models (model_name)
    WHERE status = 'error' GROUP BY 1, 2, 3, 4, 5),
failure_cells AS (
    SELECT 'd' AS grain, * FROM failures UNION ALL
    SELECT 'm', scope, member, date_trunc('month', starts, :zone), model_name, code, sum(runs)
    FROM failures GROUP BY 2, 3, 4, 5, 6)"""


def figures(table: str) -> str:
    """Return the query for what is counted of the settled runs of a table of the ledger.

    A cost that is no number, which only others can write, counts as none: no sum would be one with it.
    """
    return f"""
    SELECT created_at, user_id, model_name, tags,
        CASE WHEN status = 'completed' AND NOT success THEN 'error' ELSE status END AS status,
        error_code, cost_source, CASE WHEN abs(cost) < 1e30 THEN cost END AS cost,
        input_tokens, output_tokens, cached_tokens, latency_ms, ttft_ms, paid_by
    FROM {table} WHERE status <> 'started'"""


_LEDGER = f"SELECT 1 AS sign, run.* FROM ({figures('llm_usage_logs')}) AS run"

_UNFOLDED = """
    SELECT -sign, created_at, user_id, model_name, tags,
        status, error_code, cost_source, cost, input_tokens, output_tokens, cached_tokens, latency_ms, ttft_ms, paid_by
    FROM rollup_changes"""

_INTO = f"INSERT INTO rollups ({_NAMES}) SELECT {_NAMES} FROM cells ORDER BY grain, {_KEYS}"
_ERRORS_INTO = f"""INSERT INTO rollup_errors (grain, {_KEYS}, code, runs)
    SELECT grain, {_KEYS}, code, runs FROM failure_cells ORDER BY grain, {_KEYS}, code"""
_ADDED = ", ".join(f"{name} = rollups.{name} + excluded.{name}" for name in MEASURES)


_PUT_MODELS = """put_models AS (
    INSERT INTO run_models (model_name) SELECT model_name FROM facts
    WHERE NOT EXISTS (SELECT FROM run_models AS known WHERE known.model_name = facts.model_name)
    GROUP BY model_name ORDER BY min(created_at), model_name ON CONFLICT DO NOTHING)"""

FOLD = f"""
WITH facts AS (DELETE FROM rollup_changes RETURNING *),{_CELLS},{_ERRORS},{_PUT_MODELS},
put AS ({_INTO} ON CONFLICT (grain, {_KEYS}) DO UPDATE SET {_ADDED})
{_ERRORS_INTO} ON CONFLICT (grain, {_KEYS}, code) DO UPDATE SET runs = rollup_errors.runs + excluded.runs"""
"""Takes what has changed, and adds it to the rollups. Its parameter is `zone`, as that of all of these."""

REBUILD = f"""
WITH forgotten AS (DELETE FROM rollup_changes),
facts AS NOT MATERIALIZED ({_LEDGER}),{_CELLS},{_ERRORS},{_PUT_MODELS},
put AS ({_INTO})
{_ERRORS_INTO}"""
"""Fills empty rollups from the ledger. One statement reads it and takes the notes of what has changed, so both are of
the same moment."""


def _differing(key: str, values: str, computed: str, kept: str) -> str:
    """Count the keys whose values are not alike in both tables."""
    made, there = (f"SELECT {key}, {values} FROM {table} WHERE runs <> 0" for table in (computed, kept))
    differing = f"({made} EXCEPT ALL {there}) UNION ALL ({there} EXCEPT ALL {made})"
    return f"(SELECT count(DISTINCT ({key})) FROM ({differing}) AS differing)"


DIFFERENCES = f"""
WITH facts AS NOT MATERIALIZED ({_LEDGER} UNION ALL {_UNFOLDED}),{_CELLS},{_ERRORS}
SELECT {_differing(f"grain, {_KEYS}", ", ".join(MEASURES), "cells", "rollups")}
    + {_differing(f"grain, {_KEYS}, code", "runs", "failure_cells", "rollup_errors")}"""
"""Counts the rollups that are other than the ledger says, less what was not folded yet."""
