"""Alembic's entry: runs the revisions on the connection that `migrate` gives, in its transaction."""

from alembic import context

from core.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
