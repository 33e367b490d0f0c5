"""Between a move and the tab's word that it shows the new account: who acts, what is sent, and how the wait ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from multisession_app.multi_session.options import ARRIVAL_TIMEOUT
from multisession_app.multi_session.websocket import switch_in_place
from tests.support.browser import Browser
from tests.support.scenes import Namespace, Play, Scene, assert_empty


def test_until_the_tab_has_shown_it_what_is_sent_runs_for_the_old_account(play: Play, namespace: Namespace) -> None:
    """And from then on for the new one; a confirmation of another account lifts nothing."""
    namespace.shows = False

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            old = connection.tree
            await scene.switch(visitor, ada)
            while connection.tree == old or (connection.tree, switch_in_place.BOOT) not in namespace.ran:
                await asyncio.sleep(0.001)
            await namespace.on_event("sid", {"name": "click"})
            await namespace.on_event("sid", {"name": switch_in_place.ACKNOWLEDGE, "payload": {"session_id": bob}})
            await namespace.on_event("sid", {"name": switch_in_place.ACKNOWLEDGE, "payload": {"session_id": ada}})
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
            await namespace.on_event("sid", {"name": switch_in_place.ACKNOWLEDGE, "payload": {"session_id": ada}})
            await scene.rest()
            assert (connection.session_id, connection.kicked.is_set()) == (bob, False)

    play(scene)
