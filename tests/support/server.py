"""A production server of the app, in a copy of the project: the working tree and a server running there are let be."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.running import until

PROJECT = Path(__file__).parents[2]
HOST = "127.0.0.1"
# Settings of the developer's shell must not reach the server under test. PYTEST_CURRENT_TEST among them: Reflex behaves
# differently where it is set, and the tests are about what users get.
APPS = ("REFLEX_", "REDIS_", "GRANIAN_", "ALEMBIC_", "VITE_", "MULTISESSION_")
FOREIGN = ("PYTHON", "PYTEST_", *APPS)


# Of 31 numbers one is for each worker of pytest-xdist, so that no two look at the same one; all are below those from
# which the machine gives connections their ports.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = random.sample(range(20_000 + _WORKER % 31, 32_000, 31), 300)


def free_port() -> int:
    """Find a port that nothing listens on, another one each time."""
    while True:
        port = _PORTS.pop()
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


def environment(extra: Mapping[str, str] = {}) -> dict[str, str]:
    """Give a child process this one's environment without the settings that would change the app, then `extra`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    return kept | {"PYTHONUNBUFFERED": "1"} | dict(extra)


def _left_out(folder: str, names: list[str]) -> set[str]:
    """Name what a copy of the project does without: built things, data, environments, the tests."""
    dotted = {name for name in names if name.startswith(".") and name != ".npmrc"}
    made = {name for name in names if name in {"__pycache__", "node_modules", "uploaded_files"}}
    environments = {name for name in names if (Path(folder) / name / "pyvenv.cfg").exists()}
    tests = {"tests"} if Path(folder) == PROJECT else set()
    return dotted | made | environments | tests


def copy_project(to: Path) -> Path:
    """Copy the project's sources."""
    shutil.copytree(PROJECT, to, ignore=_left_out)
    return to


def cheapen_hashes(project: Path) -> None:
    """Let argon2 take next to no time in a copy of the project: the tests sign thousands of people in.

    In the copy's source, so that nothing of the app itself can be told to. What its hashes cost is tested with them.
    """
    [module] = project.rglob("passwords.py")
    source = module.read_text()
    cheap = source.replace("memory_cost=19456", "memory_cost=8").replace("time_cost=2", "time_cost=1")
    assert cheap.count("_cost=8,") == cheap.count("_cost=1,") == 1
    module.write_text(cheap)


SEEN: dict["Server", int] = {}
"""How much each server had logged when the current test began, to show a failed test its own part of the log."""


class Server:
    """One `reflex run --env prod`, on a port of its own, with a database of its own.

    The port is part of the build, so a server keeps it across restarts.
    """

    def __init__(
        self,
        folder: Path,
        extra: Mapping[str, str] = {},
        built_by: "Server | None" = None,
        *,
        is_measured: bool = False,
    ) -> None:
        """Copy the project into `folder`; `extra` are environment variables for the app.

        With `built_by` the server serves another one's build, in a second instead of several. Its pages then talk to
        that other server, so it is for clients without a browser only. One that is measured hashes as users get it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.root: Path = built_by.root if built_by else self._make_project(folder / "project")
        if not built_by and not is_measured:
            cheapen_hashes(self.root)
        self.port = free_port()
        # The name localhost, not the number: browsers take Secure cookies from http://localhost only.
        self.url = self.api = f"http://localhost:{self.port}"
        self.log_path = folder / "server.log"
        self.database = folder / "app.db"
        own = {
            "REFLEX_DB_URL": f"sqlite:///{self.database}",
            "REFLEX_STATES_WORKDIR": str(folder / "states"),
            # All people of the tests come from one address.
            "MULTISESSION_RATE_LIMITS": "off",
        }
        self.extra = own | dict(extra)
        self._process: subprocess.Popen[bytes] | None = None
        self._built = built_by is not None

    @property
    def log(self) -> str:
        """All that the server has printed, across restarts."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def start(self) -> None:
        """Build if that was not done yet, serve, and wait until the page comes."""
        SEEN.setdefault(self, 0)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._command()],
                cwd=self.root,
                env=environment(self.extra),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(self._answers, f"the server to answer; its log: {self.log_path}", seconds=240)
        self._built = True

    def _make_project(self, to: Path) -> Path:
        return copy_project(to)

    def _command(self) -> list[str]:
        if self._built:
            return ["-m", "multisession_app.serve_built", HOST, str(self.port)]
        return ["-m", "reflex", "run", "--env", "prod", "--backend-host", HOST, "--backend-port", str(self.port)]

    def _answers(self) -> bool:
        if self._process is not None and (code := self._process.poll()) is not None:
            pytest.fail(f"the server ended with {code}; its output ends:\n{self.log[-3000:]}")
        try:
            for address in (self.url, f"{self.api}/ping"):
                urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            return False
        return True

    def stop(self, *, kill: bool = False) -> None:
        """End the server and its workers, and nothing else; with `kill` as a crash would, without a last word."""
        process, self._process = self._process, None
        if process is None:
            return
        # The server leads a session of its own, so its process group holds its workers and no one else.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def restart(self, *, kill: bool = False) -> None:
        """Stop, and start again on the same port with the same database, without building again."""
        self.stop(kill=kill)
        self.start()
