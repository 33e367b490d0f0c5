"""Limits on the events that a socket sends, before Reflex 0.10.1 keeps something of each for ever."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from reflex_base.utils.exceptions import EventDeserializationError

from ..actions.multi_session import MultiSession
from ..actions.tabs import POLICY_VIOLATION, Connection, Identity
from ..log_lines import refused
from ..options import PACKETS_WAITING, PATH_LIMIT, QUERY_LIMIT
from .reflex_patches import websocket_of

if TYPE_CHECKING:
    import reflex as rx

logger = logging.getLogger(__name__)


def limit_events(app: rx.App, multi_session: MultiSession) -> None:
    """Tell the client how long a message may be, and drop what Reflex's own client does not send.

    Reflex keeps the last 4,096 paths that pages say they have, however long they are, and a future for each event whose
    handler it does not know. python-socketio 5.18 keeps a socket whose first event is none.
    """
    namespace, sio = websocket_of(app)
    handlers = app._registration_context.event_handlers
    # Reflex's client compares its first message with it, and says on the page that it is too long.
    sio.eio.max_http_buffer_size = multi_session.options.maximum_message_size
    on_connect, on_event, tabs = namespace.on_connect, namespace.on_event, multi_session.tabs
    noted = WeakSet[Connection]()

    async def event(sid: str, data: Any) -> None:
        if isinstance(data, dict):
            # Not `fence.connection_of`: the sid of a route that is kept open in a move has no request of its own.
            ids = Identity.read(namespace._static_router_data.get(sid, {}).get("headers") or {})
            connection = tabs.connections.get(ids.connection)
            if _waiting(sio, sid, namespace.namespace) > PACKETS_WAITING:
                if connection is not None:
                    tabs.refuse(connection, POLICY_VIOLATION, f"more than {PACKETS_WAITING} packets not read")
                return
            if _is_too_long(data.get("router_data")):
                if connection is not None:
                    tabs.refuse(connection, POLICY_VIOLATION, f"path of more than {PATH_LIMIT} bytes")
                return
            name = data.get("name")
            if isinstance(name, str) and name not in handlers:
                if connection is not None and connection not in noted:
                    noted.add(connection)
                    text = "Dropped an event without a handler, and will drop further ones: %.100r"
                    logger.warning(text, name, extra=refused("unknown event", ids.device))
                return
        await on_event(sid, data)

    async def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> Any:
        try:
            return await on_connect(sid, environ, auth)
        except EventDeserializationError as error:
            raise ConnectionRefusedError from error

    namespace.on_connect, namespace.on_event = connect, event


def _waiting(sio: Any, sid: str, namespace: str) -> int:
    """Return how many packets engine.io 4.15 keeps for a browser, without a bound of its own."""
    socket = sio.eio.sockets.get(sio.manager.eio_sid_from_sid(sid, namespace))
    return 0 if socket is None else int(socket.queue.qsize())


def _is_too_long(router_data: object) -> bool:
    if not isinstance(router_data, dict):
        return False
    limits = {"pathname": PATH_LIMIT, "asPath": PATH_LIMIT + QUERY_LIMIT}
    # The query comes once more as a dictionary, with the parameters of a dynamic route.
    return len(str(router_data.get("query", ""))) > PATH_LIMIT + QUERY_LIMIT or any(
        isinstance(path := router_data.get(key), str) and len(path) > most for key, most in limits.items()
    )
