"""Moves an open socket from one account to another: one round trip instead of a new connection.

The socket and the tab stay. The state tree behind them is exchanged, and Reflex's own boot event runs on the new tree,
so that the browser gets the new account's whole state. What arrives before that state is sent was meant for the old
account and runs on the old tree. If the old session has ended, the event middleware drops it there. What arrives from
then on until the tab acknowledges runs there too if it says that the old account was on screen, else nowhere: see
`fence`. So a click for one account can at no moment act for the next.

Reflex 0.10.1 has no way for this. `missing_parts` lists the internals used here. Where one of them differs, and in apps
with variables in the browser's storage, every move is a reconnect.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, NamedTuple

from ..actions.multi_session import MultiSession
from ..actions.tabs import Connection, Identity
from ..options import ARRIVAL_TIMEOUT
from .event_names import BOOT, ON_LOAD
from .fence import connection_of, meant_for

if TYPE_CHECKING:
    import reflex as rx

logger = logging.getLogger(__name__)

# The part of an event's router data that the browser sends; the server adds the rest.
_ROUTE = ("pathname", "asPath", "query")


def missing_parts(namespace: Any) -> list[str]:
    """Return the names of the Reflex internals used here that are missing or have another shape."""
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


class Kept(NamedTuple):
    """What is kept: open sockets, trees that they have left, sockets behind the fence, moves, and running tasks."""

    sockets: int = 0
    left_trees: int = 0
    fenced: int = 0
    moves: int = 0
    tasks: int = 0


class SwitchInPlace:
    """Moves this process's sockets from one account to another."""

    def __init__(self, app: rx.App, multi_session: MultiSession) -> None:
        """Watch the app's sockets."""
        self._kit = multi_session
        namespace: Any = app.event_namespace
        self._namespace, self._tokens = namespace, namespace._token_manager
        # By sid, Socket.IO's id of a socket; `_sids` and `_moves` by the connection's own id.
        self._connections: dict[str, Connection] = {}
        self._sids: dict[str, str] = {}
        self._old_sids: dict[str, str] = {}
        self._left_trees: dict[str, set[str]] = {}
        self._moves: dict[str, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._watch()

    def move(self, connection: Connection) -> None:
        """Let a socket move to its device's active account.

        A socket makes one move at a time. If asked again meanwhile, it goes on to the account that is active then.
        """
        connection.is_stale = True
        if connection.is_moving:
            self._run(self._check(connection))
        else:
            connection.is_moving = True
            self._moves[connection.id] = self._run(self._move(connection))

    def kept(self) -> Kept:
        """Return how much is kept in memory: nothing of it may outlive the sockets that it is about."""
        left_trees = sum(len(trees) for trees in self._left_trees.values())
        return Kept(len(self._connections), left_trees, len(self._old_sids), len(self._moves), len(self._running))

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        # Use a new context. In that of the handler that caused the change, Reflex would take the events sent here for
        # the handler's own, and drop them with those.
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _check(self, connection: Connection) -> None:
        """Close a socket that waits for its tab if the account it moves to has ended meanwhile."""
        if self._sids.get(connection.id) not in self._old_sids:
            # It does not wait for its tab yet, and will read the device itself.
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
            # The tab did not acknowledge: no ordinary browser, or a dead or very slow line.
            self._kit.tabs.kick(connection)
        except Exception:
            logger.exception("A tab could not change its account in place; it reconnects.")
            self._kit.tabs.kick(connection)
        finally:
            # Right after the last look at `is_stale`: a call of `move` between that and the task's end would be lost.
            connection.is_moving = False
            self._moves.pop(connection.id, None)

    async def _step(self, connection: Connection) -> bool:
        """Move to the account that is active now and wait until the tab shows it; return False if that cannot be."""
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
            # The page's boot still waits behind something slow, so nobody knows which page to load for the new account.
            return False
        # First keep a route open for events sent for the old account: an invented sid leads to its tree and headers.
        router_data, old_sid, old_tree = static[sid], f"{sid} before", connection.tree
        static[old_sid], self._tokens.sid_to_token[old_sid], self._old_sids[sid] = router_data, old_tree, old_sid
        connection.came_from = connection.session_id
        connection.act_as(device)
        connection.arrived.clear()
        # Not in `_relink`: that may start after the socket has closed, and nobody would remove the entry.
        self._left_trees.setdefault(sid, set()).add(old_tree)
        self._left_trees[sid].discard(connection.tree)
        static[sid] = {**router_data, "headers": {**router_data["headers"], **_headers(connection.identity)}}
        # It runs to its end even if the socket closes meanwhile, so that it can undo the link.
        if not await asyncio.shield(self._relink(sid, old_tree, connection.tree)):
            return False
        await self._on_event(sid, _event_data(BOOT, connection.router_data))
        if connection.is_stale:
            # `move` was called again during the exchange: the new account may have ended by now.
            self._run(self._check(connection))
        await asyncio.wait_for(connection.arrived.wait(), ARRIVAL_TIMEOUT.total_seconds())
        return True

    async def _relink(self, sid: str, old_tree: str, new_tree: str) -> bool:
        tokens = self._tokens
        old_record = tokens.token_to_socket.get(old_tree)
        await tokens.disconnect_token(old_tree, sid)
        replacement = await tokens.link_token_to_sid(new_tree, sid)
        if sid not in self._connections:
            # The socket closed meanwhile, and nobody else would remove the new link. Reflex may have tried before
            # Redis had it, and removes from Redis only what stands in `token_to_socket` too.
            if old_record is not None:
                tokens.token_to_socket.setdefault(replacement or new_tree, old_record)
            await tokens.disconnect_token(replacement or new_tree, sid)
            return False
        record = tokens.token_to_socket.get(new_tree)
        return (
            replacement is None
            and tokens.sid_to_token.get(sid) == new_tree
            and record is not None
            and record.sid == sid
        )

    def _watch(self) -> None:
        namespace = self._namespace
        on_connect, on_disconnect, emit_update = namespace.on_connect, namespace.on_disconnect, namespace.emit_update
        self._on_event = namespace.on_event

        async def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> Any:
            if (connection := connection_of(self._kit.tabs, environ)) is not None:
                self._connections[sid], self._sids[connection.id] = connection, sid
            try:
                return await on_connect(sid, environ, auth)
            except BaseException:
                # Reflex calls no `on_disconnect` for a refused socket; forget it here.
                self._forget(sid)
                raise

        def disconnect(sid: str) -> Any:
            if (connection := self._connections.get(sid)) is not None:
                # Close the websocket too: by a second CONNECT, which no ordinary client sends, its ids may be old.
                self._kit.tabs.kick(connection)
            self._forget(sid)
            return on_disconnect(sid)

        async def event(sid: str, data: Any) -> None:
            page_load = None
            if (old_sid := self._old_sids.get(sid)) is not None:
                connection = self._connections[sid]
                if connection.meant_for == connection.session_id:
                    # The first event that was meant for the new account is the tab's acknowledgement.
                    page_load = _load_if_page_changed(data, connection)
                    self._close_old_route(sid)
                elif meant_for(connection, data) == connection.came_from:
                    sid = old_sid
            await self._on_event(sid, data)
            if page_load is not None:
                await self._on_event(sid, page_load)

        async def emit(update: Any, token: str) -> None:
            # Drop the results of a tree that the tab has left: for each, Reflex would log a line or ask Redis.
            record = self._tokens.token_to_socket.get(token)
            if record is None and any(token in left for left in self._left_trees.values()):
                return
            # And those of the next tree before its snapshot, which has them too: they would stand on the page of the
            # account before, where a click on them would act for that one.
            connection = self._connections.get(record.sid) if record is not None else None
            if connection is None or connection.tree != token or not _is_before_the_snapshot(connection):
                await emit_update(update, token)

        namespace.on_connect, namespace.on_disconnect = connect, disconnect
        namespace.on_event, namespace.emit_update = event, emit

    def _forget(self, sid: str) -> None:
        self._close_old_route(sid)
        self._left_trees.pop(sid, None)
        if (connection := self._connections.pop(sid, None)) is not None:
            self._sids.pop(connection.id, None)
            if (move := self._moves.pop(connection.id, None)) is not None:
                move.cancel()

    def _close_old_route(self, sid: str) -> None:
        """Let what the socket sends from here on run for the account that it acts as."""
        if (old_sid := self._old_sids.pop(sid, None)) is not None:
            self._connections[sid].came_from = None
            self._tokens.sid_to_token.pop(old_sid, None)
            self._namespace._static_router_data.pop(old_sid, None)


def _headers(identity: Identity) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in identity.headers()}


def _event_data(name: str, router_data: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "payload": {}, "router_data": {key: router_data[key] for key in _ROUTE if key in router_data}}


def _load_if_page_changed(acknowledgement: dict[str, Any], connection: Connection) -> dict[str, Any] | None:
    # If another page was opened during the move, its load ran for the old account: it must run for the new one.
    now = acknowledgement.get("router_data")
    if not isinstance(now, dict) or now.get("asPath") == connection.router_data.get("asPath"):
        return None
    return _event_data(ON_LOAD, now)


def _is_before_the_snapshot(connection: Connection) -> bool:
    # A move has begun, and the tab cannot yet have got anything of the next account.
    return connection.meant_for not in {None, connection.session_id}
