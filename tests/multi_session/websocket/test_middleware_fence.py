"""What was meant for another account is dropped and said; a boot shows the accounts and opens the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from multisession_app.multi_session.localization import filled
from multisession_app.multi_session.websocket import fence
from multisession_app.multi_session.websocket.state import ENDED, REFUSED, SWITCHED
from tests.support.browser import Browser
from tests.support.event_check import (
    ACKNOWLEDGE,
    BOOT,
    CLICK,
    FRESH,
    HYDRATE,
    PAGE_ERROR,
    PAGE_LOADS,
    TELL_DROPPED,
    GuardedTab,
    Guarding,
)
from tests.support.scenes import Namespace, Play, Scene
from tests.support.state_tab import WORDS
from tests.support.world import World

BOOTS = [(BOOT, {}), (HYDRATE, {}), (BOOT, FRESH)]


@pytest.fixture
def both(visitor: Browser) -> tuple[str, str]:
    """Ada and Bob are signed in; return their sessions' ids. Bob is active."""
    ada, bob = visitor.sign_up("ada"), visitor.sign_up("bob")
    visitor.names()
    return ada, bob


@pytest.fixture
def back(both: tuple[str, str], visitor: Browser, guarding: Guarding) -> Callable[[str | None], GuardedTab]:
    """Return what lets a tab come back that had a session on screen, on a tree with an old notice."""

    def come(shown: str | None) -> GuardedTab:
        tab = guarding.open(visitor, shown=shown or "")
        tab.connection.shown = shown
        tab.tab.state.notice = "old"
        return tab

    return come


async def revoke(scene: Scene, visitor: Browser, session_id: str) -> None:
    """End a session here, and let the sockets go to who takes over."""
    device = await scene.kit.devices.find(visitor.secret_hash)
    assert device is not None
    await scene.kit.device_sessions.revoke(device, session_id)
    await scene.rest()


def asked(tab: GuardedTab) -> bool:
    """Whether the tab is to say when it shows its snapshot; nothing is queued for that."""
    assert tab.queued == []
    assert tab.connection.snapshot_id == tab.tab.state.snapshot_id
    return tab.connection.snapshot_id != ""


def test_what_was_meant_for_an_account_that_has_ended_is_dropped_and_said(play: Play, guarding: Guarding) -> None:
    """Bob was on screen, Ada takes over: his click acts for nobody, and her screen says so. The socket stays."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            old = GuardedTab(guarding, connection)
            await revoke(scene, visitor, bob)
            new = GuardedTab(guarding, connection)
            assert await new.send(BOOT)
            assert not await old.send(CLICK, late=True)
            assert (connection.session_id, connection.dropped, old.is_kicked) == (ada, 1, False)
            ((tree, event),) = guarding.told
            assert (tree, event.name, event.router_data) == (new.tree, TELL_DROPPED, new.router_data)
            assert event.router_data is not connection.router_data
            assert await new.send(TELL_DROPPED)
            new.tab.call("tell_dropped")
            assert (new.tab.state.notice_kind, new.tab.state.notice) == (REFUSED, WORDS.not_carried_out)
            assert not await old.send(CLICK, late=True)
            assert (connection.dropped, len(guarding.told)) == (1, 2)

    play(scene)


def test_page_loads_and_handlers_of_an_account_that_has_ended_pass_without_a_word(
    play: Play, guarding: Guarding
) -> None:
    """They act for nobody, and nobody misses them."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            old = GuardedTab(guarding, connection)
            await revoke(scene, visitor, bob)
            for name in (*PAGE_LOADS, ACKNOWLEDGE):
                assert not await old.send(name, late=True)
            assert not await old.send(CLICK, of_a_handler=True)
            assert (connection.dropped, guarding.told, old.queued, old.is_kicked) == (0, [], [], False)

    play(scene)


def test_what_the_browser_sends_for_an_account_not_yet_on_screen_is_dropped(
    back: Callable[[str | None], GuardedTab], both: tuple[str, str]
) -> None:
    """It was meant for the one before; the tab's word that it shows this one says so, and after it all runs."""
    tab = back(both[0])
    assert not tab.runs(CLICK)
    assert not tab.runs(CLICK)
    assert not tab.runs(PAGE_ERROR), "of which nobody has to be told"
    assert (tab.connection.dropped, tab.guarding.told, tab.is_kicked) == (2, [], False)
    assert tab.connection.router_data == {}, "nothing is known by it"
    assert tab.runs(CLICK, of_a_handler=True), "who has caused it was let in"
    assert tab.runs(BOOT)
    assert not tab.runs(CLICK)
    assert not tab.runs(ACKNOWLEDGE, {"snapshot_id": "another"})
    assert tab.runs(ACKNOWLEDGE, {"snapshot_id": tab.connection.snapshot_id})
    tab.tab.call("acknowledge", "")
    assert (tab.tab.state.notice, tab.connection.dropped) == (WORDS.not_carried_out, 0)
    assert tab.runs(CLICK)
    assert tab.connection.dropped == 0


def test_what_was_dropped_is_no_use_of_any_account(
    back: Callable[[str | None], GuardedTab], both: tuple[str, str], world: World
) -> None:
    """Neither of the one that it was meant for nor of the one that is active."""
    tab = back(both[0])
    before = [world.row(session_id).last_active_at for session_id in both]
    world.clock.advance(minutes=2)
    assert not tab.runs(CLICK)
    assert [world.row(session_id).last_active_at for session_id in both] == before


@pytest.mark.parametrize("name", PAGE_LOADS)
def test_a_page_load_passes_the_fence(
    back: Callable[[str | None], GuardedTab], both: tuple[str, str], name: str
) -> None:
    """Without it the tab would stay a skeleton."""
    tab = back(both[0])
    assert tab.runs(name)
    assert (tab.connection.dropped, tab.is_kicked) == (0, False)
    assert not tab.runs(CLICK), "and lifts nothing"


@pytest.mark.parametrize("of_a_handler", [False, True], ids=["browser", "handler"])
def test_boot_of_a_fresh_document_shows_the_accounts_and_opens_the_fence(
    back: Callable[[str | None], GuardedTab], both: tuple[str, str], of_a_handler: bool
) -> None:
    """It has nothing queued that could have been meant for another account."""
    tab = back(None)
    fence.connect(tab.connection, {"event": {"name": BOOT, "payload": FRESH}})
    assert tab.runs(CLICK), "also what it sends before the boot has run"
    assert tab.runs(BOOT, FRESH, of_a_handler=of_a_handler)
    shown = tab.tab.state
    assert (shown.is_loaded, shown.session_id, shown.user.name, shown.notice) == (True, both[1], "bob", "")
    assert [(account.user.name, account.is_current) for account in shown.accounts] == [("bob", True), ("ada", False)]
    assert (tab.connection.meant_for, asked(tab)) == (both[1], True)
    assert tab.runs(CLICK)


@pytest.mark.parametrize(
    "auth",
    [
        None,
        "x",
        {},
        {"event": None},
        {"event": "x"},
        {"event": {"name": CLICK, "payload": FRESH}},
        {"event": {"name": [BOOT], "payload": FRESH}},
        {"event": {"name": BOOT}},
        {"event": {"name": BOOT, "payload": "hashes"}},
        {"event": {"name": BOOT, "payload": {}}},
    ],
)
def test_what_is_no_first_boot_of_a_document_opens_nothing(
    back: Callable[[str | None], GuardedTab], both: tuple[str, str], auth: Any
) -> None:
    """Whatever the browser puts into its request to connect."""
    tab = back(both[0])
    fence.connect(tab.connection, auth)
    assert not tab.runs(CLICK)
    assert tab.runs(BOOT, FRESH)
    assert not tab.runs(CLICK), "nor does one that comes later"


@pytest.mark.parametrize(("name", "payload"), BOOTS)
def test_each_boot_reads_the_accounts_anew(
    back: Callable[[str | None], GuardedTab],
    both: tuple[str, str],
    visitor: Browser,
    elsewhere: Callable[[Browser], Browser],
    name: str,
    payload: dict[str, Any],
) -> None:
    """Also on a tree that is filled."""
    tab = back(both[1])
    assert tab.runs(BOOT)
    elsewhere(visitor).post("/multi-session/revoke", {"sessionId": both[0]})
    assert tab.runs(name, payload)
    assert [account.user.name for account in tab.tab.state.accounts] == ["bob"]


@pytest.mark.parametrize("name", [BOOT, HYDRATE])
def test_reconnect_of_a_tab_that_shows_this_account_goes_on_at_once(
    back: Callable[[str | None], GuardedTab], both: tuple[str, str], namespace: Namespace, name: str
) -> None:
    """Only its line was cut: it is told nothing."""
    tab = back(both[1])
    assert tab.runs(name)
    assert (tab.connection.meant_for, namespace.sent, tab.tab.state.notice) == (both[1], [], "")
    assert not asked(tab)
    assert tab.runs(CLICK)


def test_reconnect_of_a_tab_that_showed_another_account_is_explained_behind_the_fence(
    back: Callable[[str | None], GuardedTab],
    both: tuple[str, str],
    namespace: Namespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """First it is named unknown: should it go before it has the snapshot, nobody knows what it shows."""
    tab = back(both[0])
    before = list[str]()
    emit = namespace.emit

    async def noting(packet: str, data: str, to: str) -> None:
        before.append(tab.tab.state.notice)
        await emit(packet, data, to)

    monkeypatch.setattr(namespace, "emit", noting)
    assert tab.runs(BOOT)
    assert (namespace.sent, before) == ([("new_token", "tab~?", "sid")], [""])
    assert (tab.tab.state.notice_kind, tab.tab.state.notice) == (SWITCHED, filled(WORDS.switched, name="bob"))
    assert (tab.connection.meant_for, asked(tab)) == (None, True)


def test_fresh_document_of_a_tab_that_showed_another_account_is_explained_too(
    back: Callable[[str | None], GuardedTab],
    both: tuple[str, str],
    visitor: Browser,
    elsewhere: Callable[[Browser], Browser],
    namespace: Namespace,
) -> None:
    """Reloaded after Ada was signed out here; nothing can be queued in it."""
    elsewhere(visitor).post("/multi-session/revoke", {"sessionId": both[0]})
    tab = back(both[0])
    fence.connect(tab.connection, {"event": {"name": BOOT, "payload": FRESH}})
    assert tab.runs(BOOT, FRESH)
    said = filled(WORDS.signed_out_now, name="ada", next="bob")
    assert (tab.tab.state.notice_kind, tab.tab.state.notice) == (ENDED, said)
    assert namespace.sent == [("new_token", "tab~?", "sid")]
    assert (tab.connection.meant_for, asked(tab)) == (both[1], True)


@pytest.mark.parametrize("shown", [None, ""], ids=["not known", "signed out"])
def test_reconnect_of_a_tab_that_showed_nobody_needs_no_words(
    back: Callable[[str | None], GuardedTab], namespace: Namespace, shown: str | None
) -> None:
    """But the fence is closed: what it sends was meant for nobody."""
    tab = back(shown)
    assert tab.runs(BOOT)
    assert (tab.tab.state.notice, tab.connection.meant_for) == ("", None)
    assert namespace.sent == [("new_token", "tab~?", "sid")]


def test_reconnect_without_a_device_is_not_explained(guarding: Guarding, visitor: Browser) -> None:
    """Its cookie is gone, and with it whom it could be told about."""
    tab = guarding.open(visitor, shown="a session of whatever device")
    assert tab.runs(BOOT)
    assert tab.tab.state.notice == ""


def test_boot_in_the_middle_of_a_move_puts_up_the_fence(play: Play, guarding: Guarding, namespace: Namespace) -> None:
    """Though the tab was last known to show this account: it may show the one between."""
    namespace.shows = False

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            await scene.switch(visitor, ada)
            await scene.boot(connection)
            connection.shown = ada
            tab = GuardedTab(guarding, connection)
            assert connection.is_moving
            assert await tab.send(BOOT, FRESH)
            first = connection.snapshot_id
            assert await tab.send(BOOT)
            assert (connection.meant_for, connection.snapshot_id == first) == (None, False)
            assert not await tab.send(ACKNOWLEDGE, {"snapshot_id": first}), "a newer snapshot is on its way"
            assert not await tab.send(CLICK)
            assert namespace.sent == [("new_token", f"{connection.identity.tab}~?", "sid")] * 2

    play(scene)


def test_boot_that_runs_late_says_nothing_of_the_socket(play: Play, guarding: Guarding, namespace: Namespace) -> None:
    """It has gone on to Ada: Bob's accounts are shown on Bob's tree, and the fence stays as it is."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            late = GuardedTab(guarding, connection)
            await scene.switch(visitor, ada)
            await scene.rest()
            assert await late.send(BOOT, FRESH, late=True)
            assert late.tab.state.user.name == "bob"
            assert (connection.meant_for, namespace.sent, late.tab.state.notice) == (ada, [], "")
            assert (connection.snapshot_id, late.tab.state.snapshot_id) == ("", "")

    play(scene)
