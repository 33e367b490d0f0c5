"""Moves an open socket from one account to another: one round trip instead of a new connection.

The socket and the tab stay; the state tree behind them is exchanged, and Reflex's own boot event is run on the new
tree, so that the browser gets that account's whole state. What the browser sends before it says that it shows the new
account was meant for the old one and runs on the old tree, for whom it was meant: the guard drops it there if that
session has ended. So there is no moment at which a click of one account can act for the next.

Reflex 0.10.1 has no way for this. What is used of its inside stands in `missing_parts`; where a part is not as it is
there, and for apps with variables in the browser's storage, every move is a reconnect.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from typing import TYPE_CHECKING, Any

from reflex.state import State
from reflex_base.utils.format import format_event_handler

from .device_secrets import PresentedDevice
from .gate import tree_token
from .live import Connection
from .multi_session import MultiSession
from .options import ARRIVAL_TIMEOUT, PROOF_TIMEOUT
from .presented import HEADER, Acting
from .state import MultiSessionState

if TYPE_CHECKING:
    import reflex as rx

logger = logging.getLogger(__name__)

_BOOT = format_event_handler(State.event_handlers["hydrate_and_load"])
_CONFIRM = format_event_handler(MultiSessionState.event_handlers["confirm"])
# What an event of the browser says about where it is; the rest of its router data is the server's.
_ROUTE = ("pathname", "asPath", "query")


def missing_parts(namespace: Any) -> list[str]:
    """Return which of the names that this module leans on are not there, or have another shape."""
    tokens = getattr(namespace, "_token_manager", None)
    coroutines = [
        (namespace, "on_connect", 3),
        (namespace, "on_event", 2),
        (namespace, "emit_update", 2),
        (tokens, "link_token_to_sid", 2),
        (tokens, "disconnect_token", 2),
    ]
    dictionaries = [
        (namespace, "_static_router_data"),
        (tokens, "sid_to_token"),
        (tokens, "token_to_socket"),
    ]
    missing = [name for owner, name in dictionaries if not isinstance(getattr(owner, name, None), dict)]
    for owner, name, count in coroutines:
        method = getattr(owner, name, None)
        if not inspect.iscoroutinefunction(method) or len(inspect.signature(method).parameters) != count:
            missing.append(name)
    if not callable(getattr(namespace, "on_disconnect", None)):
        missing.append("on_disconnect")
    return missing


class InPlace:
    """The moves of this process's sockets."""

    def __init__(self, app: rx.App, multi_session: MultiSession) -> None:
        """Watch the app's sockets."""
        self._kit = multi_session
        namespace: Any = app.event_namespace
        self._namespace, self._tokens = namespace, namespace._token_manager
        self._connections: dict[str, Connection] = {}
        self._sids: dict[str, str] = {}
        self._before: dict[str, str] = {}
        self._left: dict[str, set[str]] = {}
        self._moves: dict[str, asyncio.Task[None]] = {}
        self._watch()

    def move(self, connection: Connection, generation: int) -> None:
        """Let a socket go to its device's active account, whose newest secret is of that generation.

        A socket moves once at a time. Asked again meanwhile it goes on to what is active then.
        """
        connection.newest_generation = max(connection.newest_generation, generation)
        connection.is_stale = True
        if not connection.is_moving:
            connection.is_moving = True
            self._moves[connection.id] = asyncio.create_task(self._move(connection))

    async def _move(self, connection: Connection) -> None:
        try:
            while connection.is_stale:
                connection.is_stale = False
                if not await self._step(connection):
                    self._kit.live.kick(connection)
                    return
        except Exception:
            logger.exception("A tab could not change its account in place; it reconnects.")
            self._kit.live.kick(connection)
        finally:
            # At once after the last look, not when the task is done: what is asked in between would be lost.
            connection.is_moving = False
            self._moves.pop(connection.id, None)

    async def _step(self, connection: Connection) -> bool:
        """Go to the account that is active now and wait until the tab shows it; False if that was not possible."""
        device = await self._present(connection)
        sid = self._sids.get(connection.id)
        if device is None or sid is None:
            return False
        before = connection.session_id
        connection.session_id, connection.ends_at = device.active_id, device.ends_at
        static = self._namespace._static_router_data
        was, headers = static[sid], _headers(connection)
        if device.active_id == before:
            static[sid] = {**was, "headers": {**was["headers"], **headers}}
            if self._kit.live.refresh is not None:
                await self._kit.live.refresh(connection)
            return True
        # First of all the way for what is still meant for the account on screen.
        ghost = f"{sid} before"
        static[ghost], self._tokens.sid_to_token[ghost], self._before[sid] = was, connection.tree, ghost
        old, connection.tree = connection.tree, tree_token(device, device.active_id, connection.tab)
        connection.arrived.clear()
        static[sid] = {**was, "headers": {**was["headers"], **headers}}
        if not await self._relink(sid, old, connection.tree):
            return False
        route = {name: connection.router_data[name] for name in _ROUTE if name in connection.router_data}
        await self._on_event(sid, {"name": _BOOT, "payload": {}, "router_data": route})
        await asyncio.wait_for(connection.arrived.wait(), ARRIVAL_TIMEOUT.total_seconds())
        return True

    async def _present(self, connection: Connection) -> PresentedDevice | None:
        """Read the device anew; if its secret was replaced, once the tab has shown that its browser has the new one.

        It does so by a request of its own (`tab.jsx`), which the gate tells of. A socket that was opened with a stolen
        secret never gets to see what was signed in after that was replaced.
        """
        if connection.generation < connection.newest_generation:
            now = await self._kit.present_again(connection.device_id or "", connection.generation)
            if now is None or connection.session_id not in {"", *(session.id for session in now.sessions)}:
                return None
            connection.proved.clear()
            if connection.generation < connection.newest_generation:
                await asyncio.wait_for(connection.proved.wait(), PROOF_TIMEOUT.total_seconds())
        return await self._kit.present_again(connection.device_id or "", connection.generation)

    async def _relink(self, sid: str, old: str, new: str) -> bool:
        tokens = self._tokens
        self._left.setdefault(sid, set()).add(old)
        self._left[sid].discard(new)
        await tokens.disconnect_token(old, sid)
        is_taken = await tokens.link_token_to_sid(new, sid) is not None
        if sid not in self._connections:
            # It was closed meanwhile: nobody else would take the new link away.
            await tokens.disconnect_token(tokens.sid_to_token.get(sid, new), sid)
            return False
        record = tokens.token_to_socket.get(new)
        return not is_taken and tokens.sid_to_token.get(sid) == new and record is not None and record.sid == sid

    def _watch(self) -> None:
        namespace = self._namespace
        on_connect, on_disconnect, emit_update = namespace.on_connect, namespace.on_disconnect, namespace.emit_update
        self._on_event = namespace.on_event

        async def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> Any:
            headers = dict(environ.get("asgi.scope", {}).get("headers", ()))
            connection = self._kit.live.connections.get(headers.get(f"{HEADER}connection".encode(), b"").decode())
            if connection is not None:
                self._connections[sid], self._sids[connection.id] = connection, sid
            return await on_connect(sid, environ, auth)

        def disconnect(sid: str) -> Any:
            if (connection := self._connections.pop(sid, None)) is not None:
                self._sids.pop(connection.id, None)
                self._lift(sid)
                self._left.pop(sid, None)
                if (move := self._moves.get(connection.id)) is not None:
                    move.cancel()
            return on_disconnect(sid)

        async def event(sid: str, data: Any) -> None:
            if (ghost := self._before.get(sid)) is not None:
                if _confirms(data, self._connections[sid].session_id):
                    self._lift(sid)
                    self._connections[sid].arrived.set()
                else:
                    sid = ghost
            await self._on_event(sid, data)

        async def emit(update: Any, token: str) -> None:
            # Reflex would write a line to the log, or ask Redis, for each result of a tree that the tab has left.
            if not any(token in left for left in self._left.values()) or token in self._tokens.token_to_socket:
                await emit_update(update, token)

        namespace.on_connect, namespace.on_disconnect = connect, disconnect
        namespace.on_event, namespace.emit_update = event, emit

    def _lift(self, sid: str) -> None:
        """From here on what the socket sends is meant for the account that it acts as."""
        if (ghost := self._before.pop(sid, None)) is not None:
            self._tokens.sid_to_token.pop(ghost, None)
            self._namespace._static_router_data.pop(ghost, None)


def _headers(connection: Connection) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in Acting.of(connection).headers()}


def _confirms(data: Any, session_id: str) -> bool:
    if not isinstance(data, dict) or data.get("name") != _CONFIRM:
        return False
    payload = data.get("payload")
    return isinstance(payload, dict) and payload.get("session_id") == session_id
