"""How runs are priced anew, in SQL: exact, and without a run ever leaving the database.

Both ways, pricing anew and taking that back, make `changes`: a row for each run whose cost or source changes, with its
figures before (`old_…`) and after (`new_…`). The rest is the same for both. A tariff comes as a row for each of its
bands (see `core.domain.repricing.bands`), so that a cost is a sum of products: those of `core.domain.pricing.cost_of`.
"""

from core.domain.repricing import LISTS

_LISTED = ", ".join(f"'{source}'" for source in LISTS)

_CHOSEN = """run.created_at >= :first AND run.created_at < :end AND run.status <> 'started'
    AND (CAST(:model AS text) IS NULL OR run.model_name = :model)
    AND (CAST(:provider AS text) IS NULL OR run.provider = :provider)"""

_TARIFFS = """tariff AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(CAST(:tariffs AS jsonb)) AS one (
        model_name text, starts_at timestamptz, ends_at timestamptz, own boolean, exact boolean,
        more_than integer, up_to integer, input numeric, cached numeric, cache_write numeric, output numeric,
        per_request numeric, prices jsonb))"""

_LINES = """(
    SELECT coalesce(jsonb_agg(jsonb_build_object('label', label, 'tokens', tokens, 'per_million', price::text,
        'amount', trim_scale(price * tokens * 0.000001)::text) ORDER BY place), '[]')
    FROM (VALUES (1, 'Input', fresh, tariff.input), (2, 'Cached input', run.cached_tokens, tariff.cached),
        (3, 'Cache write', run.cache_write_tokens, tariff.cache_write), (4, 'Output', run.output_tokens, tariff.output)
    ) AS line (place, label, tokens, price) WHERE tokens > 0
) || CASE WHEN used AND tariff.per_request > 0 THEN jsonb_build_array(jsonb_build_object('label', 'Per request',
    'tokens', 0, 'per_million', '0', 'amount', tariff.per_request::text)) ELSE '[]' END"""

_OLD = """run.id, run.created_at, run.user_id, run.model_name, run.cost AS old_cost, run.cost_source AS old_source,
        run.prices AS old_prices, run.cost_lines AS old_lines"""


def anew(*, whole: bool) -> str:
    """Return the CTE `changes` of pricing anew; without the lines of each sum unless it has to be `whole`."""
    return f"""{_TARIFFS},
priced AS (
    SELECT {_OLD}, tariff.prices AS new_prices, {_LINES if whole else "NULL::jsonb"} AS new_lines,
        trim_scale((fresh * tariff.input + run.cached_tokens * tariff.cached
            + run.cache_write_tokens * tariff.cache_write + run.output_tokens * tariff.output) * 0.000001
            + CASE WHEN used THEN tariff.per_request ELSE 0 END) AS new_cost,
        CASE WHEN NOT used OR (run.usage_reported AND tariff.exact) THEN 'computed' ELSE 'estimated' END AS new_source
    FROM llm_usage_logs AS run
    JOIN tariff ON tariff.model_name = run.model_name
        AND run.created_at >= tariff.starts_at AND run.created_at < tariff.ends_at
        AND run.input_tokens > tariff.more_than AND run.input_tokens <= tariff.up_to
        AND (tariff.own OR coalesce(run.prices ->> 'source', '') NOT IN ({_LISTED}))
    CROSS JOIN LATERAL (SELECT
        greatest(run.input_tokens - run.cached_tokens - run.cache_write_tokens, 0) AS fresh,
        run.input_tokens + run.output_tokens > 0 AS used) AS parts
    WHERE {_CHOSEN} AND run.cost_source <> 'provider' AND abs(run.cost) < 1e30),
changes AS MATERIALIZED (SELECT * FROM priced WHERE new_cost <> old_cost OR new_source <> old_source)"""


BACK = f"""
changes AS MATERIALIZED (
    SELECT {_OLD}, nullif(kept.old -> 'prices', 'null') AS new_prices,
        nullif(kept.old -> 'cost_lines', 'null') AS new_lines,
        (kept.old ->> 'cost')::numeric AS new_cost, kept.old ->> 'cost_source' AS new_source
    FROM cost_changes AS kept JOIN llm_usage_logs AS run ON run.id = kept.run_id AND run.created_at = kept.created_at
    WHERE kept.repricing_id = :undoes AND run.created_at >= :first AND run.created_at < :end
        AND run.cost = (kept.new ->> 'cost')::numeric AND run.cost_source = kept.new ->> 'cost_source')"""
"""The CTE `changes` of taking a repricing back, but for those runs whose cost was changed again since."""

_SUMS = """count(*) AS runs, coalesce(sum(old_cost), 0) AS before, coalesce(sum(new_cost), 0) AS after,
    coalesce(sum(hashtextextended(concat_ws(' ', id, old_cost, old_source, new_cost, new_source), 0)::numeric), 0)::text
        AS digest"""


def previewed(changes: str) -> str:
    """Return the query of what would change: by model, by user, and in all, told apart by their keys."""
    return f"""WITH {changes}
    SELECT model_name, user_id, {_SUMS} FROM changes GROUP BY GROUPING SETS ((model_name), (user_id), ())
    ORDER BY abs(coalesce(sum(new_cost - old_cost), 0)) DESC, model_name, user_id"""


LOOKED_AT = f"""SELECT count(*) AS looked_at, count(*) FILTER (WHERE run.cost_source = 'provider') AS left_alone
    FROM llm_usage_logs AS run WHERE {_CHOSEN}"""
CHANGED_ONCE = "SELECT count(*) AS looked_at, 0 AS left_alone FROM cost_changes WHERE repricing_id = :undoes"
MODELS = f"SELECT DISTINCT run.model_name FROM llm_usage_logs AS run WHERE {_CHOSEN}"


def _kept(side: str) -> str:
    return f"""jsonb_build_object('cost', {side}_cost::text, 'cost_source', {side}_source,
        'prices', {side}_prices, 'cost_lines', {side}_lines)"""


def applied(changes: str) -> str:
    """Return the statement that changes the runs, keeps what they cost before, and tells what it came to.

    A run that somebody else changes at the same moment is left out, and so the sums tell of it.
    """
    return f"""WITH {changes},
changed AS (
    UPDATE llm_usage_logs AS run
    SET prices = new_prices, cost = new_cost, cost_source = new_source, cost_lines = new_lines
    FROM changes WHERE run.id = changes.id AND run.created_at = changes.created_at
        AND run.created_at >= :first AND run.created_at < :end
        AND run.cost = old_cost AND run.cost_source = old_source
    RETURNING changes.*),
kept AS (
    INSERT INTO cost_changes (run_id, created_at, changed_at, cause, repricing_id, old, new)
    SELECT id, created_at, :now, :cause, :repricing, {_kept("old")}, {_kept("new")} FROM changed)
SELECT {_SUMS} FROM changed"""
