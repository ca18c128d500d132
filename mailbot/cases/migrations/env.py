"""Runs the migrations on the connection that `mailbot.cases.database.upgrade` hands over."""

from alembic import context

from mailbot.cases.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
