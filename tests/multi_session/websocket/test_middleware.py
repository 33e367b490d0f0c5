"""The check of each event: whose session is over, or whose tree is another's, acts for nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from reflex.state import UpdateVarsInternalState

from tests.support.browser import Browser
from tests.support.event_check import (
    ACKNOWLEDGE,
    BOOT,
    CLICK,
    FRESH,
    HYDRATE,
    ON_LOAD,
    PAGE_ERROR,
    REFRESH,
    SHOW_ACTIVITY,
    SHOW_SESSIONS,
    TELL_DROPPED,
    GuardedTab,
    Guarding,
)
from tests.support.scenes import Play, Scene
from tests.support.world import Clock, World

STORED_VALUES = f"{UpdateVarsInternalState.get_full_name()}.update_vars_internal"


@pytest.fixture
def both(visitor: Browser, clock: Clock) -> tuple[str, str]:
    """Ada and Bob are signed in, he a day after her; return their sessions' ids. Bob is active."""
    ada = visitor.sign_up("ada")
    visitor.names()
    clock.advance(days=1)
    bob = visitor.sign_up("bob")
    visitor.names()
    return ada, bob


@pytest.fixture
def tab(both: tuple[str, str], visitor: Browser, guarding: Guarding) -> GuardedTab:
    """Return a tab that shows Bob."""
    return guarding.open(visitor)


@pytest.fixture
def process_away(
    both: tuple[str, str], visitor: Browser, elsewhere: Callable[[Browser], Browser]
) -> Callable[[str], None]:
    """Return what signs a session out in another process: no message comes, only the database knows."""

    def revoke(session_id: str) -> None:
        answer = elsewhere(visitor).post("/multi-session/revoke", {"sessionId": session_id})
        assert answer.status_code == 200, answer.text

    return revoke


def test_an_event_of_a_valid_session_on_its_own_tree_runs(tab: GuardedTab) -> None:
    """The browser's, and what its handler goes on with; nothing else comes of it."""
    assert tab.runs(CLICK)
    assert tab.runs(CLICK, of_a_handler=True)
    assert (tab.is_kicked, tab.connection.dropped, tab.queued, tab.guarding.told) == (False, 0, [], [])


@pytest.mark.standard("OWASP WebSocket 5")
@pytest.mark.parametrize("name", [CLICK, BOOT, REFRESH])
@pytest.mark.parametrize("of_a_handler", [False, True], ids=["browser", "handler"])
def test_an_event_of_a_revoked_session_is_swallowed_and_its_socket_closed(
    tab: GuardedTab, both: tuple[str, str], process_away: Callable[[str], None], name: str, of_a_handler: bool
) -> None:
    """Whatever it is and wherever it comes from, though its device has another account."""
    process_away(both[1])
    assert not tab.is_kicked
    assert not tab.runs(name, of_a_handler=of_a_handler)
    assert tab.is_kicked


@pytest.mark.standard("OWASP WebSocket 4")
def test_an_event_of_an_expired_session_is_swallowed_and_its_socket_closed(tab: GuardedTab, clock: Clock) -> None:
    """To the second; nobody had to end it."""
    clock.advance(days=30, seconds=-1)
    assert tab.runs(CLICK)
    clock.advance(seconds=1)
    assert not tab.runs(CLICK)
    assert tab.is_kicked


@pytest.mark.standard("OWASP WebSocket 5")
def test_an_event_that_would_run_on_another_tree_is_swallowed_and_its_socket_closed(
    both: tuple[str, str],
    visitor: Browser,
    client: Callable[..., Browser],
    elsewhere: Callable[[Browser], Browser],
    guarding: Guarding,
) -> None:
    """That of another tab, account or device, of nobody's, or one that there is not; its session is valid."""
    phone, unheard = client(), elsewhere(visitor)
    phone.sign_in("bob")
    others = [guarding.open(visitor, "other tab"), guarding.open(phone), guarding.open(client())]
    unheard.post("/multi-session/set-active", {"sessionId": both[0]})
    others.append(guarding.open(visitor))
    unheard.post("/multi-session/set-active", {"sessionId": both[1]})
    for tree in (*(other.tree for other in others), "x"):
        tab = guarding.open(visitor)
        assert not tab.runs(CLICK, tree=tree)
        assert tab.is_kicked
        assert not guarding.open(visitor).runs(BOOT, FRESH, tree=tree, of_a_handler=True)
    assert not any(other.is_kicked for other in others), "only the socket that sent it"


@pytest.mark.parametrize("is_signed_out", [False, True], ids=["signed in", "signed out"])
def test_an_event_of_a_device_whose_secret_is_dead_is_swallowed_and_its_socket_closed(
    visitor: Browser, guarding: Guarding, elsewhere: Callable[[Browser], Browser], clock: Clock, is_signed_out: bool
) -> None:
    """The old cookie was stolen, or the new one got lost: its sessions go on, but not for whoever holds that."""
    visitor.sign_up("ada")
    visitor.names()
    owner, leaving = elsewhere(visitor), elsewhere(visitor)
    if is_signed_out:
        leaving.post("/sign-out")
        # The answer that deletes the cookie may be on its way.
        clock.advance(seconds=11)
    tab = guarding.open(visitor)
    owner.sign_up("bob")
    owner.names()
    assert tab.runs(CLICK)
    clock.advance(seconds=61)
    assert owner.active() == "bob"
    assert not tab.runs(CLICK)
    assert tab.is_kicked


@pytest.mark.parametrize("has_device", [False, True], ids=["never signed in", "signed out"])
def test_an_event_of_a_signed_out_tab_runs_on_its_own_tree(
    visitor: Browser, guarding: Guarding, client: Callable[..., Browser], has_device: bool
) -> None:
    """And on no other: that of a device holds whom it remembers."""
    if has_device:
        visitor.sign_up("ada")
        visitor.names()
        visitor.post("/sign-out")
    tab = guarding.open(visitor)
    assert tab.connection.session_id == ""
    assert tab.runs(CLICK)
    assert tab.runs(BOOT, FRESH)
    assert not tab.is_kicked
    assert not tab.runs(CLICK, tree=guarding.open(client(), "other").tree)
    assert tab.is_kicked


def test_a_connection_learns_where_its_tab_is_and_when_its_time_is_over(
    tab: GuardedTab, both: tuple[str, str], process_away: Callable[[str], None], world: World
) -> None:
    """Ada's time was over first; she has signed out, and no message came."""
    ada, bob = (world.row(session_id) for session_id in both)
    assert (tab.connection.router_data, tab.connection.ends_at) == ({}, ada.expires_at)
    process_away(ada.id)
    assert tab.runs(CLICK)
    assert tab.connection.router_data == tab.router_data
    assert tab.connection.ends_at == bob.expires_at > ada.expires_at


def test_a_connection_of_nobody_learns_where_its_tab_is(visitor: Browser, guarding: Guarding, now: datetime) -> None:
    """It has no end."""
    tab = guarding.open(visitor)
    tab.connection.ends_at = now
    assert tab.runs(CLICK)
    assert tab.connection.router_data == tab.router_data
    assert tab.connection.ends_at is None


def test_a_connection_learns_nothing_from_an_account_that_it_has_left(play: Play, guarding: Guarding) -> None:
    """What is still meant for that one runs on its own tree, and says nothing of the socket."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            old = GuardedTab(guarding, connection)
            await scene.switch(visitor, ada)
            await scene.rest()
            known = connection.router_data, connection.ends_at
            connection.ends_at = None
            assert await old.send(CLICK, late=True)
            assert (connection.router_data, connection.ends_at) == (known[0], None)
            assert connection.router_data != old.router_data
            new = GuardedTab(guarding, connection)
            assert await new.send(CLICK)
            assert (connection.router_data, connection.ends_at) == (new.router_data, known[1])

    play(scene)


USE = [(CLICK, {}), (BOOT, FRESH), (ON_LOAD, {})]
NO_USE = [BOOT, HYDRATE, REFRESH, ACKNOWLEDGE, TELL_DROPPED, SHOW_SESSIONS, SHOW_ACTIVITY, PAGE_ERROR, STORED_VALUES]


@pytest.mark.parametrize(("name", "payload"), USE)
def test_what_a_person_does_marks_the_account_as_used(
    tab: GuardedTab, both: tuple[str, str], world: World, clock: Clock, name: str, payload: dict[str, object]
) -> None:
    """That alone; what a handler goes on with is no further use."""
    before = world.row(both[0]).last_active_at
    used = clock.advance(minutes=2)
    assert tab.runs(name, payload)
    clock.advance(minutes=2)
    assert tab.runs(name, payload, of_a_handler=True)
    assert [world.row(session_id).last_active_at for session_id in both] == [before, used]


def test_what_runs_for_the_account_before_marks_that_one_as_used(
    tab: GuardedTab, both: tuple[str, str], visitor: Browser, elsewhere: Callable[[Browser], Browser], world: World
) -> None:
    """Not the one that is active by now; and what runs for nobody marks neither."""
    ada, bob = both
    elsewhere(visitor).post("/multi-session/set-active", {"sessionId": ada})
    world.clock.advance(minutes=2)
    before = world.row(ada).last_active_at
    assert not tab.runs(CLICK, tree="x")
    assert world.row(bob).last_active_at != world.clock.now
    assert tab.runs(CLICK)
    assert [world.row(session_id).last_active_at for session_id in both] == [before, world.clock.now]


@pytest.mark.parametrize("name", NO_USE)
def test_what_a_page_does_by_itself_marks_nothing_as_used(
    tab: GuardedTab, both: tuple[str, str], world: World, clock: Clock, name: str
) -> None:
    """It comes back after its connection was cut, reads anew, or has an error."""
    before = world.row(both[1]).last_active_at
    clock.advance(minutes=2)
    assert tab.runs(name, late=True)
    assert world.row(both[1]).last_active_at == before


def test_a_tree_that_reflex_has_dropped_is_filled_before_the_event_runs(tab: GuardedTab, clock: Clock) -> None:
    """A socket lives longer than an unused tree; one that is filled is left as it is."""
    assert not tab.tab.state.is_loaded
    assert tab.runs(CLICK)
    shown = tab.tab.state
    assert (shown.is_loaded, shown.session_id, shown.user.name) == (True, tab.connection.session_id, "bob")
    assert [account.user.name for account in shown.accounts] == ["bob", "ada"]
    at = shown.shown_at
    clock.advance(seconds=1)
    assert tab.runs(CLICK)
    assert tab.tab.state.shown_at == at


def test_a_socket_that_this_process_does_not_know_is_still_checked(
    tab: GuardedTab, both: tuple[str, str], process_away: Callable[[str], None]
) -> None:
    """Closed meanwhile: what had arrived by then runs for whom it was meant, or for nobody."""
    tab.guarding.kit.tabs.remove(tab.connection)
    assert tab.runs(CLICK)
    assert tab.runs(BOOT, FRESH)
    assert not tab.runs(CLICK, tree="x")
    process_away(both[1])
    assert not tab.runs(CLICK)
    assert not tab.runs(BOOT, FRESH)
    assert (tab.connection.dropped, tab.guarding.told, tab.connection.router_data) == (0, [], {})


def test_an_event_without_ids_of_its_own_is_checked_by_those_of_its_tree(
    tab: GuardedTab, both: tuple[str, str], process_away: Callable[[str], None]
) -> None:
    """Nothing that reaches the tree is taken for a signed-out tab's."""
    assert tab.runs(CLICK, of_the_tree=True)
    process_away(both[1])
    assert not tab.runs(CLICK, of_the_tree=True)
    assert tab.is_kicked
