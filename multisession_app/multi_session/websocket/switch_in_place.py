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
import contextvars
import inspect
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from reflex.state import OnLoadInternalState, State
from reflex_base.utils.format import format_event_handler

from ..actions.multi_session import MultiSession
from ..actions.tabs import HEADER, Connection, Identity
from ..options import ARRIVAL_TIMEOUT
from .state import MultiSessionState

if TYPE_CHECKING:
    import reflex as rx

logger = logging.getLogger(__name__)

BOOT = format_event_handler(State.event_handlers["hydrate_and_load"])
ON_LOAD = format_event_handler(OnLoadInternalState.event_handlers["on_load_internal"])
ACKNOWLEDGE = format_event_handler(MultiSessionState.event_handlers["acknowledge"])
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


class SwitchInPlace:
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
        self._running: set[asyncio.Task[None]] = set()
        self._watch()

    def move(self, connection: Connection) -> None:
        """Let a socket go to its device's active account.

        A socket moves once at a time. Asked again meanwhile it goes on to what is active then.
        """
        connection.is_stale = True
        if connection.is_moving:
            self._run(self._check(connection))
        else:
            connection.is_moving = True
            self._moves[connection.id] = self._run(self._move(connection))

    @property
    def is_busy(self) -> bool:
        """Whether a socket is changing its account at this moment."""
        return bool(self._running)

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        # In a context of its own: in that of the handler that caused the change Reflex would take what is run here for
        # that handler's own events, and drop it with them.
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _check(self, connection: Connection) -> None:
        """Close a socket that waits for its tab as an account that has ended meanwhile."""
        if self._sids.get(connection.id) not in self._before:
            # It does not wait yet, and will look by itself.
            return
        device = await self._kit.devices.reread(connection.identity.device, connection.identity.generation)
        if device is None or connection.session_id not in {"", *(session.id for session in device.sessions)}:
            self._kit.tabs.kick(connection)

    async def _move(self, connection: Connection) -> None:
        try:
            while connection.is_stale:
                connection.is_stale = False
                if not await self._step(connection):
                    self._kit.tabs.kick(connection)
                    return
        except TimeoutError:
            # No ordinary browser, or a line that is dead or very slow.
            self._kit.tabs.kick(connection)
        except Exception:
            logger.exception("A tab could not change its account in place; it reconnects.")
            self._kit.tabs.kick(connection)
        finally:
            # At once after the last look, not when the task is done: what is asked in between would be lost.
            connection.is_moving = False
            self._moves.pop(connection.id, None)

    async def _step(self, connection: Connection) -> bool:
        """Go to the account that is active now and wait until the tab shows it; False if that was not possible."""
        device = await self._kit.devices.reread(connection.identity.device, connection.identity.generation)
        sid = self._sids.get(connection.id)
        static = self._namespace._static_router_data
        if device is None or sid is None or sid not in static or self._tokens.sid_to_token.get(sid) != connection.tree:
            return False
        if device.active_id == connection.session_id:
            if self._kit.tabs.refresh is not None:
                await self._kit.tabs.refresh(connection)
            return True
        if not connection.router_data:
            # Its page's boot still waits behind something slow: nobody knows what to load for the next account.
            return False
        # First of all the way for what is still meant for the account on screen.
        was, ghost, old = static[sid], f"{sid} before", connection.tree
        static[ghost], self._tokens.sid_to_token[ghost], self._before[sid] = was, old, ghost
        connection.act_as(device)
        connection.arrived.clear()
        connection.moves += 1
        # Not in `_relink`, which may begin when the socket is gone already: nobody would forget them.
        self._left.setdefault(sid, set()).add(old)
        self._left[sid].discard(connection.tree)
        static[sid] = {**was, "headers": {**was["headers"], **_headers(connection.identity)}}
        # To its end even if the socket closes meanwhile, so that it can take back what it has linked.
        if not await asyncio.shield(self._relink(sid, old, connection.tree)):
            return False
        await self._on_event(sid, _load(BOOT, connection.router_data))
        if connection.is_stale:
            # Asked again while it was on its way: the account may have ended by now.
            self._run(self._check(connection))
        await asyncio.wait_for(connection.arrived.wait(), ARRIVAL_TIMEOUT.total_seconds())
        return True

    async def _relink(self, sid: str, old: str, new: str) -> bool:
        tokens = self._tokens
        own = tokens.token_to_socket.get(old)
        await tokens.disconnect_token(old, sid)
        instead = await tokens.link_token_to_sid(new, sid)
        if sid not in self._connections:
            # It was closed meanwhile: nobody else would take the new link away. Reflex may have tried, before Redis
            # had it, and only what stands here too is taken away there.
            if own is not None:
                tokens.token_to_socket.setdefault(instead or new, own)
            await tokens.disconnect_token(instead or new, sid)
            return False
        record = tokens.token_to_socket.get(new)
        return instead is None and tokens.sid_to_token.get(sid) == new and record is not None and record.sid == sid

    def _watch(self) -> None:
        namespace = self._namespace
        on_connect, on_disconnect, emit_update = namespace.on_connect, namespace.on_disconnect, namespace.emit_update
        self._on_event = namespace.on_event

        async def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> Any:
            headers = dict(environ.get("asgi.scope", {}).get("headers", ()))
            connection = self._kit.tabs.connections.get(headers.get(f"{HEADER}connection".encode(), b"").decode())
            if connection is not None:
                self._connections[sid], self._sids[connection.id] = connection, sid
            try:
                return await on_connect(sid, environ, auth)
            except BaseException:
                # Whoever is refused is never said to have gone.
                self._forget(sid)
                raise

        def disconnect(sid: str) -> Any:
            if (connection := self._connections.get(sid)) is not None:
                # A websocket connects once: by a second CONNECT, which no ordinary client sends, its ids may be old.
                self._kit.tabs.kick(connection)
            self._forget(sid)
            return on_disconnect(sid)

        async def event(sid: str, data: Any) -> None:
            missed = None
            if (ghost := self._before.get(sid)) is not None:
                connection = self._connections[sid]
                if _acknowledges(data, connection.session_id):
                    missed = _missed(data, connection)
                    self._lift(sid)
                    connection.arrived.set()
                else:
                    sid = ghost
            await self._on_event(sid, data)
            if missed is not None:
                await self._on_event(sid, missed)

        async def emit(update: Any, token: str) -> None:
            # Reflex would write a line to the log, or ask Redis, for each result of a tree that the tab has left.
            if not any(token in left for left in self._left.values()) or token in self._tokens.token_to_socket:
                await emit_update(update, token)

        namespace.on_connect, namespace.on_disconnect = connect, disconnect
        namespace.on_event, namespace.emit_update = event, emit

    def _forget(self, sid: str) -> None:
        self._lift(sid)
        self._left.pop(sid, None)
        if (connection := self._connections.pop(sid, None)) is not None:
            self._sids.pop(connection.id, None)
            if (move := self._moves.pop(connection.id, None)) is not None:
                move.cancel()

    def _lift(self, sid: str) -> None:
        """From here on what the socket sends is meant for the account that it acts as."""
        if (ghost := self._before.pop(sid, None)) is not None:
            self._tokens.sid_to_token.pop(ghost, None)
            self._namespace._static_router_data.pop(ghost, None)


def _headers(identity: Identity) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in identity.headers()}


def _load(name: str, router_data: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "payload": {}, "router_data": {key: router_data[key] for key in _ROUTE if key in router_data}}


def _missed(acknowledgement: dict[str, Any], connection: Connection) -> dict[str, Any] | None:
    # Another page was opened meanwhile, and its own event ran for the account before.
    now = acknowledgement.get("router_data")
    if not isinstance(now, dict) or now.get("asPath") == connection.router_data.get("asPath"):
        return None
    return _load(ON_LOAD, now)


def _acknowledges(data: Any, session_id: str) -> bool:
    if not isinstance(data, dict) or data.get("name") != ACKNOWLEDGE:
        return False
    payload = data.get("payload")
    return isinstance(payload, dict) and payload.get("session_id") == session_id
