"""Runs the migrations on the connection and with the version table that `Database.migrate` hands in."""

from alembic import context

attributes = context.config.attributes
context.configure(connection=attributes["connection"], version_table=attributes["version_table"])
context.run_migrations()
