"""The websockets of tabs: how each is opened as its device, and what it holds while it is open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import closing
from functools import partial
from typing import Any
from urllib.parse import parse_qs, quote

from ..actions.multi_session import MultiSession
from ..actions.tabs import Connection
from ..options import TAB_TOKEN_MAX
from .context import RequestContext
from .socket_flow import Flow, Receive, Send
from .socket_limits import OpenSockets, Turns, Wire

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


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
                with closing(Flow(receive, send, wire, turn, connection, tabs)) as flow:
                    await self._app(scope, flow.receive, flow.send)
            finally:
                tabs.remove(connection)


def split_tab(token: str) -> tuple[str, str | None]:
    """Return a tab's own token, and the session that it says to have on screen, None if it does not say."""
    # "~" and the session on screen are the kit's: `MultiSessionState` sends them in Reflex's `new_token` packet.
    tab, mark, shown = token[:TAB_TOKEN_MAX].partition("~")
    return tab, shown if mark else None
