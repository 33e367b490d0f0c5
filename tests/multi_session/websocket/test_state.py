"""The websocket door without a browser: what a handler does, and what the browser would get."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from reflex_base.utils.format import json_dumps

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.tabs import HEADER, Connection, Identity
from multisession_app.multi_session.database.models import Device, DeviceSecret, User
from multisession_app.multi_session.websocket.state import MultiSessionState
from tests.support.browser import Browser
from tests.support.event_check import Guarding
from tests.support.state_tab import WORDS, Tab
from tests.support.world import Clock, World

pytestmark = pytest.mark.sqlite


def test_refresh_shows_the_accounts_of_this_device(visitor: Browser, tab: Callable[..., Tab]) -> None:
    """The one that the tab acts as is the current one."""
    visitor.sign_up("ada")
    bob = visitor.sign_up("bob")
    state = tab(visitor).state
    assert (state.is_loaded, state.session_id, state.user.name) == (True, bob, "bob")
    assert [(a.user.name, a.is_current) for a in state.accounts] == [("bob", True), ("ada", False)]


def test_tab_that_still_acts_as_another_account_shows_that_one(visitor: Browser, tab: Callable[..., Tab]) -> None:
    """Until the switch reaches it, everything on its screen belongs together."""
    ada, _ = visitor.sign_up("ada"), visitor.sign_up("bob")
    state = tab(visitor, ada).state
    assert (state.session_id, state.user.name) == (ada, "ada")
    assert [(a.user.name, a.is_current) for a in state.accounts] == [("bob", False), ("ada", True)]


def test_signed_out_tab_shows_nobody(multi_session: MultiSession, tab: Callable[..., Tab]) -> None:
    """Loaded, and empty."""
    empty = Tab(multi_session, {})
    empty.call("refresh")
    assert (empty.state.is_loaded, empty.state.session_id, empty.state.accounts) == (True, "", [])
    assert empty.state.user.name == ""


def test_browser_gets_public_shapes_and_nothing_else(visitor: Browser, tab: Callable[..., Tab], world: World) -> None:
    """No key, no hash, no secret, no device; exactly the fields of the two shapes."""
    visitor.sign_up("ada")
    visitor.sign_up("bob")
    shown = tab(visitor)
    whole = json.loads(json_dumps(shown.root.dict()))
    mine = whole[MultiSessionState.get_full_name()]
    (account, _) = mine["accounts_rx_state_"]
    assert set(account) == {
        "id",
        "user",
        "user_agent",
        "ip_address",
        "created_at",
        "last_active_at",
        "expires_at",
        "is_current",
        "is_signed_out",
    }
    assert set(account["user"]) == {"id", "name", "email", "image", "initials", "created_at", "updated_at"}
    assert set(mine["user_rx_state_"]) == set(account["user"])
    hidden = {row.password_hash for row in world.rows(User)} | {row.state_key for row in world.rows(Device)}
    hidden |= {row.id for row in world.rows(Device)} | {row.hash for row in world.rows(DeviceSecret)} | {visitor.secret}
    assert not [value for value in hidden if value in json.dumps(mine)]


def test_set_active_switches_the_device(visitor: Browser, tab: Callable[..., Tab]) -> None:
    """The page waits till the tab shows the other account."""
    ada, _ = visitor.sign_up("ada"), visitor.sign_up("bob")
    assert tab(visitor).call("set_active", ada) == {}
    assert visitor.active() == "ada"


def test_set_active_of_the_active_account_ends_the_wait_for_another(
    visitor: Browser, tab: Callable[..., Tab], clock: Clock
) -> None:
    """None will come."""
    ada = visitor.sign_up("ada")
    shown = tab(visitor)
    clock.now += timedelta(seconds=1)
    assert shown.call("set_active", ada) == {"shown_at": clock.now.isoformat()}


@pytest.mark.parametrize(("meant_for", "named"), [("ada", True), (None, False), ("another", False)])
def test_an_acknowledgement_that_runs_late_says_nothing_about_the_tab(
    multi_session: MultiSession,
    visitor: Browser,
    guarding: Guarding,
    tab: Callable[..., Tab],
    meant_for: str | None,
    *,
    named: bool,
) -> None:
    """It waited behind something slow, and the socket has gone to another account and back meanwhile."""
    ada = visitor.sign_up("ada")
    shown = tab(visitor)
    connection = Connection(Identity("connection", "tab", session=ada), "another")
    connection.meant_for = ada if meant_for == "ada" else meant_for
    multi_session.tabs.add(connection)
    shown.headers[f"{HEADER}connection"] = connection.id
    shown.root.router_data = {"headers": shown.headers, "sid": "sid"}
    shown.call("acknowledge", "x")
    assert [data for _, data, _ in guarding.namespace.sent] == ([f"tab~{ada}"] if named else [])


def test_revoke_of_another_account_says_who_is_signed_out(visitor: Browser, tab: Callable[..., Tab]) -> None:
    """In this tab, which stays."""
    ada, _ = visitor.sign_up("ada"), visitor.sign_up("bob")
    changed = tab(visitor).call("revoke", ada)
    assert changed["notice"] == "ada is signed out."
    assert visitor.names() == ["bob"]


def test_sign_out_ends_the_account_on_screen(visitor: Browser, tab: Callable[..., Tab]) -> None:
    """Who was used last takes over."""
    visitor.sign_up("ada")
    visitor.sign_up("bob")
    tab(visitor).call("sign_out")
    assert visitor.names() == ["ada"]


def test_revoke_others_and_all(visitor: Browser, tab: Callable[..., Tab]) -> None:
    """As over HTTP."""
    visitor.sign_up("ada")
    visitor.sign_up("bob")
    tab(visitor).call("revoke_others")
    assert visitor.names() == ["bob"]
    tab(visitor).call("revoke_all")
    assert visitor.names() == []


def test_update_profile_saves_and_says_so(visitor: Browser, tab: Callable[..., Tab]) -> None:
    """Of the account on screen."""
    visitor.sign_up("ada")
    changed = tab(visitor).call("update_profile", {"name": "Ada L.", "image": "https://a.example/a.png"})
    assert changed["notice"] == WORDS.saved
    user = visitor.listed()[0]["user"]
    assert (user["name"], user["image"]) == ("Ada L.", "https://a.example/a.png")
