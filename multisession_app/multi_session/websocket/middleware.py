"""The event middleware: it reads each event's session again and drops what was meant for another account."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from reflex.middleware.middleware import Middleware
from reflex.state import (
    BaseState,
    FrontendEventExceptionState,
    OnLoadInternalState,
    State,
    StateUpdate,
    UpdateVarsInternalState,
)
from reflex_base.event import Event
from reflex_base.event.context import EventContext
from reflex_base.utils.format import format_event_handler

from ..actions.state_trees import tree_token
from ..actions.tabs import Connection, Identity
from ..errors import DatabaseUnavailable
from ..queries.devices import ProvenDevice
from .failures import call_back_if_fenced
from .notices import explain, explain_lost
from .runtime import kit
from .security_state import SecurityState
from .state import UNKNOWN, MultiSessionState

if TYPE_CHECKING:
    import reflex as rx

# Reflex's events that load the whole state of a tab: the "boot" of a page.
_BOOTS = {format_event_handler(State.event_handlers[name]) for name in ("hydrate_and_load", "hydrate")}
_ARRIVE = format_event_handler(MultiSessionState.event_handlers["arrive"])
_REFRESH = format_event_handler(MultiSessionState.event_handlers["refresh"])
_ACKNOWLEDGE = format_event_handler(MultiSessionState.event_handlers["acknowledge"])
_TELL_DROPPED = format_event_handler(MultiSessionState.event_handlers["tell_dropped"])
_ON_LOAD = format_event_handler(OnLoadInternalState.event_handlers["on_load_internal"])
_SHOW = {format_event_handler(SecurityState.event_handlers[name]) for name in ("show_sessions", "show_activity")}
# These run before the fence is lifted. They act for no account, and without them the tab would stay a placeholder.
_PASS_THE_FENCE = {*_BOOTS, _REFRESH, _ACKNOWLEDGE, _TELL_DROPPED, _ON_LOAD, *_SHOW}
# A page sends these by itself. They do not count as use: else an open page would keep its session from being idle.
_DONE_BY_THE_PAGE = {_REFRESH, _ACKNOWLEDGE, _ARRIVE, *_SHOW} | {
    format_event_handler(handler)
    for state in (FrontendEventExceptionState, UpdateVarsInternalState)
    for handler in state.event_handlers.values()
}


class EventMiddleware(Middleware):
    """Checks every event before it runs.

    Add it at index 0: Reflex 0.10.1 skips the middlewares behind its hydrate middleware.
    """

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Return None to let the event run, an empty update to drop it.

        An event is dropped if its session has ended, or if its tab showed another account when it was sent.
        """
        context = EventContext.get()
        router_data = context.router_data or state.router_data
        identity = Identity.read(router_data.get("headers") or {})
        connection = kit().tabs.connections.get(identity.connection)
        is_from_browser = context.parent_txid is None
        device = None
        if identity.device:
            is_use = is_from_browser and _is_done_by_a_person(event)
            try:
                device = await kit().devices.reread(identity.device, identity.generation, is_use=is_use)
            except DatabaseUnavailable:
                call_back_if_fenced(identity)
                raise
        is_over = identity.session and (device is None or identity.session not in {s.id for s in device.sessions})
        if is_over and connection is not None and identity.session != connection.session_id:
            # The event was meant for the account on screen before, which has ended: it can act for nobody.
            if is_from_browser and event.name not in _PASS_THE_FENCE:
                connection.dropped += 1
                await self._tell_dropped(app, connection)
            return StateUpdate()
        # Run an event only if its ids match the state tree it would run on.
        if is_over or context.token != tree_token(device, identity.session, identity.tab):
            # Trust the database, even if no message told this process. Close the socket, whatever it still wants.
            if connection is not None:
                kit().tabs.kick(connection)
            return StateUpdate()
        is_current = connection is not None and identity.session == connection.session_id
        if connection is not None:
            if is_from_browser and event.name not in _PASS_THE_FENCE and identity.session not in connection.open_for:
                connection.dropped += 1
                return StateUpdate()
            if is_current:
                connection.router_data = router_data
                connection.ends_at = device.ends_at if device else None
        accounts = await state.get_state(MultiSessionState)
        if event.name in _BOOTS:
            # A boot that runs late, after the socket has moved on, says nothing about the socket.
            await _boot(accounts, identity, device, connection if is_current else None, event)
            await context.enqueue(Event(name=_ARRIVE, payload={"move": connection.moves if connection else 0}))
        elif not accounts.is_loaded:
            # Reflex drops a state tree unused for an hour. A socket that is still open then gets an empty one: fill it.
            accounts._show(identity, device)
        return None

    async def _tell_dropped(self, app: rx.App, connection: Connection) -> None:
        # On the tree of the account that the tab shows or moves to, and in a context of its own, as `refresh` below.
        event = Event(name=_TELL_DROPPED, router_data=dict(connection.router_data))
        await asyncio.create_task(app.event_processor.enqueue(connection.tree, event), context=contextvars.Context())


def _is_done_by_a_person(event: Event) -> bool:
    # A page that reconnects boots by itself; only the first boot of a document has hashes (Reflex 0.10.1).
    return event.name not in _DONE_BY_THE_PAGE and (event.name not in _BOOTS or "hashes" in event.payload)


async def _boot(
    accounts: MultiSessionState,
    identity: Identity,
    device: ProvenDevice | None,
    connection: Connection | None,
    event: Event,
) -> None:
    accounts._show(identity, device)
    accounts.notice = ""
    if connection is None:
        return
    explain_lost(accounts, connection)
    # Reflex 0.10.1 sends hashes only with the first event of a document. A new document has no queued events.
    is_same_document = "hashes" not in event.payload
    # During a move, only the tab's acknowledgement says what it shows.
    is_known = connection.shown == identity.session and not connection.is_moving
    if is_known or not is_same_document:
        connection.open_for.add(identity.session)
    if is_known:
        return
    # If the socket closes between the snapshot and `arrive`, nobody knows what the tab shows. Say so beforehand.
    await accounts._name_tab(connection.identity.tab, UNKNOWN)
    if connection.shown and connection.identity.device:
        await explain(accounts, connection.identity.device, connection.identity.generation, connection.shown)


def refresh_tabs_of(app: rx.App) -> Callable[[Connection], Awaitable[None]]:
    """Return the function that tells one tab to read its accounts again."""

    async def refresh(connection: Connection) -> None:
        event = Event(name=_REFRESH, router_data=dict(connection.router_data))
        # Use a new context. In that of the handler that caused the change, Reflex would take this for one of the
        # handler's own events, and drop it with them.
        enqueue = app.event_processor.enqueue(connection.tree, event)
        await asyncio.create_task(enqueue, context=contextvars.Context())

    return refresh
