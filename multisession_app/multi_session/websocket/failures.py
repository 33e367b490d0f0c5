"""Says on screen that an event has failed, without the parts that may have failed."""

from __future__ import annotations

import asyncio
import logging

from reflex_base.constants.state import FIELD_MARKER
from reflex_base.event.context import EventContext

from ..actions.tabs import Identity
from ..errors import DatabaseUnavailable
from .redis_patches import RedisAway
from .runtime import kit, words
from .state import REFUSED, MultiSessionState

logger = logging.getLogger(__name__)

_sending: set[asyncio.Task[None]] = set()


def explain_failure(exception: Exception) -> None:
    """Log what an event raised, and tell the tab that sent it.

    Reflex 0.10.1's own handler sends the browser a script to evaluate, for a toast or an alert. An event that it
    returned would need the state tree in Redis and the session in the database, and fail as the one before.
    """
    context = EventContext.get()
    if isinstance(exception, DatabaseUnavailable | RedisAway):
        # `Outage` has logged it.
        text = words().unavailable
        if isinstance(exception, RedisAway):
            call_back_if_arriving(Identity.read((context.router_data or {}).get("headers") or {}))
    else:
        logger.error("An event handler failed.", exc_info=exception)
        text = words().failed
    changed = {"notice": text, "notice_kind": REFUSED, "notice_at": "", "shown_at": kit().now().isoformat()}
    # Past the state tree: it keeps its own notice, and Reflex sends whatever is set next, the same value too.
    delta = {MultiSessionState.get_full_name(): {name + FIELD_MARKER: value for name, value in changed.items()}}
    sending = asyncio.get_running_loop().create_task(context.emit_delta(delta))
    _sending.add(sending)
    sending.add_done_callback(_sending.discard)


def call_back_if_arriving(identity: Identity) -> None:
    """Let a tab come back that was still arriving when a part went away: its snapshot or its name is lost."""
    connection = kit().tabs.connections.get(identity.connection)
    if connection is None:
        return
    has_arrived = connection.router_data and connection.is_named
    if not has_arrived or connection.meant_for != identity.session:
        kit().tabs.kick(connection)
