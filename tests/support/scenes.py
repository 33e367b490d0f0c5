"""Sockets without a server: what Reflex keeps of them, and a browser at the end of each, for tests of their moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from reflex.utils.token_manager import LocalTokenManager, TokenManager

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.tabs import HEADER, Connection, Tabs
from multisession_app.multi_session.websocket import fence
from multisession_app.multi_session.websocket.event_names import ACKNOWLEDGE, BOOT
from multisession_app.multi_session.websocket.switch_in_place import SwitchInPlace
from tests.support.browser import PASSWORD, Browser, email_of


class Namespace:
    """What Reflex keeps of its sockets, and a browser at the end of each that shows whatever it is sent."""

    def __init__(self, *, shows: bool = True) -> None:
        """With `shows` off the browser never says that it has shown an account, with `sends` off it gets none.

        Who `refuses` lets nobody in.
        """
        self.namespace = "/_event"
        self._token_manager: TokenManager = LocalTokenManager()
        self._static_router_data: dict[str, Any] = {}
        self.shows, self.sends = shows, True
        self.refuses = False
        self.tabs = Tabs()
        self.ran: list[tuple[str, str]] = []
        self.sent: list[tuple[str, str, str]] = []

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        """Link the socket as Reflex does."""
        headers = {name.decode(): value.decode() for name, value in environ["asgi.scope"]["headers"]}
        if self.refuses:
            raise ConnectionRefusedError
        await self._token_manager.link_token_to_sid(environ["tree"], sid)
        self._static_router_data[sid] = {"headers": headers}

    async def on_event(self, sid: str, data: Any) -> None:
        """Note what runs on which tree, and answer a boot as the browser does."""
        self.ran.append((self._token_manager.sid_to_token[sid], data["name"]))
        if data["name"] == BOOT and self.sends:
            connection = self._connection(sid)
            self.send_snapshot(connection)
            if self.shows:
                shown = self.send(sid, ACKNOWLEDGE, {"snapshot_id": connection.snapshot_id})
                asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(shown))

    def send_snapshot(self, connection: Connection) -> None:
        """Put up the fence, as the guard does just before a boot sends its snapshot."""
        connection.meant_for, connection.snapshot_id = None, f"snapshot {len(self.ran)}"

    async def send(
        self,
        sid: str,
        name: str,
        payload: dict[str, Any] | None = None,
        router_data: dict[str, Any] | None = None,
        shown: Any = None,
    ) -> None:
        """Send an event as the browser does: it arrives at the fence first. `shown` is what the kit's script says."""
        route = router_data or {"pathname": "/", "asPath": "/"}
        data = {"name": name, "payload": payload or {}, "router_data": route, "shown": shown}
        if fence.admits(self._connection(sid), data):
            await self.on_event(sid, data)

    def clicks(self) -> list[str]:
        """Return the trees on which clicks ran."""
        return [tree for tree, name in self.ran if name == "click"]

    def _connection(self, sid: str) -> Connection:
        return self.tabs.connections[self._static_router_data[sid]["headers"][f"{HEADER}connection"]]

    async def emit_update(self, update: Any, token: str) -> None:
        """Say that something reached the browser, or Reflex's log."""
        self.ran.append((token, "update"))

    async def emit(self, packet: str, data: str, to: str) -> None:
        """Note what is sent to a socket beside updates."""
        self.sent.append((packet, data, to))

    def on_disconnect(self, sid: str) -> asyncio.Task[None] | None:
        """Unlink the socket as Reflex does: the map is read at once, and written in a task."""
        self._static_router_data.pop(sid, None)
        tree = self._token_manager.sid_to_token.get(sid)
        return asyncio.create_task(self._token_manager.disconnect_token(tree, sid)) if tree else None


class Scene:
    """A kit with in-place moves on such a namespace."""

    def __init__(self, kit: MultiSession, namespace: Namespace) -> None:
        """Wire both."""
        self.kit, self.namespace = kit, namespace
        namespace.tabs = kit.tabs
        app: Any = SimpleNamespace(event_namespace=namespace)
        self.moves = SwitchInPlace(app, kit)
        kit.tabs.move = self.moves.move

    @asynccontextmanager
    async def tab(self, visitor: Browser, sid: str = "sid") -> AsyncIterator[Connection]:
        """Open a tab, and close it."""
        connection = Connection.of("tab" + sid)
        self.kit.tabs.add(connection)
        await self.kit.devices.bind(connection, visitor.secret_hash)
        try:
            await self.connect(connection, sid)
            # As the guard does when the page's boot runs.
            connection.router_data = {"pathname": "/", "asPath": "/", "query": {}}
            yield connection
        finally:
            self.kit.tabs.remove(connection)
            if (unlinking := self.namespace.on_disconnect(sid)) is not None:
                await unlinking

    async def connect(self, connection: Connection, sid: str) -> None:
        """Send a CONNECT packet on an open websocket."""
        headers = connection.identity.headers()
        connection.meant_for = connection.session_id
        await self.namespace.on_connect(sid, {"asgi.scope": {"headers": headers}, "tree": connection.tree})

    async def switch(self, visitor: Browser, session_id: str) -> None:
        """Make another account active."""
        device = await self.kit.devices.find(visitor.secret_hash)
        assert device is not None
        await self.kit.device_sessions.set_active(device, session_id)

    async def rest(self, until: Callable[[], bool] = lambda: True) -> None:
        """Wait until no socket is moving any more."""
        async with asyncio.timeout(20):
            while self.moves.kept().tasks or not until():
                await asyncio.sleep(0.001)

    async def ends_what_began(self, before: set[asyncio.Task[Any]]) -> None:
        """Wait for every task that was not there before, also what a move takes to its end though it is cancelled."""
        async with asyncio.timeout(5):
            await asyncio.gather(*(asyncio.all_tasks() - before), return_exceptions=True)

    async def boot(self, connection: Connection) -> None:
        """Wait until a move has sent the tab the account that the socket now acts as."""
        async with asyncio.timeout(20):
            while (connection.tree, BOOT) not in self.namespace.ran:
                await asyncio.sleep(0.001)

    def links(self) -> list[int]:
        """Count what Reflex keeps for the open sockets."""
        tokens = self.namespace._token_manager
        return [len(tokens.sid_to_token), len(tokens.token_to_socket), len(self.namespace._static_router_data)]


async def join(visitor: Browser, name: str) -> None:
    """Sign a new person up in the loop that runs, and use the new cookie."""
    body = {"name": name, "email": email_of(name), "password": PASSWORD}
    assert (await visitor.send("POST", "/sign-up/email", json=body)).status_code == 200
    assert (await visitor.send("GET", "/get-session")).json()["user"]["name"] == name


def assert_empty(namespace: Namespace) -> None:
    """See nothing left of closed sockets."""
    tokens = namespace._token_manager
    assert (tokens.sid_to_token, tokens.token_to_socket, namespace._static_router_data) == ({}, {}, {})


Play = Callable[[Callable[[Scene, Browser, str, str], Coroutine[Any, Any, None]]], None]
