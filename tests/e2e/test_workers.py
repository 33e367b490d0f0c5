"""Two processes behind one address, with Redis between them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.devices import Device, outlive_grace
from tests.support.server import Server

LOCK_SECONDS = 10
"""Reflex's `redis_lock_expiration`: a process that waits for a state of the other one may wait so long."""


@pytest.fixture
def workers(server: Server, redis_url: str, tmp_path: Path) -> Iterator[Server]:
    """Serve the same build from two processes."""
    workers = Server(tmp_path, {"REFLEX_REDIS_URL": redis_url, "GRANIAN_WORKERS": "2"}, built_by=server)
    try:
        workers.start()
        yield workers
    finally:
        workers.stop()


@pytest.fixture
def device(workers: Server) -> Device:
    """A browser of theirs."""
    return Device(workers.url)


def test_a_switch_moves_the_tabs_of_every_process(device: Device) -> None:
    """Whichever process has the socket, and whichever took the switch."""
    ada, _ = device.join("Ada", "Grace")
    first = device.sessions()[ada.email]
    with ExitStack() as tabs:
        opened = [tabs.enter_context(device.tab()) for _ in range(8)]
        assert {tab.session_id for tab in opened} != {first}
        device.post("/multi-session/set-active", {"sessionId": first}).raise_for_status()
        for tab in opened:
            tab.wait_closed()
    with ExitStack() as tabs:
        again = [tabs.enter_context(device.tab(token=tab.token)) for tab in opened]
        assert {tab.session_id for tab in again} == {first}


def test_drafts_are_kept_apart_in_redis(device: Device) -> None:
    """A tab that comes back to the other process finds its account's draft, and only that."""
    ada, grace = device.join("Ada", "Grace")
    sessions = device.sessions()
    for round_trip in range(3):
        for person in (ada, grace):
            device.post("/multi-session/set-active", {"sessionId": sessions[person.email]}).raise_for_status()
            with device.tab(token="the-tab", patience=LOCK_SECONDS + 10) as tab:
                assert tab.draft == (f"of {person.name}" if round_trip else "")
                tab.write_draft(f"of {person.name}")


def test_outdated_cookie_calls_the_newer_ones_tabs_back_in_every_process(workers: Server, device: Device) -> None:
    """And the first of them that comes back ends all."""
    device.join("Ada")
    thief = device.copied()
    thief.join("Mallory")
    session_id = next(iter(thief.sessions().values()))
    with ExitStack() as tabs:
        opened = [tabs.enter_context(thief.tab()) for _ in range(8)]
        assert {tab.session_id for tab in opened} == {session_id}
        outlive_grace(workers, session_id)
        assert device.sessions() == {}
        for tab in opened:
            tab.wait_closed()
    assert thief.sessions() == {}
