"""The engine, its transactions off the event loop, and the migration at start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlmodel import Session

from .errors import SchemaTooNew
from .models import VERSION_TABLE

MIGRATIONS = Path(__file__).parent / "migrations"
_POOL_SIZE = 10
_BUSY_TIMEOUT_MS = 30_000
# Any constant does: it only has to be the same in every worker of this app.
_MIGRATION_LOCK = 7_263_001

T = TypeVar("T")


class Database:
    """One database, on SQLite or PostgreSQL, used from threads so that no query holds up the event loop."""

    def __init__(self, url: str) -> None:
        """Open nothing yet; make the folder of a SQLite file."""
        self.engine = _engine(url)
        # SQLite takes the write lock at once: a read that turns into a write after another's write would fail
        # with SQLITE_BUSY, which no timeout cures.
        self._writing = self.engine.execution_options(write=True)
        self._limiter = anyio.CapacityLimiter(_POOL_SIZE)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a thread, in a transaction that is rolled back at its end."""
        return await anyio.to_thread.run_sync(self._read, work, limiter=self._limiter)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a thread, in a transaction that is committed at its end, or rolled back if it raises."""
        return await anyio.to_thread.run_sync(self._write, work, limiter=self._limiter)

    def _read(self, work: Callable[[Session], T]) -> T:
        with Session(self.engine, expire_on_commit=False) as db:
            return work(db)

    def _write(self, work: Callable[[Session], T]) -> T:
        with Session(self._writing, expire_on_commit=False) as db, db.begin():
            return work(db)

    def migrate(self, migrations: Path = MIGRATIONS, version_table: str = VERSION_TABLE.name) -> None:
        """Bring the tables of a folder of Alembic scripts up to date; several processes may call it at once.

        Raises:
            SchemaTooNew: a newer version of the app has migrated this database.
        """
        with self._writing.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            _upgrade(connection, migrations, version_table)


def _engine(url: str) -> Engine:
    # Without the parameters, which are hashes and e-mails, in any error that goes to a log.
    settings: dict[str, Any] = {"pool_size": _POOL_SIZE, "max_overflow": 0, "hide_parameters": True}
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, **settings, pool_pre_ping=True)
    if (path := make_url(url).database) and path != ":memory:":
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(url, **settings)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # The driver's own BEGIN comes late and never for DDL; `begin` below says it instead.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _upgrade(connection: Connection, migrations: Path, version_table: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=version_table)
    try:
        command.upgrade(config, "head")
    except (CommandError, ResolutionError) as error:
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        found = connection.execute(text(f"SELECT version_num FROM {version_table}")).scalar()  # noqa: S608 - our name
        if found in known:
            raise
        raise SchemaTooNew(
            f"The database is at schema version {found!r}, which this version of the app does not know. "
            "Start the newer version that made it, or restore a backup from before."
        ) from error
