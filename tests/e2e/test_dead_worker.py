"""A worker that is killed is started again; one that cannot start ends the server with a sentence."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.support.back_end import BackEnd
from tests.support.devices import Device, Tab
from tests.support.running import until
from tests.support.server import HOST, environment, free_port

LOCK_SECONDS = 10
"""Reflex's `redis_lock_expiration`: a state that the dead worker held is let go after so long."""


@pytest.fixture(scope="module")
def workers(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackEnd]:
    """Serve from two processes, by the container's command."""
    extra = {"REFLEX_REDIS_URL": redis_url, "GRANIAN_WORKERS": "2", "GRANIAN_LOG_LEVEL": "info"}
    workers = BackEnd(tmp_path_factory.mktemp("workers"), extra)
    workers.serves_built = True
    try:
        workers.start()
        until(lambda: workers.log.count("Started worker-") == 2, "both workers to serve", 30)
        yield workers
    finally:
        workers.stop()


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackEnd]:
    """Serve from one process, by `reflex run`, as without Redis. What it writes to was open to everybody before."""
    folder = tmp_path_factory.mktemp("worker")
    worker = BackEnd(folder, {"GRANIAN_LOG_LEVEL": "info"})
    worker.database.touch(0o644)
    (folder / "states").mkdir(0o755)
    try:
        worker.start()
        yield worker
    finally:
        worker.stop()


def kill_one(server: BackEnd) -> None:
    """Kill a worker as the kernel does where memory is short, and wait until there is another one that serves."""
    before, started = server.pids(), server.log.count("Started worker-")
    os.kill(before[0], signal.SIGKILL)
    until(lambda: server.log.count("Started worker-") == started + 1, "another worker", 30)
    assert len(server.pids()) == len(before)


def test_tabs_outlive_a_worker(workers: BackEnd) -> None:
    """Those of the others stay; those of the dead one come back as whom they showed, with what was typed in them."""
    device = Device(workers.url)
    ada, _ = device.join("Ada", "Grace")
    sessions = device.sessions()
    with ExitStack() as closing:
        # The kernel gives each to one of the two: all to one of them once in 30,000 times.
        tabs = [closing.enter_context(device.tab()) for _ in range(16)]
        for tab in tabs:
            tab.write_draft(f"of {tab.token}")
        for _ in range(2):
            kill_one(workers)
            gone = until(lambda: [tab for tab in tabs if tab.is_closed], "the tabs of the dead one to close")
            assert len(gone) < len(tabs)
            for tab in gone:
                tabs.remove(tab)
                back = closing.enter_context(device.tab(token=tab.token, patience=LOCK_SECONDS + 10))
                tabs.append(back)
                assert (back.session_id, back.draft) == (tab.session_id, tab.draft)
        # Whichever process has the socket hears of a switch over Redis.
        device.post("/multi-session/set-active", {"sessionId": sessions[ada.email]}).raise_for_status()
        for tab in tabs:
            tab.wait_closed()


def test_signed_out_tabs_of_every_process_follow_a_sign_in(workers: BackEnd) -> None:
    """Each asks by HTTP, of whichever process; the sign-out before it has deleted the cookie of their device."""
    device = Device(workers.url)
    ada = device.join("Ada")[0]
    with ExitStack() as closing:
        before = device.cookies
        device.post("/sign-out").raise_for_status()
        tabs = [closing.enter_context(Tab(workers.url, cookies=before)) for _ in range(8)]
        assert {tab.session_id for tab in tabs} == {""}
        device.post("/sign-in/email", {"email": ada.email, "password": ada.password}).raise_for_status()
        for tab in tabs:
            device.get("/get-session", {"Reflex-Client-Token": tab.token}).raise_for_status()
            tab.wait_closed()


def test_only_worker_is_started_again(worker: BackEnd) -> None:
    """Without Redis there is one; its tabs come back to the next, signed in."""
    device = Device(worker.url)
    device.join("Ada", "Grace")
    with device.tab() as tab:
        kill_one(worker)
        tab.wait_closed()
    assert len(device.sessions()) == 2
    with device.tab(token=tab.token) as back:
        assert back.session_id == tab.session_id


def test_connections_that_send_nothing_keep_nobody_out(worker: BackEnd) -> None:
    """Nor do as many honest tabs: by default granian lets 1024 in, and no one more."""
    with ExitStack() as open_ones:
        for _ in range(1500):
            open_ones.enter_context(socket.create_connection((HOST, worker.port), timeout=5))
        assert httpx.get(f"{worker.url}/api/auth/ok", timeout=10, trust_env=False).status_code == 200


def test_second_server_at_the_port_is_refused(worker: BackEnd) -> None:
    """By the container's command, before it touches anything; `reflex run` looks itself."""
    command = [sys.executable, "-m", "multisession_app.serve_built", "0.0.0.0", str(worker.port)]  # noqa: S104
    states = Path(worker.extra["REFLEX_STATES_WORKDIR"])
    (states / "of a tab").touch()
    own = environment(worker.extra)
    done = subprocess.run(command, cwd=worker.root, env=own, capture_output=True, text=True, timeout=60)
    assert (states / "of a tab").exists()
    (states / "of a tab").unlink()
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"Port {worker.port} is taken")


def test_nobody_else_can_read_what_the_server_writes(worker: BackEnd) -> None:
    """The states of open tabs, with all that is typed in them, and the database with the files beside it."""
    device = Device(worker.url)
    device.join("Ada")
    states = Path(worker.extra["REFLEX_STATES_WORKDIR"])
    with device.tab() as tab:
        tab.write_draft("a secret")
        until(lambda: any(states.iterdir()), "the states to be written")
        written = [*states.iterdir(), *worker.database.parent.glob("app.db*")]
        assert {path.name for path in written} > {"app.db", "app.db-wal", "app.db-shm"}
        assert {oct(path.stat().st_mode & 0o777) for path in written} == {"0o600"}
    assert oct(states.stat().st_mode & 0o777) == "0o700"


def test_workers_that_cannot_start_end_the_server(redis_url: str, tmp_path: Path) -> None:
    """Here there is no such database. With the error and a last word, and not again and again."""
    nowhere = f"postgresql+psycopg://a:b@{HOST}:{free_port()}/nothing"
    extra = {"REFLEX_REDIS_URL": redis_url, "GRANIAN_WORKERS": "2", "REFLEX_DB_URL": nowhere}
    server = BackEnd(tmp_path, extra)
    try:
        with pytest.raises(pytest.fail.Exception, match="the server ended with 1"):
            server.start()
        assert "Connection refused" in server.log
        assert "A worker could not start, so the server ends" in server.log
        assert server.log.count("Unexpected exit from worker-") <= 2
    finally:
        server.stop()
