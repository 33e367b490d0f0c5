"""A tab whose events go through the guard, each in the context that Reflex gives it, and what comes of them."""

from __future__ import annotations

from contextvars import copy_context
from types import SimpleNamespace
from typing import Any

from reflex.istate.manager.memory import StateManagerMemory
from reflex.state import FrontendEventExceptionState, OnLoadInternalState, State, StateUpdate
from reflex_base.event import Event
from reflex_base.event.context import EventContext

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.tabs import Connection
from multisession_app.multi_session.websocket import fence
from multisession_app.multi_session.websocket.middleware import EventMiddleware
from multisession_app.multi_session.websocket.security_state import SecurityState
from multisession_app.multi_session.websocket.state import MultiSessionState
from tests.support.browser import Browser
from tests.support.running import run
from tests.support.scenes import Namespace
from tests.support.state_tab import Tab

CLICK = f"{MultiSessionState.get_full_name()}.dismiss_notice"
BOOT = f"{State.get_full_name()}.hydrate_and_load"
HYDRATE = f"{State.get_full_name()}.hydrate"
ON_LOAD = f"{OnLoadInternalState.get_full_name()}.on_load_internal"
REFRESH, ACKNOWLEDGE, TELL_DROPPED = (
    f"{MultiSessionState.get_full_name()}.{name}" for name in ("refresh", "acknowledge", "tell_dropped")
)
PAGE_ERROR = f"{FrontendEventExceptionState.get_full_name()}.handle_frontend_exception"
SHOW_SESSIONS, SHOW_ACTIVITY = (
    f"{SecurityState.get_full_name()}.{name}" for name in ("show_sessions", "show_activity")
)
PAGE_LOADS = [BOOT, HYDRATE, ON_LOAD, REFRESH, TELL_DROPPED, SHOW_SESSIONS, SHOW_ACTIVITY]
FRESH = {"hashes": ["of a fresh document"]}


class Guarding:
    """The guard of one process, and what it tells tabs in events of their own."""

    def __init__(self, kit: MultiSession, namespace: Namespace) -> None:
        """Tell nobody yet."""
        self.kit, self.namespace = kit, namespace
        self.app: Any = SimpleNamespace(event_namespace=namespace, event_processor=SimpleNamespace(enqueue=self._tell))
        self.told: list[tuple[str, Event]] = []
        # Reflex knows its states by the context of the main thread; a scene plays in another.
        self.registry = copy_context()

    async def _tell(self, tree: str, event: Event) -> None:
        assert EventContext._context_var.get(None) is None, "it would end with the event that caused it"
        self.told.append((tree, event))

    def open(self, visitor: Browser, name: str = "tab", *, shown: str | None = None) -> GuardedTab:
        """Open a tab's socket as the gate does; it has had on screen the account that is active unless `shown`."""
        connection = Connection.of(name, shown=shown)
        self.kit.tabs.add(connection)
        has_cookie = len(visitor.cookies.jar) > 0
        run(self.kit.devices.bind(connection, visitor.secret_hash if has_cookie else None))
        if shown is None:
            connection.shown = connection.session_id
        fence.connect(connection, None)
        return GuardedTab(self, connection)


class GuardedTab:
    """The tree that a socket acts on now, also when the socket has gone on to another.

    An event that is sent arrives at the fence first. One that is sent `late` has passed it before.
    """

    def __init__(self, guarding: Guarding, connection: Connection) -> None:
        """Keep the ids that the gate has put into the headers."""
        self.guarding, self.connection, self.tree = guarding, connection, connection.tree
        headers = {name.decode(): value.decode() for name, value in connection.identity.headers()}
        self.router_data: dict[str, Any] = {"headers": headers, "sid": "sid", "pathname": "/", "asPath": "/"}
        self.tab = guarding.registry.run(Tab, guarding.kit, headers)
        self.queued: list[tuple[str, Event]] = []

    @property
    def is_kicked(self) -> bool:
        """Whether the socket is to come back."""
        return self.connection.kicked.is_set()

    def runs(self, name: str, payload: dict[str, Any] | None = None, **more: Any) -> bool:
        """Send an event, as in `send`."""
        return run(self.send(name, payload, **more))

    async def send(
        self,
        name: str,
        payload: dict[str, Any] | None = None,
        *,
        tree: str = "",
        of_a_handler: bool = False,
        of_the_tree: bool = False,
        late: bool = False,
    ) -> bool:
        """Return whether an event of the browser, or one that a handler has caused, passes the fence and the guard.

        It would run on the tab's own tree unless another is named, and may have no router data but the tree's own.
        """
        if not (late or of_a_handler or fence.admits(self.connection, {"name": name, "payload": payload or {}})):
            return False
        root = self.tab.root
        # As Reflex does before it asks the guard.
        root.router_data = root._update_router_vars(self.router_data, root.router_data)
        states = StateManagerMemory()  # type: ignore[abstract] # Reflex makes one like this
        process = EventContext(token="", txid="", state_manager=states, enqueue_impl=self._queue)
        context = process.fork(tree or self.tree, {} if of_the_tree else {**self.router_data})
        with context.fork() if of_a_handler else context:
            event = Event(name=name, payload=payload or {})
            update = await EventMiddleware().preprocess(self.guarding.app, root, event)
        assert update in (None, StateUpdate()), "what is swallowed changes nothing on screen"
        return update is None

    async def _queue(self, token: str, *events: Event) -> None:
        self.queued += [(token, event) for event in events]
