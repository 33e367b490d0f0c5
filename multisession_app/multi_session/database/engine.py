"""Connections to SQLite and PostgreSQL, set up so that the rest need not know which of them it is."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from ..options import DATABASE_TIMEOUT

POOL_SIZE = 10
"""Maximum number of connections of one process, and so of queries that it runs at once."""
_PAUSE = 0.05
_TIMEOUT_MS = int(DATABASE_TIMEOUT.total_seconds() * 1000)
# Settings of each PostgreSQL connection. Waiting for a row that another transaction has locked counts towards
# `statement_timeout`.
_POSTGRES_SETTINGS = {
    "timezone": "UTC",
    "statement_timeout": str(_TIMEOUT_MS),
    "idle_in_transaction_session_timeout": str(_TIMEOUT_MS),
}


def make_engine(url: str) -> Engine:
    """Return the engine for a database URL; it connects at the first query. Make the folder of a SQLite file."""
    # `hide_parameters`: errors go to the log, and the parameters are hashes and e-mails.
    settings: dict[str, Any] = {"pool_size": POOL_SIZE, "max_overflow": 0, "hide_parameters": True}
    address = make_url(url)
    if address.drivername in {"postgres", "postgresql"}:
        # Hosting services write the URL so. SQLAlchemy would look for another driver.
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() == "postgresql":
        return create_engine(address, **settings, connect_args=_postgres_settings(address))
    if (path := address.database) and path != ":memory:" and not path.startswith("file:"):
        _make_private(Path(path))
    engine = create_engine(address, **settings)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # The driver's own BEGIN comes late, and never for DDL; `begin` below sends it instead.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {_TIMEOUT_MS}")
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _make_private(path: Path) -> None:
    # Other users of the machine must not read it. SQLite gives the files beside it, -wal and -shm, the same rights.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(0o600)
    for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        # Another user's file may be shared on purpose, or by several workers, which delete the latter two.
        with contextlib.suppress(PermissionError, FileNotFoundError):
            file.chmod(0o600)


def _write_ahead(connection: sqlite3.Connection) -> None:
    # If several workers change a new file to WAL at the same moment, SQLite refuses some at once, whatever the timeout.
    deadline = time.monotonic() + DATABASE_TIMEOUT.total_seconds()
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _postgres_settings(address: URL) -> dict[str, str]:
    seconds = str(int(DATABASE_TIMEOUT.total_seconds()))
    settings = {
        "options": " ".join(f"-c {name}={value}" for name, value in _POSTGRES_SETTINGS.items()),
        "connect_timeout": seconds,
        # Without these a thread waits for minutes for a host that has vanished (libpq, 32.1.2).
        "tcp_user_timeout": str(_TIMEOUT_MS),
        "keepalives_idle": seconds,
        "application_name": "multi_session",
    }
    # Parameters of the URL win: a pooler in between may not know these settings.
    return {name: value for name, value in settings.items() if name not in address.query}
