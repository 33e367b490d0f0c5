"""The names of the events that the checks of events know, what they mean for them, and how a tab is sent one."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Any

from reflex.state import FrontendEventExceptionState, OnLoadInternalState, State, UpdateVarsInternalState
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler

from ..actions.tabs import Connection
from .security_state import SecurityState
from .state import MultiSessionState

if TYPE_CHECKING:
    import reflex as rx

BOOT, HYDRATE = (format_event_handler(State.event_handlers[name]) for name in ("hydrate_and_load", "hydrate"))
BOOTS = {BOOT, HYDRATE}
"""Reflex's events that load the whole state of a tab: the "boot" of a page."""
ON_LOAD = format_event_handler(OnLoadInternalState.event_handlers["on_load_internal"])
REFRESH, ACKNOWLEDGE, TELL_DROPPED = (
    format_event_handler(MultiSessionState.event_handlers[name]) for name in ("refresh", "acknowledge", "tell_dropped")
)
_SHOW = {format_event_handler(SecurityState.event_handlers[name]) for name in ("show_sessions", "show_activity")}

PASS_THE_FENCE = {*BOOTS, REFRESH, TELL_DROPPED, ON_LOAD, *_SHOW}
"""These run also behind the fence. They act for no account, and without them the tab would stay a placeholder."""

DONE_BY_THE_PAGE = {REFRESH, ACKNOWLEDGE, TELL_DROPPED, *_SHOW} | {
    format_event_handler(handler)
    for state in (FrontendEventExceptionState, UpdateVarsInternalState)
    for handler in state.event_handlers.values()
}
"""A page sends these by itself. They do not count as use: else an open page would keep its session from being idle."""


def is_missed(name: str) -> bool:
    """Whether a person has to be told if an event of this name is dropped."""
    return name not in PASS_THE_FENCE | DONE_BY_THE_PAGE


def is_done_by_a_person(event: Event) -> bool:
    """Whether the event counts as use. A page that reconnects boots by itself; a document that is opened does not."""
    return event.name not in DONE_BY_THE_PAGE and (event.name not in BOOTS or is_first_of_a_document(event.payload))


def is_first_of_a_document(payload: Any) -> bool:
    """Whether it is the payload of a document's first boot: Reflex 0.10.1 sends hashes only with that one."""
    return isinstance(payload, dict) and "hashes" in payload


async def send_to_tab(app: rx.App, connection: Connection, name: str) -> None:
    """Queue an event of the kit on the tree of the account that the tab shows or moves to."""
    event = Event(name=name, router_data=dict(connection.router_data))
    # In a context of its own: in that of the handler that caused it, Reflex would take this for one of the handler's
    # own events, and drop it with them.
    await asyncio.create_task(app.event_processor.enqueue(connection.tree, event), context=contextvars.Context())
