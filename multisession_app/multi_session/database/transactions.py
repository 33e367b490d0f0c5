"""Transactions in threads, new attempts after a lost connection or a conflict, and the migration at start."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlmodel import Session

from ..errors import DatabaseUnavailable, SchemaTooNew
from .engine import POOL_SIZE, make_engine
from .models import ACTIVATION_INDEX, VERSION_TABLE

MIGRATIONS = Path(__file__).parent / "migrations"
# Attempts at a transaction that conflicts with others. One transaction wins each conflict, so `POOL_SIZE` suffice.
_TURNS = POOL_SIZE
# SQLSTATE codes of conflicts between PostgreSQL transactions, which a new attempt resolves (appendix A).
_SERIALIZATION_FAILURE, _DEADLOCK, _NOT_UNIQUE = "40001", "40P01", "23505"
# Any constant does: it only has to be the same in every worker of this app.
_MIGRATION_LOCK = 7_263_001

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Database:
    """One database, on SQLite or PostgreSQL, used from threads so that no query holds up the event loop."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet; make the folder of a SQLite file."""
        self.engine = make_engine(url)
        # `write` makes SQLite take the write lock at BEGIN. A read that turns into a write after another
        # transaction's write would fail with SQLITE_BUSY, whatever the timeout.
        self._writing = self.engine.execution_options(write=True)
        self._limiter = anyio.CapacityLimiter(POOL_SIZE)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a thread, in a transaction that is rolled back at its end.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        return await anyio.to_thread.run_sync(self._in_turn, self.engine, work, limiter=self._limiter)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a thread, in a transaction that is committed at its end, or rolled back if it raises.

        `work` may run more than once, each time in a new transaction: after a connection lost before COMMIT was sent,
        and after a conflict with another transaction.

        Raises:
            DatabaseUnavailable: the database does not answer, and nothing is done. If it went away during the commit,
                all is done or nothing.
        """
        return await anyio.to_thread.run_sync(self._in_turn, self._writing, work, limiter=self._limiter)

    def _in_turn(self, engine: Engine, work: Callable[[Session], T]) -> T:
        lost = crossed = 0
        while True:
            try:
                return _transact(engine, work)
            except _NothingDone as failure:
                lost += failure.is_lost
                crossed += failure.is_crossed
                # An idle connection may have been cut, so one loss is retried. If the next is lost too, the server is
                # gone.
                is_enough = lost > 1 or crossed == _TURNS
                if is_enough or not (failure.is_lost or failure.is_crossed):
                    raise _explained(failure.error) from failure.error
            except DBAPIError as error:
                raise _explained(error) from error

    def migrate(self, migrations: Path = MIGRATIONS, version_table: str = VERSION_TABLE.name) -> None:
        """Bring the tables of a folder of Alembic scripts up to date; several processes may call it at once.

        Raises:
            SchemaTooNew: a newer version of the app has migrated this database.
            DatabaseUnavailable: it does not answer.
        """
        try:
            with self._writing.begin() as connection:
                if connection.dialect.name == "postgresql":
                    # Waiting for another worker's migration, or indexing a large table, may take long.
                    connection.execute(text("SET LOCAL statement_timeout = 0"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                _upgrade(connection, migrations, version_table)
        except DBAPIError as error:
            raise _explained(error) from error


class _NothingDone(Exception):
    """A transaction failed before its COMMIT was sent, so nothing of it was done."""

    def __init__(self, error: DBAPIError) -> None:
        self.error = error
        self.is_lost = error.connection_invalidated
        state = getattr(error.orig, "sqlstate", None)
        # Another transaction took the device's next activation at the same moment. For any other unique index a new
        # attempt would meet the same row again.
        is_beaten = state == _NOT_UNIQUE and error.orig.diag.constraint_name == ACTIVATION_INDEX  # type: ignore[union-attr]
        self.is_crossed = state in {_SERIALIZATION_FAILURE, _DEADLOCK} or is_beaten


def _transact(engine: Engine, work: Callable[[Session], T]) -> T:
    is_write = engine.get_execution_options().get("write")
    with Session(engine, expire_on_commit=False) as db:
        try:
            result = work(db)
            if is_write:
                db.flush()
        except DBAPIError as error:
            raise _NothingDone(error) from error
        if is_write:
            db.commit()
        return result


def _explained(error: DBAPIError) -> Exception:
    if not isinstance(error, OperationalError | InterfaceError):
        return error
    # This logs no secret: `hide_parameters` leaves the parameters out, and a driver's message has no password.
    logger.error("The database does not answer: %s", error)
    return DatabaseUnavailable()


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
