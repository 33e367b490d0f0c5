"""What passes through one socket: a browser that sends much, or reads nothing, must not keep it from ending."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ..actions.tabs import POLICY_VIOLATION, Connection, Tabs
from ..options import LAST_SENDS_TIMEOUT, MESSAGES_WAITING_SIZE, SEND_TIMEOUT
from .socket_limits import Breach, Wire

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# Reflex 0.10.1 tells a duplicated tab its new token in this socket.io packet.
_DUPLICATE = '["new_token",'


class Flow:
    """One socket's messages in both directions: the app is given `receive` and `send`.

    Reflex 0.10.1 under granian: `sio.disconnect` makes the client stay away and `websocket.close` has no effect before
    the app returns. A disconnect message from "the browser" ends both sides, and the client comes back.
    """

    def __init__(
        self, receive: Receive, send: Send, wire: Wire, turn: Callable[[], float], connection: Connection, tabs: Tabs
    ) -> None:
        """Begin; `turn` takes the next turn and returns in how many seconds it comes. `close` it in the end."""
        self._receive = receive
        self._send = send
        self._wire = wire
        self._turn = turn
        self._connection = connection
        self._tabs = tabs
        self._kicked = asyncio.create_task(connection.kicked.wait())
        self._has_begun = False
        self._next: asyncio.Future[Message] | None = None
        self._waiting: deque[Message] = deque()
        self._waiting_size = 0
        self._sends_end_at: float | None = None

    def close(self) -> None:
        """Read no more."""
        self._kicked.cancel()
        if self._next is not None:
            self._next.cancel()

    async def receive(self) -> Message:
        """Return the browser's next message when its turn has come; a disconnect comes before all that wait.

        What arrives meanwhile is read and checked: else the disconnect would stand behind it, and a closed socket would
        keep its places, its memory and its state until each message had its turn.
        """
        if not self._has_begun:
            # engine.io 4.15 cannot begin with a disconnect.
            self._has_begun = True
            return await self._receive()
        end = self._disconnect() if self._kicked.done() else None
        try:
            while not self._waiting and end is None:
                end = await self._read()
            comes_at = time.monotonic() + (self._turn() if end is None else 0)
            while end is None and (seconds := comes_at - time.monotonic()) > 0:
                end = await self._read(seconds)
        except Breach as breach:
            self._tabs.refuse(self._connection, breach.code, str(breach))
            end = self._disconnect()
        if end is not None:
            self._waiting.clear()
            return end
        message = self._waiting.popleft()
        self._waiting_size -= len(message["text"])
        return message

    async def _read(self, seconds: float | None = None) -> Message | None:
        """Let a message wait that arrives within so many seconds, or return what ends the socket.

        Raises:
            Breach: no browser sends it.
        """
        if self._next is None:
            self._next = asyncio.ensure_future(self._receive())
        left = [at_most for at_most in (seconds, self._wire.seconds_left()) if at_most is not None]
        await asyncio.wait(
            (self._kicked, self._next), timeout=min(left, default=None), return_when=asyncio.FIRST_COMPLETED
        )
        if self._kicked.done():
            return self._disconnect()
        if not self._next.done():
            if self._wire.seconds_left() == 0:
                self._wire.check(None)
            return None
        message, self._next = self._next.result(), None
        if message["type"] != "websocket.receive":
            return message
        self._wire.check(message)
        if self._waiting_size > MESSAGES_WAITING_SIZE:
            raise Breach(POLICY_VIOLATION, f"more than {MESSAGES_WAITING_SIZE} characters waiting")
        self._waiting.append(message)
        self._waiting_size += len(message["text"])
        return None

    def _disconnect(self) -> Message:
        refusal = self._connection.refusal
        return {"type": "websocket.disconnect", "code": refusal[0] if refusal else 1012}

    async def send(self, message: Message) -> None:
        """Send a message of the app.

        Raises:
            ConnectionError: the browser did not take it in time; the socket ends.
        """
        if message["type"] == "websocket.close" and self._connection.refusal is not None:
            code, reason = self._connection.refusal
            message = {**message, "code": code, "reason": reason}
        await self._send_in_time(message)
        # A duplicated tab: Reflex has put its state under a name that no later connection or upload of this tab would
        # reach. So the tab is to reconnect with its new token.
        if _DUPLICATE in (message.get("text") or "")[:64] and "~" not in message["text"]:
            self._connection.kicked.set()

    async def _send_in_time(self, message: Message) -> None:
        # granian 2.8 waits until the browser has taken it, and engine.io 4.15 for ever for that: neither a sign-out nor
        # a kick would end the socket of one that does not read.
        sending = asyncio.ensure_future(self._send(message))
        try:
            await asyncio.wait(
                (self._kicked, sending), timeout=SEND_TIMEOUT.total_seconds(), return_when=asyncio.FIRST_COMPLETED
            )
            if not sending.done() and not self._kicked.done():
                reason = f"nothing read for {SEND_TIMEOUT.total_seconds():g} s"
                self._tabs.refuse(self._connection, POLICY_VIOLATION, reason)
            elif not sending.done():
                now = time.monotonic()
                if self._sends_end_at is None:
                    self._sends_end_at = now + LAST_SENDS_TIMEOUT.total_seconds()
                await asyncio.wait((sending,), timeout=max(0, self._sends_end_at - now))
            if not sending.done():
                raise ConnectionError("The browser does not read.")
            sending.result()
        finally:
            sending.cancel()
