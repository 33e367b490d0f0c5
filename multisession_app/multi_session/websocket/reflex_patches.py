"""What Reflex 0.10.1 and python-socketio need patched. Look at this file at each Reflex release."""

from __future__ import annotations

import contextlib
import os
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import reflex as rx
from redis.exceptions import RedisError
from reflex.istate.manager.disk import StateManagerDisk
from reflex.utils.token_manager import RedisTokenManager

from ..errors import OptionsError

_BROWSER_PACKETS = ("event", "ping", "client_error")
"""What the client of Reflex 0.10.1 sends. python-socketio calls the handler `on_<name>` for any name that is sent."""


def forget_dead_workers(app: rx.App, is_alive: Callable[[str], Awaitable[bool]]) -> None:
    """Make a tab's link to a worker that was killed no reason to give the tab a new token when it comes back.

    Reflex 0.10.1 keeps the link in Redis for an hour and takes the tab for a duplicate. With its token it would lose
    what was typed in it.
    """
    tokens: Any = getattr(app.event_namespace, "_token_manager", None)
    if not isinstance(tokens, RedisTokenManager):
        return
    link = tokens.link_token_to_sid

    async def link_token_to_sid(token: str, sid: str) -> str | None:
        with contextlib.suppress(RedisError):
            key = tokens._get_redis_key(token)
            record = await tokens.redis.get(key)
            owner = pickle.loads(record).instance_id if record else tokens.instance_id  # noqa: S301 - Reflex's own
            if owner != tokens.instance_id and not await is_alive(owner):
                await tokens.redis.delete(key)
        return await link(token, sid)

    tokens.link_token_to_sid = link_token_to_sid  # type: ignore[method-assign]


def keep_private(state_manager: Any) -> None:
    """Let no other user of the machine read what this process writes, and the folder of states that is there already.

    What people type is in the states. Reflex 0.10.1 writes them as files that everybody may read, and makes the folder
    anew when it is gone. To be called in the process that serves: what is built may be served by another user.
    """
    os.umask(0o077)
    if isinstance(state_manager, StateManagerDisk):
        state_manager.states_directory.chmod(0o700)


def name_of_process(app: rx.App) -> str:
    """Return the name by which Reflex knows this process in Redis, once it serves."""
    return str(getattr(getattr(app.event_namespace, "_token_manager", None), "instance_id", ""))


def websocket_of(app: rx.App) -> tuple[Any, Any]:
    """Return Reflex's namespace of events and the Socket.IO server.

    Raises:
        OptionsError: the app has no state, and so no websocket.
    """
    if app.event_namespace is None or app.sio is None:
        raise OptionsError("MultiSessionPlugin needs an app with state.")
    return app.event_namespace, app.sio


def refuse_forged_packets(app: rx.App) -> None:
    """Let a browser send only what Reflex's own client sends.

    python-socketio 5.18 hands an event that a client names "connect" to the handler of real connections, with the
    client's JSON in place of the request. The client could choose headers, address and tab token, and so get past the
    HTTP middleware.

    Raises:
        OptionsError: the app has no state, and so no websocket.
    """
    namespace, sio = websocket_of(app)
    dispatch = namespace.trigger_event

    async def trigger_event(event: object, *args: object) -> object:
        # At a real connect the socket is not connected yet, at a real disconnect no longer.
        is_from_browser = sio.manager.is_connected(args[0], namespace.namespace)
        if is_from_browser and (event not in _BROWSER_PACKETS or (event == "event" and not _is_one_object(args[1:]))):
            return None
        return await dispatch(event, *args)

    namespace.trigger_event = trigger_event


def _is_one_object(arguments: tuple[object, ...]) -> bool:
    # Reflex 0.10.1 takes text too, and reads the event out of it: nothing before it would see its name.
    return len(arguments) == 1 and isinstance(arguments[0], dict)
