"""Drops the state trees that closed tabs have left.

Reflex 0.10.1 keeps each for an hour, in memory and on disk or in Redis. Whoever opens a socket makes one, under any
name: without a device, or with a device again and again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from reflex.istate.manager.disk import StateManagerDisk
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState, State

from ..actions.multi_session import MultiSession
from ..options import (
    CLOSED_TREES_OF_DEVICE,
    CLOSED_TREES_WITHOUT_DEVICE,
    TIME_CHECK_INTERVAL,
    TREE_WITHOUT_DEVICE_LIFE,
)

if TYPE_CHECKING:
    import reflex as rx

logger = logging.getLogger(__name__)

_NAME_LENGTH = 64
"""Of a tree that the kit has named. Reflex gives a duplicated tab a UUID, and no socket comes back to that tree."""


class ClosedTrees:
    """The trees of this process's closed tabs, by device ("" for none), those left longest ago first."""

    def __init__(self, app: rx.App, multi_session: MultiSession) -> None:
        """Watch the app's tabs."""
        self._kit = multi_session
        states: Any = app.state_manager
        self._states = states
        namespace: Any = app.event_namespace
        self._tokens = namespace._token_manager
        # After an hour without use Reflex has dropped a tree by itself.
        self._life = timedelta(seconds=states.token_expiration)
        self._left: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
        self._paths: list[Path] = []
        self._files = Lock()
        if isinstance(states, StateManagerDisk):
            self._purge: Callable[[], None] = states._purge_expired_states
            states._purge_expired_states = self._purge_expired  # type: ignore[method-assign]
        multi_session.tabs.on_close = self.leave
        on_disconnect = namespace.on_disconnect

        def disconnect(sid: str) -> Any:
            tree = self._tokens.sid_to_token.get(sid, "")
            if tree and len(tree) != _NAME_LENGTH:
                self.leave("", tree)
            return on_disconnect(sid)

        namespace.on_disconnect = disconnect

    def leave(self, device_id: str, tree: str) -> None:
        """Note that a tab has closed, for now or for ever."""
        self._left[device_id].pop(tree, None)
        self._left[device_id][tree] = self._kit.now()

    def kept(self) -> int:
        """Return how many trees are noted."""
        return sum(map(len, self._left.values()))

    async def drop_regularly(self) -> None:
        """Drop what is due, until cancelled."""
        while True:
            await asyncio.sleep(TIME_CHECK_INTERVAL.total_seconds())
            try:
                await self.drop_due()
            except Exception:
                # Reflex drops them after an hour in any case.
                logger.exception("Could not drop the state of closed tabs.")

    async def drop_due(self) -> None:
        """Drop the trees without a device that nobody has come back to, and all that are too many."""
        now = self._kit.now()
        for device_id, left in list(self._left.items()):
            life, most = (
                (self._life, CLOSED_TREES_OF_DEVICE)
                if device_id
                else (TREE_WITHOUT_DEVICE_LIFE, CLOSED_TREES_WITHOUT_DEVICE)
            )
            due = [tree for at, (tree, since) in enumerate(left.items()) if len(left) - at > most or now - since > life]
            for tree in due:
                del left[tree]
                if not await self._drop(tree):
                    self.leave(device_id, tree)
            if not left:
                self._left.pop(device_id, None)
        paths, self._paths = self._paths, []
        await asyncio.to_thread(self._delete, paths)

    async def _drop(self, tree: str) -> bool:
        """Drop a tree that no tab uses; return False while something still runs on it."""
        if await self._tokens.is_token_connected(tree):
            # Its tab came back, here or in another process, and will close again.
            return True
        states, token = self._states, BaseStateToken(ident=tree, cls=State)
        if isinstance(states, StateManagerRedis):
            return await self._drop_in_redis(token)
        if (lock := states._states_locks.get(tree)) is not None and lock.locked():
            return False
        if isinstance(states, StateManagerDisk):
            if any(queued.ident == tree for queued in states._write_queue):
                return False
            if (root := states.states.get(tree)) is not None:
                self._paths += [states.token_path(token.with_cls(cls)) for cls in _classes_of(root)]
        states._purge_token(token)
        return True

    async def _drop_in_redis(self, token: BaseStateToken) -> bool:
        states = self._states
        if await states.redis.exists(states._lock_key(token)):
            return False
        classes = states._get_required_state_classes(State, subclasses=True)
        await states.redis.delete(*(token._state_key(cls) for cls in classes))
        if token.ident not in states._local_leases:
            # Reflex keeps one for each tree that the process has ever seen.
            states._cached_states_locks.pop(token.ident, None)
        return True

    def _purge_expired(self) -> None:
        # Reflex looks at the age of each file that it has listed before. One that has gone meanwhile is an error to it.
        with self._files:
            self._purge()

    def _delete(self, paths: list[Path]) -> None:
        with self._files:
            for path in paths:
                path.unlink(missing_ok=True)


def _classes_of(state: BaseState) -> list[type[BaseState]]:
    return [type(state), *(cls for child in state.substates.values() for cls in _classes_of(child))]
