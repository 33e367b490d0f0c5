"""Sockets that close, are refused or come twice, in whatever moment of a move: nothing is left of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis
from reflex.utils.token_manager import RedisTokenManager

from multisession_app.multi_session.actions.tabs import Change, Connection
from multisession_app.multi_session.options import ARRIVAL_TIMEOUT
from multisession_app.multi_session.websocket import switch_in_place
from multisession_app.multi_session.websocket.switch_in_place import Kept
from tests.support.browser import Browser
from tests.support.scenes import Namespace, Play, Scene, assert_empty


def test_a_thousand_switches_leave_nothing_behind(play: Play, times: Callable[[int], int]) -> None:
    """No map grows beyond one entry for each open socket, and closing takes it away."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            for turn in range(times(1000)):
                await scene.switch(visitor, (ada, bob)[turn % 2])
                await scene.rest()
            assert connection.session_id == (ada, bob)[turn % 2]
            assert (scene.links(), scene.moves.kept()) == ([1] * 3, Kept(sockets=1, left_trees=1))
        assert (scene.links(), scene.moves.kept()) == ([0] * 3, Kept())

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
        await scene.ends_what_began(before)
        assert (scene.links(), scene.moves.kept()) == ([0] * 3, Kept())

    play(scene)
    assert_empty(namespace)


def test_a_socket_closed_before_its_tab_has_shown_the_account_ends_the_move(
    play: Play, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing waits for a tab that has gone."""
    namespace.shows = False
    monkeypatch.setattr(switch_in_place, "ARRIVAL_TIMEOUT", timedelta(hours=1))

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            before = asyncio.all_tasks()
            await scene.switch(visitor, ada)
            await scene.boot(connection)
        await scene.ends_what_began(before)
        assert (scene.links(), scene.moves.kept()) == ([0] * 3, Kept())

    play(scene)


def test_a_refused_socket_leaves_nothing(play: Play, namespace: Namespace) -> None:
    """Reflex tells no disconnect of one that it has not let in."""
    namespace.refuses = True

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        connection = Connection.of("tab")
        scene.kit.tabs.add(connection)
        with pytest.raises(ConnectionRefusedError):
            await scene.connect(connection, "sid")
        assert (scene.links(), scene.moves.kept()) == ([0] * 3, Kept())

    play(scene)


def test_a_move_that_never_began_leaves_nothing(play: Play, namespace: Namespace) -> None:
    """The socket is closed before its task has had a first turn."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            scene.moves.move(connection)
        assert scene.moves.kept()[2:4] == (0, 0)
        await scene.rest()
        assert (scene.links(), scene.moves.kept()) == ([0] * 3, Kept())

    play(scene)


class HeldRedis(Redis):
    """Redis at the end of a line that keeps one kind of command back until it is let go."""

    held = ""

    def hold(self, command: str) -> None:
        """Keep a command back from now on."""
        self.held, self.reached, self.go = command, asyncio.Event(), asyncio.Event()

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command, now or later."""
        if args[0] == self.held:
            self.reached.set()
            await self.go.wait()
        return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("command", ["DEL", "EXISTS", "SET"])
def test_a_socket_closed_while_redis_is_asked_leaves_nothing_there(
    play: Play, namespace: Namespace, redis_url: str, command: str
) -> None:
    """Neither the old tree nor the new one stays taken: a tab that comes back to it would be told to be a double."""
    line = HeldRedis.from_url(redis_url)
    assert isinstance(line, HeldRedis)
    namespace._token_manager = tokens = RedisTokenManager(line)

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        # Killed workers of other tests have left links here too.
        of_others = set(await line.keys("token_manager*"))
        async with scene.tab(visitor):
            before = asyncio.all_tasks()
            line.hold(command)
            await scene.switch(visitor, ada)
            await line.reached.wait()
        line.go.set()
        await scene.ends_what_began(before)
        left = scene.links(), scene.moves.kept(), set(await line.keys("token_manager*")) - of_others
        await tokens.close()
        assert left == ([0] * 3, Kept(), set())

    play(scene)
    assert_empty(namespace)


def slow_look_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Let the next move look its device up, say so by the first event, and go on at the second."""
    look_up, has_looked, may_go_on = scene.kit.devices.reread, asyncio.Event(), asyncio.Event()

    async def look_up_slowly(*of_whom: Any, **more: Any) -> Any:
        found = await look_up(*of_whom, **more)
        has_looked.set()
        await may_go_on.wait()
        return found

    monkeypatch.setattr(scene.kit.devices, "reread", look_up_slowly)
    return has_looked, may_go_on


def test_a_tab_that_is_told_twice_of_an_end_keeps_its_socket(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second word comes while the first still looks up who takes over."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            device = await scene.kit.devices.find(visitor.secret_hash)
            assert device is not None
            has_looked, may_go_on = slow_look_up(scene, monkeypatch)
            await scene.kit.device_sessions.revoke(device, bob)
            await has_looked.wait()
            monkeypatch.undo()
            await scene.kit.tabs.apply(Change(device.id, ada, device.generation))
            async with asyncio.timeout(5):
                while scene.moves.kept().tasks > 1:
                    await asyncio.sleep(0.001)
            may_go_on.set()
            await scene.rest()
            assert (connection.session_id, connection.kicked.is_set()) == (ada, False)

    play(scene)


def test_a_tab_whose_account_ends_as_it_goes_there_reconnects_at_once(
    play: Play, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who takes over was looked up just before; the tab does not wait as somebody who is signed out."""
    namespace.shows = False

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            device = await scene.kit.devices.find(visitor.secret_hash)
            assert device is not None
            has_looked, may_go_on = slow_look_up(scene, monkeypatch)
            await scene.kit.device_sessions.set_active(device, ada)
            await has_looked.wait()
            monkeypatch.undo()
            await scene.kit.device_sessions.revoke(device, ada)
            may_go_on.set()
            async with asyncio.timeout(ARRIVAL_TIMEOUT.total_seconds() / 2):
                await connection.kicked.wait()

    play(scene)
