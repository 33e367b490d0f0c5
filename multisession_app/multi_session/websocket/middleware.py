"""The check of each event: its session is read again, and what was meant for another account is dropped."""

from __future__ import annotations

import asyncio
import contextvars
import logging
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
from reflex_base.event import Event, EventSpec
from reflex_base.event.context import EventContext
from reflex_base.utils.format import format_event_handler

from ..actions.tabs import Connection, Identity, tree_token
from ..queries.devices import ProvenDevice
from .notices import explain
from .runtime import kit
from .security_state import SecurityState
from .state import UNKNOWN, MultiSessionState

if TYPE_CHECKING:
    import reflex as rx

logger = logging.getLogger(__name__)

_BOOTS = {format_event_handler(State.event_handlers[name]) for name in ("hydrate_and_load", "hydrate")}
_ARRIVE = format_event_handler(MultiSessionState.event_handlers["arrive"])
_REFRESH = format_event_handler(MultiSessionState.event_handlers["refresh"])
_ACKNOWLEDGE = format_event_handler(MultiSessionState.event_handlers["acknowledge"])
_TELL_DROPPED = format_event_handler(MultiSessionState.event_handlers["tell_dropped"])
_ON_LOAD = format_event_handler(OnLoadInternalState.event_handlers["on_load_internal"])
_SHOW = {format_event_handler(SecurityState.event_handlers[name]) for name in ("show_sessions", "show_activity")}
# Loading a page acts for nobody, and without it the tab would stay a skeleton.
_PASS_THE_FENCE = {*_BOOTS, _REFRESH, _ACKNOWLEDGE, _TELL_DROPPED, _ON_LOAD, *_SHOW}
_DONE_BY_THE_PAGE = {_REFRESH, _ACKNOWLEDGE, _ARRIVE, *_SHOW} | {
    format_event_handler(handler)
    for state in (FrontendEventExceptionState, UpdateVarsInternalState)
    for handler in state.event_handlers.values()
}


class EventMiddleware(Middleware):
    """Runs before every event; at index 0, since Reflex 0.10.1 skips what stands behind its hydrate middleware."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Swallow an event whose session is over or whose tab showed another account; else let it run."""
        context = EventContext.get()
        router_data = context.router_data or state.router_data
        acting = Identity.read(router_data.get("headers") or {})
        connection = kit().tabs.connections.get(acting.connection)
        is_from_browser = context.parent_txid is None
        device = None
        if acting.device:
            is_use = is_from_browser and _is_done_by_a_person(event)
            device = await kit().devices.reread(acting.device, acting.generation, is_use=is_use)
        is_over = acting.session and (device is None or acting.session not in {s.id for s in device.sessions})
        if is_over and connection is not None and acting.session != connection.session_id:
            # Meant for the account that was on screen before, and that has ended: it acts for nobody.
            if is_from_browser and event.name not in _PASS_THE_FENCE:
                connection.dropped += 1
                await self._tell_dropped(app, connection)
            return StateUpdate()
        # Whatever way an event has come: its ids and the tree that it would run on belong together, or it does not.
        if is_over or context.token != tree_token(device, acting.session, acting.tab):
            # The database is the truth, even if no message came: whatever the socket still wants, it is over.
            if connection is not None:
                kit().tabs.kick(connection)
            return StateUpdate()
        is_current = connection is not None and acting.session == connection.session_id
        if connection is not None:
            if is_from_browser and event.name not in _PASS_THE_FENCE and acting.session not in connection.open_for:
                connection.dropped += 1
                return StateUpdate()
            if is_current:
                connection.router_data = router_data
                connection.ends_at = device.ends_at if device else None
        accounts = await state.get_state(MultiSessionState)
        if event.name in _BOOTS:
            # One that runs late, when the socket has gone on, says nothing about the socket any more.
            await _boot(accounts, acting, device, connection if is_current else None, event)
            await context.enqueue(Event(name=_ARRIVE, payload={"move": connection.moves if connection else 0}))
        elif not accounts.is_loaded:
            # Reflex drops a tree that was not used for an hour and makes an empty one on a socket that lives on.
            accounts._show(acting, device)
        return None

    async def _tell_dropped(self, app: rx.App, connection: Connection) -> None:
        # On the tree of the account that the tab goes to, or has; by itself, as `refresh` is.
        event = Event(name=_TELL_DROPPED, router_data=dict(connection.router_data))
        await asyncio.create_task(app.event_processor.enqueue(connection.tree, event), context=contextvars.Context())


def _is_done_by_a_person(event: Event) -> bool:
    # A page that comes back after its connection was cut, reads anew, or has an error does so by itself.
    return event.name not in _DONE_BY_THE_PAGE and (event.name not in _BOOTS or "hashes" in event.payload)


async def _boot(
    accounts: MultiSessionState,
    acting: Identity,
    device: ProvenDevice | None,
    connection: Connection | None,
    event: Event,
) -> None:
    accounts._show(acting, device)
    accounts.notice = ""
    if connection is None:
        return
    # A fresh document has nothing queued; Reflex 0.10.1 sends hashes only with the first event of one.
    is_same_document = "hashes" not in event.payload
    # In the middle of a move nothing is known before the tab has said what it shows.
    is_known = connection.shown == acting.session and not connection.is_moving
    if is_known or not is_same_document:
        connection.open_for.add(acting.session)
    if is_known:
        return
    # Should the socket go between the snapshot and `arrive`, nobody knows what the tab has on screen.
    await accounts._name_tab(connection.identity.tab, UNKNOWN)
    if connection.shown and connection.identity.device:
        await explain(accounts, connection.identity.device, connection.identity.generation, connection.shown)


def explain_failure(exception: Exception) -> EventSpec:
    """Log what an event handler raised, and say on screen that it failed.

    Reflex 0.10.1 itself sends a script for the browser to evaluate, a toast or an alert.
    """
    logger.error("An event handler failed.", exc_info=exception)
    spec: EventSpec = MultiSessionState.fail()  # type: ignore[operator] # a call at run time only
    return spec


def refresh_tabs_of(app: rx.App) -> Callable[[Connection], Awaitable[None]]:
    """Return what tells one tab to read its accounts anew."""

    async def refresh(connection: Connection) -> None:
        event = Event(name=_REFRESH, router_data=dict(connection.router_data))
        # In a context of its own: in that of the handler that caused the change Reflex would take this for one of
        # that handler's own events, and drop it with them.
        enqueue = app.event_processor.enqueue(connection.tree, event)
        await asyncio.create_task(enqueue, context=contextvars.Context())

    return refresh
