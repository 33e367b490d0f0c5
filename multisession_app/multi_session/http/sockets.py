"""The websockets of tabs: how each is opened as its device, watched, called back and closed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs, quote

from ..actions.multi_session import MultiSession
from ..actions.tabs import Connection, Tabs
from ..options import TAB_TOKEN_MAX
from .context import RequestContext
from .socket_limits import Breach, OpenSockets, Turns, Wire

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Reflex 0.10.1 tells a duplicated tab its new token in this socket.io packet.
_DUPLICATE = '["new_token",'


class Sockets:
    """Opens this process's websockets."""

    def __init__(self, app: App, kit: MultiSession) -> None:
        """Give them to `app`."""
        self._app = app
        self._kit = kit
        self._open = OpenSockets()
        self._turns = Turns()

    async def open(self, scope: Scope, receive: Receive, send: Send, context: RequestContext) -> None:
        """Look the device of a handshake up, and let the app have the socket on the tree of its active account.

        Raises:
            TooManySockets: the address or the device has as many open as it may.
        """
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        tab, shown = split_tab(query.get("token", [""])[0])
        tabs = self._kit.tabs
        connection = Connection.of(tab, shown)
        self._turns.forget_rested()
        with self._open.of_address(context.origin) as places:
            kicked = asyncio.create_task(connection.kicked.wait())
            # Registered before the look-up, so that a change in between marks it stale.
            tabs.add(connection)
            try:
                device = await self._kit.devices.bind(
                    connection, context.secret_hash, by=context.source, arrived_at=context.arrived_at
                )
                places.take_of(device)
                query["token"] = [connection.tree]
                scope["query_string"] = "&".join(f"{quote(k)}={quote(v[0])}" for k, v in query.items()).encode()
                scope["headers"] = [*scope["headers"], *connection.identity.headers()]
                wire = Wire(self._kit.options.maximum_message_size)
                turn = partial(self._turns.take, places.whose)
                incoming = _watch_incoming(receive, kicked, wire, turn, connection, tabs)
                await self._app(scope, incoming, _watch_outgoing(send, connection))
            finally:
                tabs.remove(connection)
                kicked.cancel()


def split_tab(token: str) -> tuple[str, str | None]:
    """Return a tab's own token, and the session that it says to have on screen, None if it does not say."""
    # "~" and the session on screen are the kit's: `MultiSessionState` sends them in Reflex's `new_token` packet.
    tab, mark, shown = token[:TAB_TOKEN_MAX].partition("~")
    return tab, shown if mark else None


def _watch_incoming(
    receive: Receive,
    kicked: asyncio.Task[Any],
    wire: Wire,
    turn: Callable[[], float],
    connection: Connection,
    tabs: Tabs,
) -> Receive:
    # Reflex 0.10.1 under granian: `sio.disconnect` makes the client stay away and `websocket.close` has no effect
    # before the app returns. A disconnect message from "the browser" ends both sides, and the client comes back.
    has_begun = False

    async def receive_or_end() -> Message:
        nonlocal has_begun
        if not has_begun:
            # engine.io 4.15 cannot begin with a disconnect.
            has_begun = True
            return await receive()
        message = asyncio.ensure_future(receive())
        try:
            done, _ = await asyncio.wait(
                (kicked, message), timeout=wire.seconds_left(), return_when=asyncio.FIRST_COMPLETED
            )
            if not kicked.done():
                wire.check(message.result() if done else None)
                if message.result()["type"] == "websocket.receive" and (seconds := turn()):
                    await asyncio.wait((kicked,), timeout=seconds)
                if not kicked.done():
                    return message.result()
        except Breach as breach:
            tabs.refuse(connection, breach.code, str(breach))
        finally:
            message.cancel()
        return {"type": "websocket.disconnect", "code": connection.refusal[0] if connection.refusal else 1012}

    return receive_or_end


def _watch_outgoing(send: Send, connection: Connection) -> Send:
    async def send_and_watch(message: Message) -> None:
        if message["type"] == "websocket.close" and connection.refusal is not None:
            code, reason = connection.refusal
            message = {**message, "code": code, "reason": reason}
        await send(message)
        # A duplicated tab: Reflex has put its state under a name that no later connection or upload of this tab would
        # reach. So the tab is to reconnect with its new token.
        if _DUPLICATE in (message.get("text") or "")[:64] and "~" not in message["text"]:
            connection.kicked.set()

    return send_and_watch
