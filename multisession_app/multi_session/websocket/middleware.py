"""The event middleware: it reads each event's session again before it runs, and shows the accounts at a page's boot."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event
from reflex_base.event.context import EventContext

from ..actions.state_trees import tree_token
from ..actions.tabs import Connection, Identity
from ..errors import DatabaseUnavailable
from ..queries.devices import ProvenDevice
from .event_names import BOOTS, REFRESH, is_done_by_a_person, is_missed, send_to_tab
from .failures import call_back_if_arriving
from .fence import tell_dropped
from .notices import explain, explain_lost
from .runtime import kit
from .state import UNKNOWN, MultiSessionState

if TYPE_CHECKING:
    import reflex as rx


class EventMiddleware(Middleware):
    """Checks every event before it runs.

    Add it at index 0: Reflex 0.10.1 skips the middlewares behind its hydrate middleware.
    """

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Return None to let the event run, an empty update to drop it.

        An event is dropped if its session has ended, or if its ids do not match the state tree that it would run on.
        For whom it was meant was decided when it arrived: see `fence`.
        """
        context = EventContext.get()
        router_data = context.router_data or state.router_data
        identity = Identity.read(router_data.get("headers") or {})
        connection = kit().tabs.connections.get(identity.connection)
        is_from_browser = context.parent_txid is None
        try:
            device = await kit().devices.reread(identity.device, identity.generation) if identity.device else None
        except DatabaseUnavailable:
            call_back_if_arriving(identity)
            raise
        is_over = identity.session and (device is None or identity.session not in {s.id for s in device.sessions})
        if is_over and connection is not None and identity.session != connection.session_id:
            # The event was meant for the account on screen before, which has ended: it can act for nobody.
            if is_from_browser and is_missed(event.name):
                connection.dropped += 1
                await tell_dropped(app, connection)
            return StateUpdate()
        # Run an event only if its ids match the state tree it would run on.
        if is_over or context.token != tree_token(device, identity.session, identity.tab):
            # Trust the database, even if no message told this process. Close the socket, whatever it still wants.
            if connection is not None:
                kit().tabs.kick(connection)
            return StateUpdate()
        if device is not None and is_from_browser and is_done_by_a_person(event):
            await kit().devices.note_use(device, identity.session)
        accounts = await state.get_state(MultiSessionState)
        # An event that runs late, after the socket has moved on, says nothing about the socket. Nothing is awaited
        # between this and what the boot notes.
        if connection is not None and identity.session != connection.session_id:
            connection = None
        if connection is not None:
            connection.router_data = router_data
            connection.ends_at = device.ends_at if device else None
        if event.name in BOOTS:
            await _boot(accounts, identity, device, connection)
        elif not accounts.is_loaded:
            # Reflex drops a state tree unused for an hour. A socket that is still open then gets an empty one: fill it.
            accounts._show(identity, device)
        return None


async def _boot(
    accounts: MultiSessionState, identity: Identity, device: ProvenDevice | None, connection: Connection | None
) -> None:
    accounts._show(identity, device)
    accounts.notice = accounts.snapshot_id = ""
    if connection is None:
        return
    explain_lost(accounts, connection)
    if identity.session == connection.meant_for == connection.shown:
        return
    # From here on the tab may show either account, until it acknowledges. Only a fresh document shows nobody else.
    if connection.meant_for != identity.session:
        connection.meant_for = None
    connection.snapshot_id = accounts.snapshot_id = str(uuid.uuid4())
    connection.is_named = False
    # If the socket closes before the acknowledgement, nobody knows what the tab shows. Say so beforehand.
    await accounts._name_tab(connection.identity.tab, UNKNOWN)
    if connection.shown and connection.identity.device:
        await explain(accounts, connection.identity.device, connection.identity.generation, connection.shown)


def refresh_tabs_of(app: rx.App) -> Callable[[Connection], Awaitable[None]]:
    """Return the function that tells one tab to read its accounts again."""

    return lambda connection: send_to_tab(app, connection, REFRESH)
