"""What an administrator keeps: limits, keys, providers, prices, budgets, corrections, invoices, settings, refusals."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PEOPLE = """
ALTER TABLE users ADD COLUMN limits jsonb NOT NULL DEFAULT '{}'::jsonb;
ALTER TABLE users ADD COLUMN openid varchar(400);
ALTER TABLE users ADD COLUMN erased_at timestamptz;
CREATE UNIQUE INDEX uq_users_openid ON users (openid);

CREATE TABLE password_links (
    code_hash varchar(64) CONSTRAINT pk_password_links PRIMARY KEY,
    user_id varchar(100) NOT NULL CONSTRAINT fk_password_links_user_id REFERENCES users (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

CREATE TABLE tier_rules (
    tier varchar(30) CONSTRAINT pk_tier_rules PRIMARY KEY,
    rules jsonb NOT NULL
);
"""

KEYS = """
CREATE TABLE provider_keys (
    owner varchar(100) NOT NULL,
    provider varchar(50) NOT NULL,
    sealed text NOT NULL,
    base_url varchar(500) NOT NULL,
    ending varchar(4) NOT NULL,
    added_by varchar(100) NOT NULL,
    added_at timestamptz NOT NULL,
    checked_at timestamptz,
    last_used_at timestamptz,
    failed_at timestamptz,
    failure varchar(500),
    CONSTRAINT pk_provider_keys PRIMARY KEY (owner, provider)
);

CREATE TABLE added_providers (
    name varchar(50) CONSTRAINT pk_added_providers PRIMARY KEY,
    display_name varchar(60) NOT NULL,
    base_url varchar(500) NOT NULL,
    needs_key boolean NOT NULL DEFAULT true,
    inner_network boolean NOT NULL DEFAULT false,
    enabled boolean NOT NULL DEFAULT true,
    added_by varchar(100) NOT NULL,
    added_at timestamptz NOT NULL
);
"""

PRICES = """
CREATE TABLE own_prices (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_own_prices PRIMARY KEY,
    model_name varchar(200) NOT NULL,
    starts_at timestamptz NOT NULL,
    prices jsonb,
    note varchar(300) NOT NULL DEFAULT '',
    set_by varchar(100) NOT NULL,
    set_at timestamptz NOT NULL
);
CREATE INDEX ix_own_prices_model_name_starts_at ON own_prices (model_name, starts_at);

CREATE TABLE repricings (
    id uuid CONSTRAINT pk_repricings PRIMARY KEY,
    made_by varchar(100) NOT NULL,
    made_at timestamptz NOT NULL,
    reason varchar(300) NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    filter jsonb NOT NULL DEFAULT '{}'::jsonb,
    runs bigint NOT NULL,
    cost_before numeric NOT NULL,
    cost_after numeric NOT NULL
);

CREATE TABLE cost_changes (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_cost_changes PRIMARY KEY,
    run_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    cause varchar(20) NOT NULL,
    repricing_id uuid CONSTRAINT fk_cost_changes_repricing_id REFERENCES repricings (id),
    old jsonb NOT NULL,
    new jsonb NOT NULL
);
CREATE INDEX ix_cost_changes_run_id ON cost_changes (run_id);
CREATE INDEX ix_cost_changes_repricing_id ON cost_changes (repricing_id);

CREATE TABLE cost_lookups (
    run_id uuid CONSTRAINT pk_cost_lookups PRIMARY KEY,
    created_at timestamptz NOT NULL,
    provider varchar(50) NOT NULL,
    generation_id varchar(200) NOT NULL,
    user_id varchar(100) NOT NULL,
    paid_by varchar(10) NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz,
    failure varchar(300)
);
CREATE INDEX ix_cost_lookups_next_at ON cost_lookups (next_at);

CREATE TABLE invoices (
    id uuid CONSTRAINT pk_invoices PRIMARY KEY,
    provider varchar(50) NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    total_usd numeric NOT NULL,
    lines jsonb NOT NULL DEFAULT '{}'::jsonb,
    note varchar(300) NOT NULL DEFAULT '',
    added_by varchar(100) NOT NULL,
    added_at timestamptz NOT NULL
);
CREATE INDEX ix_invoices_first_day ON invoices (first_day);
"""

LAB = """
CREATE TABLE lab_settings (
    name varchar(60) CONSTRAINT pk_lab_settings PRIMARY KEY,
    value jsonb NOT NULL
);

CREATE TABLE changes (
    topic varchar(40) CONSTRAINT pk_changes PRIMARY KEY,
    version bigint NOT NULL
);

CREATE TABLE refusals (
    user_id varchar(100) NOT NULL,
    model_name varchar(200) NOT NULL,
    code varchar(50) NOT NULL,
    minute timestamptz NOT NULL,
    message varchar(500) NOT NULL,
    times integer NOT NULL,
    CONSTRAINT pk_refusals PRIMARY KEY (user_id, model_name, code, minute)
);
CREATE INDEX ix_refusals_minute ON refusals (minute DESC);
CREATE INDEX ix_refusals_user_id ON refusals (user_id, minute DESC);
CREATE INDEX ix_refusals_code ON refusals (code, minute DESC);

CREATE INDEX ix_llm_usage_logs_error_recent ON llm_usage_logs (error_code, created_at DESC, id DESC)
    WHERE error_code IS NOT NULL;

CREATE INDEX ix_audit_log_actor ON audit_log (actor, at DESC, id DESC);
CREATE INDEX ix_audit_log_actor_act ON audit_log (actor, act, at DESC, id DESC);
CREATE INDEX ix_audit_log_act ON audit_log (act, at DESC, id DESC);
CREATE INDEX ix_audit_log_subject ON audit_log (subject, at DESC, id DESC);
ALTER TABLE audit_log ADD COLUMN words tsvector GENERATED ALWAYS AS (
    to_tsvector('simple', subject) || jsonb_to_tsvector('simple', details, '"all"')
) STORED;
CREATE INDEX ix_audit_log_words ON audit_log USING gin (words);
"""

BUDGETS = """
CREATE TABLE budgets (
    id uuid CONSTRAINT pk_budgets PRIMARY KEY,
    name varchar(60) NOT NULL,
    scope varchar(20) NOT NULL,
    member varchar(200) NOT NULL,
    period varchar(10) NOT NULL,
    zone varchar(100) NOT NULL,
    limit_usd numeric NOT NULL,
    hard boolean NOT NULL,
    counts_from date NOT NULL,
    made_by varchar(100) NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE INDEX ix_budgets_scope_member ON budgets (scope, member);

CREATE TABLE budget_periods (
    budget_id uuid NOT NULL CONSTRAINT fk_budget_periods_budget_id REFERENCES budgets (id) ON DELETE CASCADE,
    starts date NOT NULL,
    spent numeric NOT NULL,
    reserved numeric NOT NULL,
    CONSTRAINT pk_budget_periods PRIMARY KEY (budget_id, starts)
);
"""

PAID_BY = """
ALTER TABLE llm_usage_logs ADD COLUMN paid_by varchar(10) NOT NULL DEFAULT 'lab';
ALTER TABLE rollups ADD COLUMN own_key_cost numeric NOT NULL DEFAULT 0;
ALTER TABLE rollup_changes ADD COLUMN paid_by varchar(10) NOT NULL DEFAULT 'lab';
"""

FIGURES = """created_at, user_id, model_name, tags,
    CASE WHEN status = 'completed' AND NOT success THEN 'error' ELSE status END,
    error_code, cost_source, CASE WHEN abs(cost) < 1e30 THEN cost END,
    input_tokens, output_tokens, cached_tokens, latency_ms, ttft_ms, paid_by"""

NOTES = f"""
CREATE OR REPLACE FUNCTION note_ledger_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO rollup_changes SELECT 1, {FIGURES} FROM new_rows WHERE status <> 'started';
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO rollup_changes SELECT -1, {FIGURES} FROM old_rows WHERE status <> 'started';
    ELSE
        INSERT INTO rollup_changes
        SELECT -1, gone.* FROM (SELECT {FIGURES} FROM old_rows WHERE status <> 'started'
            EXCEPT ALL SELECT {FIGURES} FROM new_rows WHERE status <> 'started') AS gone
        UNION ALL
        SELECT 1, come.* FROM (SELECT {FIGURES} FROM new_rows WHERE status <> 'started'
            EXCEPT ALL SELECT {FIGURES} FROM old_rows WHERE status <> 'started') AS come;
    END IF;
    RETURN NULL;
END $$;
"""

USED = """
    sum(sign * CASE WHEN status <> 'started' AND abs(cost) < 1e30 THEN cost ELSE 0 END) AS spent,
    sum(sign * CASE WHEN status = 'started' THEN coalesce(reserved_usd, 0) ELSE 0 END) AS reserved"""

SCOPES = """LATERAL (
    SELECT 'lab' AS scope, '' AS member UNION ALL SELECT 'user', run.user_id
    UNION ALL SELECT 'provider', run.provider UNION ALL SELECT 'model', run.model_name
    UNION ALL SELECT 'tag', tag.key || '=' || tag.value
        FROM jsonb_each_text(CASE jsonb_typeof(run.tags) WHEN 'object' THEN run.tags ELSE '{}' END) AS tag
        WHERE tag.value IS NOT NULL
    ) AS scopes"""


def _counted(runs: str) -> str:
    """Add what `runs`, rows of the ledger with a sign, mean for the budgets; in one order, so nobody waits in a
    circle."""
    return f"""
        INSERT INTO budget_periods AS kept
        SELECT * FROM (
            SELECT budget.id, date_trunc(budget.period, timezone(budget.zone, run.created_at))::date AS starts, {USED}
            FROM ({runs}) AS run CROSS JOIN {SCOPES}
            JOIN budgets AS budget ON budget.scope = scopes.scope AND budget.member = scopes.member
            WHERE run.paid_by = 'lab'
                AND date_trunc(budget.period, timezone(budget.zone, run.created_at))::date >= budget.counts_from
            GROUP BY 1, 2
        ) AS change WHERE spent <> 0 OR reserved <> 0 ORDER BY 1, 2
        ON CONFLICT (budget_id, starts) DO UPDATE
            SET spent = kept.spent + excluded.spent, reserved = kept.reserved + excluded.reserved;"""


COUNTING = f"""
CREATE FUNCTION count_budgets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM budgets) THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN {_counted("SELECT 1 AS sign, * FROM new_rows")}
    ELSIF TG_OP = 'DELETE' THEN {_counted("SELECT -1 AS sign, * FROM old_rows")}
    ELSE {_counted("SELECT -1 AS sign, * FROM old_rows UNION ALL SELECT 1, * FROM new_rows")}
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION forget_budgets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM budget_periods;
    RETURN NULL;
END $$;

CREATE TRIGGER zz_count_inserts AFTER INSERT ON llm_usage_logs REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_budgets();
CREATE TRIGGER zz_count_updates AFTER UPDATE ON llm_usage_logs REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_budgets();
CREATE TRIGGER zz_count_deletes AFTER DELETE ON llm_usage_logs REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_budgets();
CREATE TRIGGER zz_forget_budgets AFTER TRUNCATE ON llm_usage_logs
    FOR EACH STATEMENT EXECUTE FUNCTION forget_budgets();
"""

KEPT_FOR_GOOD = """
CREATE FUNCTION refuse_to_alter_corrections() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What a run cost before is only ever added to.';
END $$;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON cost_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_alter_corrections();
"""


def upgrade() -> None:
    """Apply."""
    for statements in (PEOPLE, KEYS, PRICES, LAB, BUDGETS, PAID_BY, NOTES, COUNTING, KEPT_FOR_GOOD):
        op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    """Take back: refused, since keys, budgets and corrections would be lost. Restore a backup instead."""
    raise NotImplementedError("There is no way back from here. Restore a backup of before.")
