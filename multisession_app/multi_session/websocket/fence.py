"""The fence: it decides, as an event arrives, whether it was meant for the account that the tab's socket acts as.

On one socket, the order of arrival is the order of sending, and the socket is still there. So what an event was meant
for is known then and at no later time: events may wait, and meanwhile the socket may close or move on. What may act for
nobody is dropped here and is never queued.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reflex_base.constants import CompileVars

from ..actions.tabs import HEADER, Connection, Tabs
from .event_names import (
    ACKNOWLEDGE,
    BOOTS,
    PASS_THE_FENCE,
    TELL_DROPPED,
    is_first_of_a_document,
    is_missed,
    send_to_tab,
)
from .reflex_patches import websocket_of

if TYPE_CHECKING:
    import reflex as rx


def keep_fence(app: rx.App, tabs: Tabs) -> None:
    """Let only events in that were meant for the account that their socket acts as.

    Raises:
        OptionsError: the app has no state, and so no websocket.
    """
    namespace, sio = websocket_of(app)
    dispatch = namespace.trigger_event

    async def trigger_event(event: str, *args: Any) -> object:
        if event == "connect":
            if (connection := connection_of(tabs, args[1])) is not None:
                connect(connection, args[2] if len(args) > 2 else None)
        elif event == "event":
            connection = connection_of(tabs, sio.get_environ(args[0], namespace.namespace))
            if connection is None:
                return None
            if not admits(connection, args[1] if len(args) > 1 else None):
                if connection.dropped and connection.meant_for is not None:
                    # No acknowledgement is to come that would tell.
                    await tell_dropped(app, connection)
                return None
        return await dispatch(event, *args)

    namespace.trigger_event = trigger_event


def connection_of(tabs: Tabs, environ: Mapping[str, Any] | None) -> Connection | None:
    """Return the connection behind a Socket.IO request, by the header that the HTTP middleware has put in."""
    headers = dict((environ or {}).get("asgi.scope", {}).get("headers", ()))
    return tabs.connections.get(headers.get(f"{HEADER}connection".encode(), b"").decode())


def connect(connection: Connection, auth: Any) -> None:
    """Open the way for a tab that shows the account that it acts as, and for a fresh document.

    That has nothing queued that could have been meant for another account. Of all others it is known that they show
    another account, or not known what they show.
    """
    boot = auth.get(CompileVars.CONNECT_AUTH_EVENT) if isinstance(auth, dict) else None
    boot = boot if isinstance(boot, dict) else {}
    is_fresh = _name_of(boot) in BOOTS and is_first_of_a_document(boot.get("payload"))
    connection.is_named = connection.shown == connection.session_id
    if is_fresh or connection.is_named:
        connection.meant_for = connection.session_id


def admits(connection: Connection, data: Any) -> bool:
    """Whether an event that arrives may act; what the tab says of itself is noted."""
    name = _name_of(data)
    if name == ACKNOWLEDGE:
        return _is_acknowledged(connection, data.get("payload"))
    if meant_for(connection, data) is not None or name in PASS_THE_FENCE:
        return True
    if is_missed(name):
        connection.dropped += 1
    return False


def meant_for(connection: Connection, data: Any) -> str | None:
    """Return the session for which an event that arrives may act, None if for nobody.

    The kit's own script says which session was on screen when the event was made: `shown`. That can only be what the
    socket acts as, or acted as until the tab has acknowledged. Of an event that says nothing, nobody knows for which of
    the two it was meant between the moment when the snapshot is sent and the acknowledgement.
    """
    shown = data.get("shown") if isinstance(data, dict) else None
    if isinstance(shown, str) and shown != connection.meant_for:
        return shown if shown == connection.came_from else None
    return connection.meant_for


async def tell_dropped(app: rx.App, connection: Connection) -> None:
    """Let the tab say that something was not carried out."""
    await send_to_tab(app, connection, TELL_DROPPED)


def _name_of(data: Any) -> str:
    name = data.get("name") if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""


def _is_acknowledged(connection: Connection, payload: Any) -> bool:
    # Only the tab can know the id, and only once it has the snapshot: an early word, one of another account, and one
    # that is said again lift nothing.
    named = payload.get("snapshot_id") if isinstance(payload, dict) else None
    if not connection.snapshot_id or named != connection.snapshot_id:
        return False
    connection.shown = connection.meant_for = connection.session_id
    connection.snapshot_id = ""
    connection.arrived.set()
    return True
