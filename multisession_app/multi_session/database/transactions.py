"""Transactions in threads, new attempts after a lost connection or a conflict, and the migration at start."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlmodel import Session

from ..errors import DatabaseUnavailable, SchemaTooNew
from ..options import LOOK_UP_TIMEOUT
from ..outages import Outage
from .engine import POOL_SIZE, make_engine
from .models import ACTIVATION_INDEX, VERSION_TABLE

MIGRATIONS = Path(__file__).parent / "migrations"
# Attempts at a transaction that conflicts with others. One transaction wins each conflict, so `POOL_SIZE` suffice.
_TURNS = POOL_SIZE
# SQLSTATE codes of conflicts between PostgreSQL transactions, which a new attempt resolves (appendix A).
_SERIALIZATION_FAILURE, _DEADLOCK, _NOT_UNIQUE = "40001", "40P01", "23505"
# PostgreSQL takes nothing at the moment: it is a standby or its host has locked it, or it has ended a transaction that
# took too long. The driver has no better class for these.
_REFUSING = {"25006", "25P03", "25P04"}
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
        self._threads = ThreadPoolExecutor(POOL_SIZE, "database")
        # Look-ups that no answer has come to, by when they began; and when the last answer came to anybody.
        self._waiting: dict[asyncio.Future[Any], float] = {}
        self._answered_at = 0.0
        self._outage = Outage(logger, "The database", "What needs it is refused.")
        # A full disk lets reads through: that is not the end of it.
        self._cannot_write = False

    def close(self) -> None:
        """Wait for what still runs, then close the connections; one that a thread still has would be left open."""
        self._threads.shutdown()
        self.engine.dispose()

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a thread, in a transaction that is rolled back at its end.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        return await self._run(self.engine, work)

    async def look_up(self, work: Callable[[Session], T]) -> T:
        """Run `work` as `read` does, for somebody who waits: until the database answers nobody for `LOOK_UP_TIMEOUT`.

        A host that hangs keeps its connections open, and PostgreSQL's driver waits for as long. While others are
        answered, this is only a queue.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        if self._patience() > 0:
            call, answer = self._start(self.engine, work)
            self._waiting[answer] = time.monotonic()
            answer.add_done_callback(self._waiting.pop)
            try:
                while (left := self._patience()) > 0:
                    if (await asyncio.wait({answer}, timeout=left))[0]:
                        return answer.result()
            finally:
                # This does nothing unless the call still waits for a thread. A thread cannot be stopped.
                call.cancel()
            self._outage.note(TimeoutError())
        raise DatabaseUnavailable

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a thread, in a transaction that is committed at its end, or rolled back if it raises.

        `work` may run more than once, each time in a new transaction: after a connection lost before COMMIT was sent,
        and after a conflict with another transaction.

        Raises:
            DatabaseUnavailable: the database does not answer, and nothing is done. If it went away during the commit,
                all is done or nothing.
        """
        return await self._run(self._writing, work)

    async def _run(self, engine: Engine, work: Callable[[Session], T]) -> T:
        if self._patience() <= 0:
            # It hangs, as look-ups have shown: what is begun now would be done at some time, when nobody expects it.
            raise DatabaseUnavailable
        call, answer = self._start(engine, work)
        try:
            await asyncio.wait({answer})
        finally:
            call.cancel()
        return answer.result()

    def _start(self, engine: Engine, work: Callable[[Session], T]) -> tuple[Future[T], asyncio.Future[T]]:
        call = self._threads.submit(copy_context().run, self._in_turn, engine, work)
        answer = asyncio.wrap_future(call)
        # Whoever asked may be gone before the answer. Then nobody wants to hear of an error either.
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        return call, answer

    def _patience(self) -> float:
        """Return for how many seconds a look-up may still wait; what others wait for in vain counts too."""
        now = time.monotonic()
        since = max(min(self._waiting.values(), default=now), self._answered_at)
        return since + LOOK_UP_TIMEOUT.total_seconds() - now

    def _in_turn(self, engine: Engine, work: Callable[[Session], T]) -> T:
        lost = crossed = 0
        while True:
            try:
                result = _transact(engine, work)
            except _NothingDone as failure:
                lost += failure.is_lost
                crossed += failure.is_crossed
                # An idle connection may have been cut, so one loss is retried. If the next is lost too, the server is
                # gone.
                is_enough = lost > 1 or crossed == _TURNS
                if is_enough or not (failure.is_lost or failure.is_crossed):
                    raise self._explained(engine, failure.error) from failure.error
            except DBAPIError as error:
                raise self._explained(engine, error) from error
            else:
                self._answered_at = time.monotonic()
                if engine is self._writing or not self._cannot_write:
                    self._cannot_write = False
                    self._outage.end()
                return result

    def _explained(self, engine: Engine, error: DBAPIError) -> Exception:
        is_refusing = isinstance(error, InternalError) and getattr(error.orig, "sqlstate", None) in _REFUSING
        if not (is_refusing or isinstance(error, OperationalError | InterfaceError)):
            return error
        self._cannot_write |= engine is self._writing
        self._outage.note(error.orig or error)
        return DatabaseUnavailable()

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
        except (OperationalError, InterfaceError) as error:
            # Only here with the driver's text, which names host and user: whoever starts the app needs it.
            logger.error("The database does not answer: %s", error)
            raise DatabaseUnavailable from error


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
