"""What a database is compared with: the tables that the models say."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from multisession_app.multi_session.database.transactions import Database

_PREFIX = "multi_session_"


def differences(database: Database) -> list[Any]:
    """Return how the kit's tables in a database differ from the models: columns, indexes, constraints."""

    def is_ours(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
        return (table or "").startswith(_PREFIX)

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_ours})
        found: list[Any] = compare_metadata(context, SQLModel.metadata)
        return found
