"""The server's time for each page where there is much to administer: ten thousand people, three thousand prices, a
million notes in the audit log."""

from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from bench.figures import Figure
from bench.pages import median_ms
from bench.processes import app, signed_in
from core.store.embedded import EmbeddedPostgres
from tests.browser.product import running_product

PAGES = ("", "history", "stats", "account", "people", "keys", "prices", "budgets", "invoices", "refusals", "audit")
PAGES += ("privacy",)
PEOPLE, PRICES, NOTES = 10_000, 3_000, 1_000_000
LIMIT_MS = 300

_FILLING = (
    f"""INSERT INTO users (id, username, password_hash, tier, role)
    SELECT 'many-' || n, 'person.' || n, '!', (ARRAY['trial', 'starter', 'professional', 'enterprise'])[1 + n % 4],
        (ARRAY['ops', 'ops', 'ops', 'pm'])[1 + n % 4] FROM generate_series(1, {PEOPLE}) AS n""",
    f"""INSERT INTO llm_models (name, display_name, cost_per_1m_input_tokens, cost_per_1m_output_tokens, metadata)
    SELECT 'openrouter/maker/model-' || n, 'Model ' || n, 1, 2, jsonb_build_object('source', 'provider', 'prices',
        jsonb_build_object('input', jsonb_build_object('base', '1'), 'output', jsonb_build_object('base', '2'),
            'source', 'provider', 'as_of', '2026-11-20')) FROM generate_series(1, {PRICES}) AS n""",
    f"""INSERT INTO own_prices (model_name, starts_at, prices, set_by, set_at)
    SELECT 'openrouter/maker/model-' || n, now() - interval '1 day', jsonb_build_object('input',
        jsonb_build_object('base', '3'), 'output', jsonb_build_object('base', '4'), 'source', 'administrator'),
        'many-1', now() FROM generate_series(1, {PRICES}) AS n""",
    f"""INSERT INTO audit_log (at, actor, act, subject, details)
    SELECT now() - n * interval '17 seconds', 'many-' || 1 + n % {PEOPLE},
        (ARRAY['read run', 'list runs', 'set budget', 'save key', 'change tier'])[1 + n % 5], md5(n::text),
        '{{"before": {{"tier": "trial"}}, "after": {{"tier": "starter"}}}}'::jsonb
    FROM generate_series(1, {NOTES}) AS n""",
    f"""INSERT INTO refusals (user_id, model_name, code, minute, message, times)
    SELECT 'many-' || 1 + n % {PEOPLE}, 'openai/gpt-4o', 'tier_too_low', date_trunc('minute', now()) - n *
        interval '1 minute', 'GPT-4o needs the enterprise tier; yours is trial.', 3
    FROM generate_series(1, 100000) AS n""",
    """INSERT INTO budgets (id, name, scope, member, period, zone, limit_usd, hard, counts_from, made_by, made_at)
    SELECT gen_random_uuid(), 'Budget ' || n, 'user', 'many-' || n, 'month', 'UTC', 10, true, current_date, 'many-1',
        now() FROM generate_series(1, 1000) AS n""",
    """INSERT INTO invoices (id, provider, first_day, last_day, total_usd, added_by, added_at)
    SELECT gen_random_uuid(), 'openai', current_date - n, current_date - n + 6, n, 'many-1', now()
    FROM generate_series(1, 300) AS n""",
)


def run() -> list[Figure]:
    """Measure, and return a figure for each page."""
    with TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "server") as postgres:
        settings = {"DATABASE_URL": postgres.url, "LAB_LOCAL_MODEL": "off"}
        with running_product(Path(folder), **settings) as product:
            product.command("demo-data")
        _fill(postgres.url)
        with running_product(Path(folder), **settings) as product:
            cookie = signed_in(product)
            times = {page: median_ms(product.url, page, cookie) for page in PAGES}
    with app("empty_app.py") as empty:
        peer = median_ms(empty.url, "", "")
    beside = ("ms", "an empty Streamlit page", peer)
    return [
        Figure(f"server time, {page or 'playground'}, much to administer", value, *beside, under=LIMIT_MS)
        for page, value in times.items()
    ]


def _fill(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in _FILLING:
            connection.execute(statement)  # type: ignore[arg-type]
        connection.execute("ANALYZE")
