"""The ledger by months, tags, what the statistics read, search by words, the audit log."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COLUMNS = """
    id uuid NOT NULL,
    user_id varchar(100) NOT NULL,
    model_name varchar(200) NOT NULL,
    provider varchar(50) GENERATED ALWAYS AS (left(split_part(model_name, '/', 1), 50)) STORED NOT NULL,
    input_tokens integer DEFAULT 0 NOT NULL,
    output_tokens integer DEFAULT 0 NOT NULL,
    total_tokens integer DEFAULT 0 NOT NULL,
    cached_tokens integer DEFAULT 0 NOT NULL,
    cache_write_tokens integer DEFAULT 0 NOT NULL,
    reasoning_tokens integer DEFAULT 0 NOT NULL,
    cost numeric,
    cost_source varchar(20) DEFAULT 'unknown' NOT NULL,
    latency_ms integer,
    ttft_ms integer,
    success boolean DEFAULT false NOT NULL,
    status varchar(20) DEFAULT 'completed' NOT NULL,
    error_code varchar(50),
    error_message text,
    finish_reason varchar(50),
    origin varchar(20) DEFAULT 'api' NOT NULL,
    usage_reported boolean DEFAULT false NOT NULL,
    raw_usage jsonb,
    prices jsonb,
    cost_lines jsonb,
    notices jsonb DEFAULT '[]'::jsonb NOT NULL,
    generation_id varchar(200),
    answered_by varchar(200),
    service_tier varchar(50),
    reserved_usd numeric,
    estimated_input_tokens integer,
    instance_id bigint,
    deadline_at timestamptz,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    settled_at timestamptz
"""

KEPT = """
    id, user_id, model_name, input_tokens, output_tokens, total_tokens, cached_tokens, cache_write_tokens,
    reasoning_tokens, cost, cost_source, latency_ms, ttft_ms, success, status, error_code, error_message, finish_reason,
    origin, usage_reported, raw_usage, prices, cost_lines, notices, generation_id, answered_by, service_tier,
    reserved_usd, estimated_input_tokens, instance_id, deadline_at, metadata, created_at, settled_at
"""

INDEXES = (
    "CREATE INDEX ix_llm_usage_logs_user_recent ON llm_usage_logs (user_id, created_at DESC, id DESC)",
    "CREATE INDEX ix_llm_usage_logs_recent ON llm_usage_logs (created_at DESC, id DESC)",
    "CREATE INDEX ix_llm_usage_logs_model_recent ON llm_usage_logs (model_name, created_at DESC, id DESC)",
    """CREATE INDEX ix_llm_usage_logs_odd_recent ON llm_usage_logs (status, created_at DESC, id DESC)
       WHERE status <> 'completed'""",
    "CREATE INDEX ix_llm_usage_logs_started ON llm_usage_logs (deadline_at) WHERE status = 'started'",
    "CREATE INDEX ix_llm_usage_logs_tags ON llm_usage_logs USING gin (tags jsonb_path_ops) WHERE tags <> '{}'::jsonb",
)

FIGURES = """created_at, user_id, model_name, tags,
    CASE WHEN status = 'completed' AND NOT success THEN 'error' ELSE status END,
    error_code, cost_source, CASE WHEN abs(cost) < 1e30 THEN cost END,
    input_tokens, output_tokens, cached_tokens, latency_ms, ttft_ms"""

TRIGGER = f"""
CREATE FUNCTION note_ledger_changes() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION forget_rollups() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE rollups, rollup_errors, rollup_changes;
    RETURN NULL;
END $$;

CREATE TRIGGER note_inserts AFTER INSERT ON llm_usage_logs REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION note_ledger_changes();
CREATE TRIGGER note_updates AFTER UPDATE ON llm_usage_logs REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION note_ledger_changes();
CREATE TRIGGER note_deletes AFTER DELETE ON llm_usage_logs REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION note_ledger_changes();
CREATE TRIGGER forget_all AFTER TRUNCATE ON llm_usage_logs
    FOR EACH STATEMENT EXECUTE FUNCTION forget_rollups();
"""

ROLLUPS = """
CREATE TABLE rollups (
    grain varchar(1) NOT NULL,
    scope varchar(40) NOT NULL,
    member varchar(200) NOT NULL,
    model_name varchar(200) NOT NULL,
    starts timestamptz NOT NULL,
    runs bigint NOT NULL,
    failed bigint NOT NULL,
    cancelled bigint NOT NULL,
    incomplete bigint NOT NULL,
    unknown bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cached_tokens bigint NOT NULL,
    cost numeric NOT NULL,
    billed_cost numeric NOT NULL,
    estimated_cost numeric NOT NULL,
    unpriced_runs bigint NOT NULL,
    latency_ms bigint NOT NULL,
    timed_runs bigint NOT NULL,
    latencies numeric NOT NULL,
    first_tokens numeric NOT NULL,
    CONSTRAINT pk_rollups PRIMARY KEY (grain, scope, member, starts, model_name)
);
CREATE INDEX ix_rollups_model ON rollups (grain, scope, model_name, starts, member);
CREATE INDEX ix_rollups_all_models ON rollups (grain, scope, starts, member)
    INCLUDE (cost, runs, input_tokens, output_tokens, failed) WHERE model_name = '';

CREATE TABLE rollup_errors (
    grain varchar(1) NOT NULL,
    scope varchar(40) NOT NULL,
    member varchar(200) NOT NULL,
    model_name varchar(200) NOT NULL,
    starts timestamptz NOT NULL,
    code varchar(50) NOT NULL,
    runs bigint NOT NULL,
    CONSTRAINT pk_rollup_errors PRIMARY KEY (grain, scope, member, model_name, starts, code)
);

CREATE TABLE rollup_changes (
    sign smallint NOT NULL,
    created_at timestamptz NOT NULL,
    user_id varchar(100) NOT NULL,
    model_name varchar(200) NOT NULL,
    tags jsonb NOT NULL,
    status varchar(20) NOT NULL,
    error_code varchar(50),
    cost_source varchar(20) NOT NULL,
    cost numeric,
    input_tokens integer NOT NULL,
    output_tokens integer NOT NULL,
    cached_tokens integer NOT NULL,
    latency_ms integer,
    ttft_ms integer
);

CREATE TABLE rollup_zone (zone varchar(100) CONSTRAINT pk_rollup_zone PRIMARY KEY);

CREATE TABLE run_models (
    number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_run_models PRIMARY KEY,
    model_name varchar(200) NOT NULL CONSTRAINT uq_run_models_model_name UNIQUE
);
INSERT INTO run_models (model_name)
    SELECT model_name FROM llm_usage_logs GROUP BY model_name ORDER BY min(created_at), model_name;
"""

WORDS = """
ALTER TABLE run_texts ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', left(
    jsonb_path_query_array(messages, '$[*] ? (@.role == "user")') -> -1 ->> 'content', 20000))) STORED;
CREATE INDEX ix_run_texts_words ON run_texts USING gin (words);
"""

AUDIT = """
CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_audit_log PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor varchar(100) NOT NULL,
    act varchar(60) NOT NULL,
    subject varchar(200) NOT NULL,
    details jsonb NOT NULL DEFAULT '{}'::jsonb
);
CREATE INDEX ix_audit_log_at ON audit_log (at DESC, id DESC);
CREATE FUNCTION refuse_to_alter_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is only ever added to.';
END $$;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_alter_audit();
"""


def upgrade() -> None:
    """Apply."""
    op.execute("ALTER TABLE run_texts DROP CONSTRAINT fk_run_texts_run_id")
    op.execute("ALTER TABLE llm_usage_logs RENAME TO llm_usage_logs_before")
    op.execute("ALTER TABLE llm_usage_logs_before RENAME CONSTRAINT pk_llm_usage_logs TO pk_llm_usage_logs_before")
    for name in ("user_recent", "recent", "started"):
        op.execute(f"DROP INDEX ix_llm_usage_logs_{name}")
    op.execute(
        f"CREATE TABLE llm_usage_logs ({COLUMNS}, CONSTRAINT pk_llm_usage_logs PRIMARY KEY (id, created_at)) "
        "PARTITION BY RANGE (created_at)"
    )
    op.execute("CREATE SCHEMA IF NOT EXISTS llm_usage_months")
    op.execute("CREATE TABLE llm_usage_months.others PARTITION OF llm_usage_logs DEFAULT")
    _create_months()
    op.execute(f"INSERT INTO llm_usage_logs ({KEPT}) SELECT {KEPT} FROM llm_usage_logs_before")
    op.execute("DROP TABLE llm_usage_logs_before")
    for index in INDEXES:
        op.execute(index)
    op.execute(
        "UPDATE run_texts SET created_at = run.created_at FROM llm_usage_logs AS run "
        "WHERE run.id = run_id AND run.created_at <> run_texts.created_at"
    )
    op.execute(
        "ALTER TABLE run_texts ADD CONSTRAINT fk_run_texts_run_id FOREIGN KEY (run_id, created_at) "
        "REFERENCES llm_usage_logs (id, created_at) ON DELETE CASCADE"
    )
    for statements in (ROLLUPS, TRIGGER, WORDS, AUDIT):
        op.get_bind().exec_driver_sql(statements)


def _create_months() -> None:
    """Create the months from that of the first run to a quarter ahead, ten years back at most."""
    now = datetime.now(UTC)
    first = op.get_bind().scalar(sa.text("SELECT min(created_at) FROM llm_usage_logs_before")) or now
    ahead = now.year * 12 + now.month - 1 + 3
    begin = max(first.astimezone(UTC).year * 12 + first.astimezone(UTC).month - 1, ahead - 123)
    for number in range(begin, ahead + 1):
        lower, upper = (f"{month // 12:04}-{month % 12 + 1:02}-01 00:00:00+00" for month in (number, number + 1))
        op.execute(
            f"CREATE TABLE llm_usage_months.m{lower[:4]}_{lower[5:7]} PARTITION OF llm_usage_logs "
            f"FOR VALUES FROM ('{lower}') TO ('{upper}')"
        )


def downgrade() -> None:
    """Take back: refused, since tags and audit notes would be lost. Restore a backup instead."""
    raise NotImplementedError("There is no way back from here. Restore a backup of before.")
