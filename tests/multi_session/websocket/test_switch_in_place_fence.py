"""Between a move and the tab's word that it shows the new account: who acts, what is sent, and how the wait ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from multisession_app.multi_session.actions.tabs import Connection
from multisession_app.multi_session.options import ARRIVAL_TIMEOUT
from multisession_app.multi_session.websocket import switch_in_place
from multisession_app.multi_session.websocket.event_names import ACKNOWLEDGE, BOOT, ON_LOAD
from tests.support.browser import Browser
from tests.support.scenes import Namespace, Play, Scene, assert_empty


async def snapshot_of(namespace: Namespace, connection: Connection, old: str) -> str:
    """Wait until the snapshot of the account that the socket moves to is on its way, and return its id."""
    while connection.tree == old or (connection.tree, BOOT) not in namespace.ran:
        await asyncio.sleep(0.001)
    return connection.snapshot_id


def test_what_is_sent_runs_for_the_account_on_screen_or_for_nobody(play: Play, namespace: Namespace) -> None:
    """For the old one until the next one's snapshot is sent, then for nobody, and for the new one once it is shown."""
    namespace.shows = False

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            old = connection.tree
            namespace.sends = False
            await scene.switch(visitor, ada)
            await snapshot_of(namespace, connection, old)
            await namespace.send("sid", "click")
            assert (namespace.clicks(), connection.dropped) == ([old], 0)
            namespace.send_snapshot(connection)
            for _ in range(3):
                await namespace.send("sid", "click")
            assert (namespace.clicks(), connection.dropped) == ([old], 3)
            await namespace.send("sid", ACKNOWLEDGE, {"snapshot_id": connection.snapshot_id})
            await namespace.send("sid", "click")
            await scene.rest()
            assert (namespace.clicks(), connection.dropped) == ([old, connection.tree], 3)

    play(scene)


def test_what_says_for_whom_it_was_made_runs_for_that_one_or_for_nobody(play: Play, namespace: Namespace) -> None:
    """For the old account until the tab shows the new one, however late it is sent; never for another."""
    namespace.shows = namespace.sends = False

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            old = connection.tree

            async def ran(shown: Any) -> list[str]:
                before = len(namespace.clicks())
                await namespace.send("sid", "click", shown=shown)
                return namespace.clicks()[before:]

            assert (await ran(bob), await ran(ada), await ran(""), await ran(5)) == ([old], [], [], [old])
            await scene.switch(visitor, ada)
            await snapshot_of(namespace, connection, old)
            assert (await ran(bob), await ran(ada), await ran(None)) == ([old], [], [old])
            namespace.send_snapshot(connection)
            assert (await ran(bob), await ran(ada), await ran(None)) == ([old], [], [])
            await namespace.send("sid", ACKNOWLEDGE, {"snapshot_id": connection.snapshot_id}, shown=ada)
            new = [connection.tree]
            assert (await ran(bob), await ran(ada), await ran(None)) == ([], new, new)
            await scene.rest()
            assert (await ran(bob), await ran(ada), await ran(None)) == ([], new, new)

    play(scene)


def test_only_the_tabs_word_for_the_last_snapshot_lifts_the_fence(play: Play, namespace: Namespace) -> None:
    """Not an early one, one of another snapshot, one that is said again at the next move, or one that is no text."""
    namespace.shows = False

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            old = connection.tree
            await namespace.send("sid", ACKNOWLEDGE, {"snapshot_id": ""})
            await scene.switch(visitor, ada)
            first = await snapshot_of(namespace, connection, old)
            wrong: list[Any] = ["", "x", None, {}, [], ada, bob]
            for one in wrong:
                await namespace.send("sid", ACKNOWLEDGE, {"snapshot_id": one})
            await namespace.send("sid", "click")
            await namespace.send("sid", ACKNOWLEDGE, {"snapshot_id": first})
            await scene.rest()
            shown = connection.tree
            await namespace.send("sid", "click")
            await scene.switch(visitor, bob)
            second = await snapshot_of(namespace, connection, shown)
            await namespace.send("sid", ACKNOWLEDGE, {"snapshot_id": first})
            await namespace.send("sid", "click")
            await namespace.send("sid", ACKNOWLEDGE, {"snapshot_id": second})
            await scene.rest()
            await namespace.send("sid", "click")
            assert (namespace.clicks(), connection.dropped) == ([shown, old], 2)

    play(scene)


def test_a_page_load_behind_the_fence_runs_for_the_new_account(play: Play, namespace: Namespace) -> None:
    """Before it for the old one, and once more for the new one when its tab says where it is now."""
    namespace.shows = False

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            old = connection.tree
            await scene.switch(visitor, ada)
            snapshot_id = await snapshot_of(namespace, connection, old)
            await namespace.send("sid", ON_LOAD)
            there = {"pathname": "/there", "asPath": "/there"}
            await namespace.send("sid", ACKNOWLEDGE, {"snapshot_id": snapshot_id}, there)
            await scene.rest()
            assert [tree for tree, name in namespace.ran if name == ON_LOAD] == [connection.tree] * 2

    play(scene)


def test_nothing_of_the_next_account_reaches_the_page_before_its_snapshot(play: Play, namespace: Namespace) -> None:
    """What its tree goes on with would stand on the old page; the snapshot has it too."""
    namespace.shows = namespace.sends = False

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            old = connection.tree
            await scene.switch(visitor, ada)
            await snapshot_of(namespace, connection, old)
            await namespace.emit_update("early", connection.tree)
            assert (connection.tree, "update") not in namespace.ran
            namespace.send_snapshot(connection)
            await namespace.emit_update("snapshot", connection.tree)
            assert (connection.tree, "update") in namespace.ran
            await namespace.send("sid", ACKNOWLEDGE, {"snapshot_id": connection.snapshot_id})
            await scene.rest()

    play(scene)


def test_a_tab_that_never_shows_it_reconnects(
    play: Play, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no ordinary browser, or its line is dead."""
    namespace.shows = False
    monkeypatch.setattr(switch_in_place, "ARRIVAL_TIMEOUT", ARRIVAL_TIMEOUT / 100)

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            await scene.switch(visitor, ada)
            await scene.rest(connection.kicked.is_set)

    play(scene)
    assert_empty(namespace)


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


def test_a_tab_that_waits_as_an_account_that_has_ended_reconnects_at_once(
    play: Play, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it may take to show the account that it was moved to."""
    namespace.shows = False
    monkeypatch.setattr(switch_in_place, "ARRIVAL_TIMEOUT", timedelta(hours=1))

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            await scene.switch(visitor, ada)
            await scene.boot(connection)
            device = await scene.kit.devices.find(visitor.secret_hash)
            assert device is not None
            await scene.kit.device_sessions.revoke(device, ada)
            async with asyncio.timeout(5):
                await connection.kicked.wait()

    play(scene)
    assert_empty(namespace)


def test_a_tab_that_waits_is_left_alone_by_a_further_switch(play: Play, namespace: Namespace) -> None:
    """It goes on to that account once it has shown the one between, whose events are still its own."""
    namespace.shows = False

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            await scene.switch(visitor, ada)
            await scene.boot(connection)
            await scene.switch(visitor, bob)
            namespace.shows = True
            await namespace.send("sid", ACKNOWLEDGE, {"snapshot_id": connection.snapshot_id})
            await scene.rest()
            assert (connection.session_id, connection.kicked.is_set()) == (bob, False)

    play(scene)
