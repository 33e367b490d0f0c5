"""Alembic's environment: runs the migrations on the connection and with the version table of `Database.migrate`."""

from alembic import context

attributes = context.config.attributes
context.configure(connection=attributes["connection"], version_table=attributes["version_table"])
context.run_migrations()
