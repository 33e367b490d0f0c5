"""Where events arrive from the browser: what may act for nobody never reaches Reflex's queue."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from reflex_base.event import Event

from multisession_app.multi_session.actions.tabs import Connection, Identity, Tabs
from multisession_app.multi_session.errors import OptionsError
from multisession_app.multi_session.websocket.fence import keep_fence
from tests.support.event_check import ACKNOWLEDGE, BOOT, CLICK, FRESH, ON_LOAD, PAGE_ERROR, TELL_DROPPED
from tests.support.running import run

ODD: list[Any] = [None, "x", 1, [], {}, {"name": 1}, {"name": []}, {"name": {}}, '{"name": "click"}']


class Door:
    """Socket.IO's side of one socket: which packets of the browser come through to Reflex."""

    def __init__(self, *, shown: str | None = "ada") -> None:
        """Take a socket that acts as Ada, of a tab that had somebody on screen."""
        self.tabs, self.connection = Tabs(), Connection(Identity("connection", "tab", "device", "ada"), shown)
        self.connection.tree = "tree"
        self.tabs.add(self.connection)
        headers = [(b"host", b"x"), *self.connection.identity.headers()]
        self.environ = {"asgi.scope": {"headers": headers}}
        self.came: list[Any] = []
        self.told: list[tuple[str, str]] = []
        namespace = SimpleNamespace(namespace="/_event", trigger_event=self._come)
        sio = SimpleNamespace(get_environ=lambda sid, _: self.environ if sid == "sid" else None)
        processor = SimpleNamespace(enqueue=self._tell)
        app: Any = SimpleNamespace(event_namespace=namespace, sio=sio, event_processor=processor)
        keep_fence(app, self.tabs)
        self._trigger = namespace.trigger_event

    def connect(self, auth: Any = None) -> Door:
        """Let the socket connect."""
        run(self._trigger("connect", "sid", self.environ, auth))
        assert self.came.pop()[0] == "connect"
        return self

    def send(self, *data: Any, packet: str = "event", sid: str = "sid") -> int:
        """Send a packet, and return how many have come through so far."""
        run(self._trigger(packet, sid, *data))
        return len(self.came)

    async def _come(self, packet: str, sid: str, *data: Any) -> None:
        self.came.append((packet, *data))

    async def _tell(self, tree: str, event: Event) -> None:
        self.told.append((tree, event.name))


def click(shown: str | None = None) -> dict[str, Any]:
    """Return an event of the browser."""
    return {"name": CLICK, "payload": {}, "shown": shown}


def test_a_tab_that_shows_whom_its_socket_acts_as_goes_on_at_once() -> None:
    """So does a fresh document, whose boot comes with its request to connect; no other does."""
    assert Door().connect().send(click()) == 1
    assert Door(shown=None).connect({"event": {"name": BOOT, "payload": FRESH}}).send(click()) == 1
    for shown in (None, "bob", "?", ""):
        assert Door(shown=shown).connect().send(click()) == 0


def test_what_comes_by_a_socket_that_is_not_known_acts_for_nobody() -> None:
    """It has gone, or never was: there is nobody for whom an event could be meant."""
    door = Door().connect()
    assert door.send(click(), sid="another") == 0
    door.tabs.remove(door.connection)
    assert door.send(click()) == 0
    assert door.send({"name": BOOT}) == 0


def test_behind_the_fence_only_page_loads_come_through() -> None:
    """What is no event at all neither; only what a person did is told later."""
    door = Door(shown="bob").connect()
    for data in [*ODD, click(), click("ada"), click("bob"), {"name": PAGE_ERROR}, {"name": ACKNOWLEDGE}]:
        assert door.send(data) == 0
    assert door.send() == 0
    assert door.send({"name": ON_LOAD}) == 1
    assert door.send("pong", packet="ping") == 2
    assert door.connection.dropped == len(ODD) + 4
    assert door.told == [], "the acknowledgement will tell"


def test_what_was_made_for_another_account_is_dropped_and_told_at_once() -> None:
    """It was debounced, say, and the tab shows this one since."""
    door = Door().connect()
    assert door.send(click("bob")) == 0
    assert (door.connection.dropped, door.told) == (1, [("tree", TELL_DROPPED)])
    assert door.send(click("ada")) == 1


def test_an_app_without_state_is_refused() -> None:
    """It has no websocket."""
    app: Any = SimpleNamespace(event_namespace=None, sio=None)
    with pytest.raises(OptionsError):
        keep_fence(app, Tabs())
