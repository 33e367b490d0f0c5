"""The HTTP door alone, served by the server that Reflex takes, in a second and without a build."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from multisession_app.multi_session.http.routes import api
from multisession_app.multi_session.options import BASE_PATH, Options
from multisession_app.multi_session.security import passwords
from multisession_app.multi_session.security.rate_limits import RateLimits
from tests.support.running import until
from tests.support.server import HOST, PROJECT, environment, free_port

DATABASE, LIMITS, HASHES = "API_SERVER_DATABASE", "API_SERVER_LIMITS", "API_SERVER_HASHES"


def reduce_hashes() -> None:
    """Let argon2 take half a millisecond in this process, so that what is done around it can be measured."""
    passwords._context.update(argon2__memory_cost=8, argon2__time_cost=1)
    passwords._dummy_hash.cache_clear()


def make_app() -> Any:
    """Return the app, behind one proxy; called in the server's process."""
    if os.environ[HASHES] == "reduced":
        reduce_hashes()
    database = Database(os.environ[DATABASE])
    database.migrate()
    limits = RateLimits(is_on=os.environ[LIMITS] == "on")
    kit = MultiSession(options=Options(trusted_proxy_hops=1), database=database, rate_limits=limits)
    return DeviceMiddleware(api(), kit)


@contextmanager
def served(database: Path, *, limits: bool, are_hashes_reduced: bool = False) -> Iterator[str]:
    """Serve the app on that SQLite file and give its address."""
    port = free_port()
    url = f"http://{HOST}:{port}"
    own = {
        DATABASE: f"sqlite:///{database}",
        LIMITS: "on" if limits else "off",
        HASHES: "reduced" if are_hashes_reduced else "as in the app",
    }
    command = ["granian", "--interface", "asgi", "--factory", "--no-ws", "--host", HOST, "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, "-m", *command, f"{__name__}:make_app"],
        cwd=PROJECT,
        env=environment(own),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: _answers(url), "the server to answer", seconds=60)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}{BASE_PATH}/ok", timeout=5).close()
    except OSError:
        return False
    return True
