"""A socket ends when its browser has gone or is called back, whatever it has sent and however little it reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from multisession_app.multi_session.actions.tabs import Connection, Tabs
from multisession_app.multi_session.http import socket_flow
from multisession_app.multi_session.http.socket_flow import Flow
from multisession_app.multi_session.http.socket_limits import Wire
from multisession_app.multi_session.options import MESSAGES_AT_ONCE, MESSAGES_WAITING_SIZE
from tests.support.running import run

FOREVER = 1000.0
GONE = {"type": "websocket.disconnect", "code": 1001}


def text(frame: str) -> dict[str, Any]:
    """Return a text frame as the server gives it."""
    return {"type": "websocket.receive", "text": frame}


class Socket:
    """A browser's socket without a server; `reads` is set while the browser takes what it is sent."""

    def __init__(self, *wait: float) -> None:
        """Let each message wait so long for its turn, the last ones as long as the last of `wait`."""
        self.arriving: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[Any] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.connection = Connection.of("tab")
        self.tabs = Tabs()
        self._wait = [*wait]
        wire = Wire(64 * 1024, lambda: 0)
        self.flow = Flow(self.arriving.get, self._send, wire, self._turn, self.connection, self.tabs)

    def arrive(self, *messages: Any) -> None:
        """Let messages arrive, after the handshake."""
        for message in ({"type": "websocket.connect"}, text("40/_event,"), *messages):
            self.arriving.put_nowait(message)

    async def received(self, count: int) -> list[Any]:
        """Return what the app is given, the next so many messages, each within two seconds."""
        found = []
        for _ in range(count):
            message = await asyncio.wait_for(self.flow.receive(), 2)
            found.append(message.get("text") or message["type"])
        return found

    def _turn(self) -> float:
        return self._wait.pop(0) if len(self._wait) > 1 else self._wait[0]

    async def _send(self, message: Any) -> None:
        await self.reads.wait()
        self.sent.append(message)


def inside(test: Callable[[Socket], Any], *wait: float) -> None:
    """Run a test in a loop; nothing is left running after it."""

    async def go() -> None:
        before = asyncio.all_tasks()
        socket = Socket(*wait)
        with closing(socket.flow):
            await test(socket)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before

    run(go())


def test_messages_come_in_their_order() -> None:
    """None is lost, whether its turn comes at once or after others have arrived."""
    frames = [f"42{number}" for number in range(100)]

    async def test(socket: Socket) -> None:
        socket.arrive(*map(text, frames))
        assert await socket.received(102) == ["websocket.connect", "40/_event,", *frames]
        socket.arriving.put_nowait(GONE)
        assert await socket.received(1) == ["websocket.disconnect"]

    inside(test, 0, 0, 0.05, 0, 0, 0, 0.01, 0.001, 0)


def test_closed_socket_ends_at_once() -> None:
    """Though a hundred messages wait for a turn that does not come."""

    async def test(socket: Socket) -> None:
        socket.arrive(*[text("3")] * 100, GONE)
        assert await socket.received(3) == ["websocket.connect", "40/_event,", "websocket.disconnect"]

    inside(test, 0, FOREVER)


def test_kicked_socket_ends_at_once() -> None:
    """While it waits for a turn or for a message, and before what has arrived too."""

    async def test(socket: Socket) -> None:
        socket.arrive(text("3"))
        assert await socket.received(2) == ["websocket.connect", "40/_event,"]
        asyncio.get_running_loop().call_later(0.05, socket.connection.kicked.set)
        assert await socket.received(1) == ["websocket.disconnect"]

    async def quiet(socket: Socket) -> None:
        socket.arrive()
        assert await socket.received(2) == ["websocket.connect", "40/_event,"]
        asyncio.get_running_loop().call_later(0.05, socket.connection.kicked.set)
        assert await socket.received(1) == ["websocket.disconnect"]
        socket.arriving.put_nowait(text("3"))
        assert await socket.received(1) == ["websocket.disconnect"]

    inside(test, 0, FOREVER)
    inside(quiet, 0)


def test_flood_ends_the_socket_while_it_waits() -> None:
    """Each message counts when it arrives, not when its turn has come."""

    async def test(socket: Socket) -> None:
        socket.arrive(*[text("3")] * MESSAGES_AT_ONCE)
        assert await socket.received(3) == ["websocket.connect", "40/_event,", "websocket.disconnect"]
        assert socket.connection.refusal is not None
        assert socket.connection.refusal[0] == 1008

    inside(test, 0, FOREVER)


def test_what_waits_is_bounded_in_characters() -> None:
    """A few long messages are as much as many short ones."""
    size = 64 * 1024

    async def test(socket: Socket) -> None:
        socket.arrive(*[text("42".ljust(size))] * (MESSAGES_WAITING_SIZE // size + 2))
        assert await socket.received(3) == ["websocket.connect", "40/_event,", "websocket.disconnect"]
        assert socket.connection.refusal == (1008, f"more than {MESSAGES_WAITING_SIZE} characters waiting")

    inside(test, 0, FOREVER)


def test_call_that_is_cancelled_loses_nothing() -> None:
    """engine.io 4.15 gives a call up when it lasts too long."""

    async def test(socket: Socket) -> None:
        socket.arrive(text("421"), text("422"))
        assert await socket.received(2) == ["websocket.connect", "40/_event,"]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.flow.receive(), 0.05)
        assert await socket.received(2) == ["421", "422"]

    inside(test, 0, FOREVER, 0)


def test_browser_that_reads_nothing_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app's call ends too, so that the socket gives its places back; the log says so."""
    monkeypatch.setattr(socket_flow, "SEND_TIMEOUT", timedelta(seconds=0.05))
    monkeypatch.setattr(socket_flow, "LAST_SENDS_TIMEOUT", timedelta(seconds=0.05))

    async def test(socket: Socket) -> None:
        socket.arrive()
        assert await socket.received(2) == ["websocket.connect", "40/_event,"]
        socket.reads.clear()
        for kind in ("websocket.send", "websocket.close"):
            with pytest.raises(ConnectionError):
                await socket.flow.send({"type": kind, "text": "x"})
        assert await socket.received(1) == ["websocket.disconnect"]
        assert socket.connection.refusal == (1008, "nothing read for 0.05 s")

    inside(test, 0)


def test_kick_ends_a_browser_that_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sign-out does not wait for it; one that reads still gets what was on its way, and why it is closed."""
    monkeypatch.setattr(socket_flow, "LAST_SENDS_TIMEOUT", timedelta(seconds=0.05))

    async def test(socket: Socket) -> None:
        socket.reads.clear()
        asyncio.get_running_loop().call_later(0.05, socket.connection.kicked.set)
        with pytest.raises(ConnectionError):
            await socket.flow.send({"type": "websocket.send", "text": "x"})
        assert socket.sent == []

    async def reading(socket: Socket) -> None:
        socket.tabs.refuse(socket.connection, 1009, "why")
        await socket.flow.send({"type": "websocket.send", "text": "x"})
        await socket.flow.send({"type": "websocket.close"})
        assert socket.sent[1:] == [{"type": "websocket.close", "code": 1009, "reason": "why"}]

    inside(test, 0)
    inside(reading, 0)
