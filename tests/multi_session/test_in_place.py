"""An open socket goes from one account to the next: the maps behind it stay true, and what cannot be reconnects."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from reflex.app import EventNamespace
from reflex.utils.token_manager import LocalTokenManager

from multisession_app.multi_session import in_place, wiring
from multisession_app.multi_session.gate import tree_token
from multisession_app.multi_session.in_place import InPlace, missing_parts
from multisession_app.multi_session.live import Connection
from multisession_app.multi_session.multi_session import MultiSession
from multisession_app.multi_session.options import ARRIVAL_TIMEOUT
from multisession_app.multi_session.presented import HEADER, Acting
from tests.helpers import run
from tests.multi_session.browser import PASSWORD, Browser, email_of

PARTS = [
    ("on_connect", ""),
    ("on_event", ""),
    ("on_disconnect", ""),
    ("emit_update", ""),
    ("_static_router_data", ""),
    ("link_token_to_sid", "_token_manager"),
    ("disconnect_token", "_token_manager"),
    ("sid_to_token", "_token_manager"),
    ("token_to_socket", "_token_manager"),
]


class Namespace:
    """What Reflex keeps of its sockets, and a browser at the end of each that shows whatever it is sent."""

    def __init__(self, *, shows: bool = True) -> None:
        """With `shows` off the browser never says that it has shown an account."""
        self._token_manager = LocalTokenManager()
        self._static_router_data: dict[str, Any] = {}
        self.shows = shows
        self.ran: list[tuple[str, str]] = []

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        """Link the socket as Reflex does."""
        headers = {name.decode(): value.decode() for name, value in environ["asgi.scope"]["headers"]}
        await self._token_manager.link_token_to_sid(environ["tree"], sid)
        self._static_router_data[sid] = {"headers": headers}

    async def on_event(self, sid: str, data: Any) -> None:
        """Note what runs on which tree, and answer a boot as the browser does."""
        self.ran.append((self._token_manager.sid_to_token[sid], data["name"]))
        if data["name"] == in_place._BOOT and self.shows:
            session_id = self._static_router_data[sid]["headers"][f"{HEADER}session"]
            shown = {"name": in_place._CONFIRM, "payload": {"session_id": session_id}}
            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self.on_event(sid, shown)))

    async def emit_update(self, update: Any, token: str) -> None:
        """Say that something reached the browser, or Reflex's log."""
        self.ran.append((token, "update"))

    def on_disconnect(self, sid: str) -> None:
        """Unlink the socket as Reflex does."""
        self._static_router_data.pop(sid, None)
        tree = self._token_manager.sid_to_token.pop(sid, None)
        if tree is not None:
            self._token_manager.token_to_socket.pop(tree, None)


class Scene:
    """A kit with in-place moves on such a namespace."""

    def __init__(self, kit: MultiSession, namespace: Namespace) -> None:
        """Wire both."""
        self.kit, self.namespace = kit, namespace
        app: Any = SimpleNamespace(event_namespace=namespace)
        self.moves = InPlace(app, kit)
        kit.live.move = self.moves.move

    @asynccontextmanager
    async def tab(self, visitor: Browser, sid: str = "sid") -> AsyncIterator[Connection]:
        """Open a tab, and close it."""
        connection = Connection(tab="tab" + sid)
        self.kit.live.add(connection)
        device = await self.kit.bind(connection, visitor.secret_hash)
        connection.tree = tree_token(device, connection.session_id, connection.tab)
        headers = Acting.of(connection).headers()
        await self.namespace.on_connect(sid, {"asgi.scope": {"headers": headers}, "tree": connection.tree})
        try:
            yield connection
        finally:
            self.kit.live.remove(connection)
            self.namespace.on_disconnect(sid)

    async def switch(self, visitor: Browser, session_id: str) -> None:
        """Make another account active."""
        device = await self.kit.present(visitor.secret_hash)
        assert device is not None
        await self.kit.set_active(device, session_id)

    async def rest(self, until: Callable[[], bool] = lambda: True) -> None:
        """Wait until no socket is moving any more."""
        async with asyncio.timeout(20):
            while self.moves._moves or not until():
                await asyncio.sleep(0.001)

    def sizes(self) -> list[int]:
        """Count what is kept for the open sockets."""
        tokens = self.namespace._token_manager
        kept: list[Any] = [tokens.sid_to_token, tokens.token_to_socket, self.namespace._static_router_data]
        return [len(one) for one in [*kept, self.moves._connections, self.moves._sids, self.moves._left]]


async def join(visitor: Browser, name: str) -> None:
    """Sign a new person up in the loop that runs, and use the new cookie."""
    body = {"name": name, "email": email_of(name), "password": PASSWORD}
    assert (await visitor.send("POST", "/sign-up/email", json=body)).status_code == 200
    assert (await visitor.send("GET", "/get-session")).json()["user"]["name"] == name


Play = Callable[[Callable[[Scene, Browser, str, str], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def namespace() -> Namespace:
    """Return Reflex's side."""
    return Namespace()


@pytest.fixture
def play(multi_session: MultiSession, visitor: Browser, namespace: Namespace) -> Play:
    """Return what plays a scene with two accounts, of which the second is active."""
    ada, bob = visitor.sign_up("ada"), visitor.sign_up("bob")
    visitor.names()

    def go(scene: Callable[[Scene, Browser, str, str], Coroutine[Any, Any, None]]) -> None:
        run(scene(Scene(multi_session, namespace), visitor, ada, bob))

    return go


def test_reflex_has_all_that_is_needed() -> None:
    """The installed version; a newer one that has not reconnects, with a line in the log."""
    app: Any = SimpleNamespace()
    assert missing_parts(EventNamespace("/_event", app)) == []


@pytest.mark.parametrize(
    ("part", "owner", "broken"),
    # Of `on_disconnect` only that it can be called is asked: Reflex makes it an ordinary function.
    [
        (part, owner, broken)
        for part, owner in PARTS
        for broken in (None, "another shape", lambda: None)
        if part != "on_disconnect" or not callable(broken)
    ],
)
def test_a_missing_part_falls_back_to_reconnecting(
    part: str, owner: str, broken: object, caplog: pytest.LogCaptureFixture
) -> None:
    """Each in turn: gone, or something else. The log names it."""
    namespace: Any = EventNamespace("/_event", SimpleNamespace())  # type: ignore[arg-type]
    setattr(getattr(namespace, owner) if owner else namespace, part, broken)
    app: Any = SimpleNamespace(event_namespace=namespace, _state=None)
    with caplog.at_level(logging.WARNING):
        assert not wiring._can_switch_in_place(app)
    assert part in caplog.text


def test_a_switch_moves_the_socket_to_the_other_tree(play: Play, namespace: Namespace) -> None:
    """The same socket, linked to one tree; what handlers see of it is the new account; nothing was closed."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            before = connection.tree
            await scene.switch(visitor, ada)
            await scene.rest()
            assert (connection.session_id, connection.kicked.is_set()) == (ada, False)
            assert namespace._token_manager.sid_to_token == {"sid": connection.tree} != {"sid": before}
            assert namespace._static_router_data["sid"]["headers"][f"{HEADER}session"] == ada

    play(scene)


def test_until_the_tab_has_shown_it_what_is_sent_runs_for_the_old_account(play: Play, namespace: Namespace) -> None:
    """And from then on for the new one; a confirmation of another account lifts nothing."""
    namespace.shows = False

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            old = connection.tree
            await scene.switch(visitor, ada)
            while connection.tree == old or (connection.tree, in_place._BOOT) not in namespace.ran:
                await asyncio.sleep(0.001)
            await namespace.on_event("sid", {"name": "click"})
            await namespace.on_event("sid", {"name": in_place._CONFIRM, "payload": {"session_id": bob}})
            await namespace.on_event("sid", {"name": in_place._CONFIRM, "payload": {"session_id": ada}})
            await namespace.on_event("sid", {"name": "click"})
            await scene.rest()
            clicks = [tree for tree, name in namespace.ran if name == "click"]
            assert clicks == [old, connection.tree]

    play(scene)


def test_a_tab_that_never_shows_it_reconnects(
    play: Play, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no ordinary browser, or its line is dead."""
    namespace.shows = False
    monkeypatch.setattr(in_place, "ARRIVAL_TIMEOUT", ARRIVAL_TIMEOUT / 100)

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            await scene.switch(visitor, ada)
            await scene.rest(connection.kicked.is_set)

    play(scene)
    assert_empty(namespace)


def assert_empty(namespace: Namespace) -> None:
    """See nothing left of closed sockets."""
    tokens = namespace._token_manager
    assert (tokens.sid_to_token, tokens.token_to_socket, namespace._static_router_data) == ({}, {}, {})


def test_what_a_left_tree_sends_reaches_nobody(play: Play, namespace: Namespace) -> None:
    """A slow handler of the old account goes on; neither the tab nor Reflex's log hears of it."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            left = connection.tree
            await scene.switch(visitor, ada)
            await scene.rest()
            await namespace.emit_update("late", left)
            await namespace.emit_update("own", connection.tree)
            assert [tree for tree, name in namespace.ran if name == "update"] == [connection.tree]
            await scene.switch(visitor, bob)
            await scene.rest()
            await namespace.emit_update("again", left)
            assert [tree for tree, name in namespace.ran if name == "update"][1:] == [left]

    play(scene)


def test_quick_switches_end_on_the_newest_with_few_moves(play: Play, namespace: Namespace) -> None:
    """Asked twelve times, a tab goes to the first and then to the last."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor, "one") as one, scene.tab(visitor, "two") as two:
            for turn in range(12):
                await scene.switch(visitor, (ada, bob)[turn % 2])
            await scene.rest()
            assert (one.session_id, two.session_id) == (bob, bob)
            assert not one.kicked.is_set() and not two.kicked.is_set()

    play(scene)


def test_a_thousand_switches_leave_nothing_behind(play: Play, namespace: Namespace) -> None:
    """No map grows beyond one entry for each open socket, and closing takes it away."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            for turn in range(1000):
                await scene.switch(visitor, (ada, bob)[turn % 2])
                await scene.rest()
            assert connection.session_id == bob
            assert scene.sizes() == [1] * 6
            assert len(scene.moves._left["sid"]) == 1
        assert scene.sizes() == [0] * 6

    play(scene)


def test_a_socket_with_a_replaced_secret_comes_back(play: Play) -> None:
    """Whoever cannot show the new cookie never gets to see what it opens."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor.copy()) as connection:
            await join(visitor, "cleo")
            await scene.rest(connection.kicked.is_set)
            assert connection.session_id == bob

    play(scene)


def test_a_socket_closed_in_the_middle_leaves_nothing(play: Play, namespace: Namespace) -> None:
    """The move ends with it."""
    namespace.shows = False

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            await scene.switch(visitor, ada)
            before = asyncio.all_tasks()
            while connection.session_id != ada:
                await asyncio.sleep(0)
        # Also what a move takes to its end though its socket is gone.
        await asyncio.gather(*(asyncio.all_tasks() - before), return_exceptions=True)
        assert scene.sizes() == [0] * 6

    play(scene)
    assert_empty(namespace)
