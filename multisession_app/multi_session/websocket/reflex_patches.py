"""What Reflex 0.10.1 and python-socketio need patched. Look at this file at each Reflex release."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import reflex as rx

from ..errors import OptionsError

_BROWSER_PACKETS = ("event", "ping", "client_error")
"""What the client of Reflex 0.10.1 sends. python-socketio calls the handler `on_<name>` for any name that is sent."""


def give_back_cancelled_locks(state_manager: Any) -> None:
    """Make a cancelled event give back the Redis lock of its state tree.

    A tab that comes back to an account cancels what that account's page was still loading. If such an event was just
    asking Redis for the lock, Reflex 0.10.1 forgets that it got it. The tab then waits the 10 s until the lock expires.
    """
    take = getattr(state_manager, "_try_get_lock", None)
    if not inspect.iscoroutinefunction(take):
        return

    async def try_get_lock(lock_key: bytes, lock_id: bytes) -> bool | None:
        taking = asyncio.ensure_future(take(lock_key, lock_id))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            if await taking:
                await state_manager.redis.delete(lock_key)
            raise

    state_manager._try_get_lock = try_get_lock


def refuse_forged_packets(app: rx.App) -> None:
    """Let a browser send only what Reflex's own client sends.

    python-socketio 5.18 hands an event that a client names "connect" to the handler of real connections, with the
    client's JSON in place of the request. The client could choose headers, address and tab token, and so get past the
    HTTP middleware.

    Raises:
        OptionsError: the app has no state, and so no websocket.
    """
    namespace, sio = app.event_namespace, app.sio
    if namespace is None or sio is None:
        raise OptionsError("MultiSessionPlugin needs an app with state.")
    dispatch = namespace.trigger_event

    async def trigger_event(event: object, *args: object) -> object:
        # At a real connect the socket is not connected yet, at a real disconnect no longer.
        is_from_browser = sio.manager.is_connected(args[0], namespace.namespace)
        if is_from_browser and event not in _BROWSER_PACKETS:
            return None
        return await dispatch(event, *args)

    namespace.trigger_event = trigger_event
