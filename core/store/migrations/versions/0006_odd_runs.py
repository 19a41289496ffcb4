"""The index of the runs that did not go well holds those too that say so with `success` only."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("DROP INDEX ix_llm_usage_logs_odd_recent")
    op.execute(
        "CREATE INDEX ix_llm_usage_logs_odd_recent ON llm_usage_logs"
        " ((CASE WHEN status = 'completed' AND NOT success THEN 'error' ELSE status END), created_at DESC, id DESC)"
        " WHERE status <> 'completed' OR NOT success"
    )


def downgrade() -> None:
    """Take back."""
    op.execute("DROP INDEX ix_llm_usage_logs_odd_recent")
    op.execute(
        "CREATE INDEX ix_llm_usage_logs_odd_recent ON llm_usage_logs (status, created_at DESC, id DESC)"
        " WHERE status <> 'completed'"
    )
