"""What strangers send is in the server's log as short lines that begin with what the server wrote, and few of them."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from reflex.state import FrontendEventExceptionState
from reflex_base.utils.format import format_event_handler
from websockets import ConnectionClosed

from multisession_app.multi_session.options import LOG_LINE_MAX, LOG_REPEATS
from tests.support.devices import KIT, Device, Tab
from tests.support.raw_socket import NAMESPACE, event
from tests.support.server import HOST, Server

FORGED = "signed_in: user nobody"
ODD = f"a{' ' * 300}b\r\n{FORGED}\u2028{FORGED}\x1b[2J\u202e{FORGED}\x85{FORGED}"
CLAIM = format_event_handler(FrontendEventExceptionState.event_handlers["handle_frontend_exception"])


def test_sign_ins_refusals_and_ends_are_told_in_the_container_too(server: Server, tmp_path: Path) -> None:
    """It serves what is built by a command of its own: the same lines as from Reflex's."""
    container = Server(tmp_path, built_by=server)
    container.start()
    try:
        for one in (server, container):
            device = Device(one.url)
            device.join("Ada")
            session_id = next(iter(device.sessions().values()))
            assert device.post("/multi-session/set-active", {"sessionId": "of-nobody"}).status_code == 401
            device.post("/multi-session/revoke", {"sessionId": session_id}).raise_for_status()
            for line in (
                rf"Info: signed_up: user \S+, session {session_id}, by \S+",
                r"Info: Refused '/api/auth/multi-session/set-active' from \S+ \(\S+\): INVALID_SESSION_TOKEN",
                rf"Info: signed_out: user \S+, session {session_id}, by \S+",
            ):
                assert re.search(f"^{line}$", one.log, re.MULTILINE), line
    finally:
        container.stop()


@pytest.fixture
def logged(server: Server) -> Iterator[Any]:
    """Return what reads the lines that the server has written since the test began."""
    start = len(server.log)
    yield lambda: server.log[start:].split("\n")


def send(server: Server, *frames: str, times: int = 1) -> None:
    """Send frames from a tab, and wait until the server has been through them if it still listens."""
    with suppress(ConnectionClosed), Tab(server.url) as tab:
        for _ in range(times):
            for frame in frames:
                tab.send_frame(f"42{NAMESPACE},{frame}")
        tab.write_draft("what is queued runs in the order in which it came")


PACKETS = {
    "unknown event": json.dumps(["event", event(ODD, {ODD: ODD})]),
    "string": json.dumps(["event", ODD]),
    "string of an event": json.dumps(["event", json.dumps(event(ODD))]),
    "list": json.dumps(["event", [ODD]]),
    "odd field": json.dumps(["event", {"name": ODD, "payload": ODD, "router_data": ODD}]),
    "odd argument": json.dumps(["event", event(f"{KIT}.set_active", {ODD: ODD})]),
    "too many arguments": json.dumps(["event", event(f"{KIT}.dismiss_notice"), ODD, ODD]),
    "claimed error": json.dumps(["event", event(CLAIM, {"info": ODD, "component_stack": ODD})]),
    "error of the client": json.dumps(["client_error", {"error_type": ODD, "message": ODD, "substate": ODD}]),
    "no name": json.dumps(["event"]),
    "no JSON": f'["event", {ODD!r}',
    "odd name of a packet": json.dumps([ODD, ODD]),
}


@pytest.mark.standard("ASVS 16.4.1")
@pytest.mark.parametrize("packet", PACKETS)
def test_packet_forges_no_line_and_writes_few(server: Server, logged: Any, packet: str) -> None:
    """A hundred times on one socket: no line break, no odd sign, nothing to look at by the megabyte."""
    send(server, PACKETS[packet], times=100)
    lines = logged()
    assert not [line for line in lines if line.lstrip().startswith((FORGED, "b"))]
    assert [line for line in lines if not line.isprintable()] == []
    assert not [line for line in lines if re.match(r"Traceback|  File ", line)]
    assert len(lines) <= 4 * LOG_REPEATS, lines[:3]
    assert all(len(line) < 4 * LOG_LINE_MAX for line in lines)


def test_large_frames_write_little(server: Server, logged: Any) -> None:
    """Whatever of them is taken at all."""
    for _ in range(15):
        with suppress(ConnectionClosed, TimeoutError):
            send(server, json.dumps(["event", event("x" * 900_000)]))
    assert sum(map(len, logged())) < 100_000


@pytest.mark.standard("ASVS 16.4.1")
def test_headers_and_paths_forge_no_line(server: Server, logged: Any) -> None:
    """Of requests that are refused, and of sockets."""
    odd = ODD.encode("utf-8").replace(b"\r\n", b"\t")
    for path in (b"/api/auth/nothing%0d%0a" + FORGED.replace(" ", "%20").encode(), b"/api/auth/%e2%80%a8x", b"/%ff"):
        with socket.create_connection((HOST, server.port), timeout=10) as line:
            line.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: " + odd)
            line.sendall(b"\r\nX-Forwarded-For: " + odd + b"\r\nOrigin: http://x" + odd + b"\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 ")
    assert [line for line in logged() if not line.isprintable()] == []
    assert not [line for line in logged() if line.lstrip().startswith(FORGED)]
