"""Who hears of it, on which device: tabs whose account has ended move, those that list its sessions read anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.tabs import Connection
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.running import run

pytestmark = pytest.mark.sqlite

NEW = "another fine password"


class Tabs:
    """Open sockets by name, and what each of them was told."""

    def __init__(self, kit: MultiSession) -> None:
        """Listen to what the kit tells."""
        self._kit, self._told = kit, dict[str, str]()
        kit.tabs.refresh = self._refresh
        kit.tabs.move = self._move

    def open(self, name: str, browser: Browser) -> Connection:
        """Open a tab of a browser, which has used its cookie."""
        browser.names()
        connection = Connection.of(name)
        self._kit.tabs.add(connection)
        run(self._kit.devices.bind(connection, browser.secret_hash))
        return connection

    def told(self) -> dict[str, str]:
        """Return what each tab was told since the last time, "moved" before "refreshed"."""
        told, self._told = self._told, {}
        return told

    async def _refresh(self, connection: Connection) -> None:
        self._told.setdefault(connection.identity.tab, "refreshed")

    def _move(self, connection: Connection) -> None:
        self._told[connection.identity.tab] = "moved"


@pytest.fixture
def phone(client: Callable[..., Browser]) -> Browser:
    """Another device."""
    return client()


@pytest.fixture
def tablet(client: Callable[..., Browser]) -> Browser:
    """A third device."""
    return client()


@pytest.fixture
def tabs(multi_session: MultiSession, visitor: Browser, phone: Browser, tablet: Browser) -> Tabs:
    """Ada is active here and on the phone, Bob on the tablet, where Ada is signed in too. A tab is open on each."""
    visitor.sign_up("ada")
    phone.sign_in("ada")
    tablet.sign_in("ada")
    tablet.names()
    tablet.sign_up("bob")
    tabs = Tabs(multi_session)
    for name, browser in (("here", visitor), ("phone", phone), ("tablet", tablet)):
        tabs.open(name, browser)
    tabs.told()
    return tabs


def session_on(browser: Browser, name: str) -> str:
    """Return the id of the session that a person has on a browser."""
    return next(entry["id"] for entry in browser.listed() if entry["user"]["name"] == name)


def test_session_ended_from_elsewhere_moves_its_tabs(visitor: Browser, phone: Browser, tabs: Tabs) -> None:
    """And the user's other tabs, here and there, have another list; Bob's notice nothing."""
    assert visitor.post("/revoke-session", {"token": session_on(phone, "ada")}).status_code == 200
    assert tabs.told() == {"phone": "moved", "here": "refreshed"}


def test_device_with_another_active_account_is_only_refreshed(visitor: Browser, tablet: Browser, tabs: Tabs) -> None:
    """Bob goes on there, and his list of accounts has become shorter."""
    assert visitor.post("/revoke-session", {"token": session_on(tablet, "ada")}).status_code == 200
    assert tabs.told() == {"tablet": "refreshed", "here": "refreshed", "phone": "refreshed"}


def test_end_of_all_sessions_moves_every_tab_of_the_user(visitor: Browser, tabs: Tabs) -> None:
    """This one too."""
    assert visitor.post("/revoke-sessions").status_code == 200
    assert tabs.told() == {"here": "moved", "phone": "moved", "tablet": "refreshed"}


def test_end_of_the_other_sessions_moves_the_others(visitor: Browser, tabs: Tabs) -> None:
    """And keeps this tab where it is."""
    assert visitor.post("/revoke-other-sessions").status_code == 200
    assert tabs.told() == {"here": "refreshed", "phone": "moved", "tablet": "refreshed"}


def test_password_change_moves_the_others_at_once_and_here_waits_for_the_new_cookie(
    visitor: Browser, tabs: Tabs, multi_session: MultiSession
) -> None:
    """A tab here that came back at once would still have the old one."""
    body = {"currentPassword": PASSWORD, "newPassword": NEW}
    assert visitor.post("/change-password", body).status_code == 200
    assert tabs.told() == {"phone": "moved", "tablet": "refreshed"}
    (here,) = [tab for tab in multi_session.tabs.connections.values() if tab.identity.tab == "here"]
    assert not here.kicked.is_set()
    visitor.names()
    assert here.kicked.is_set()


@pytest.mark.standard("ASVS 7.4.2")
def test_deletion_moves_every_tab_of_the_user(visitor: Browser, phone: Browser, tabs: Tabs) -> None:
    """To whoever takes over, or to nobody; where the account was only one of the list, it is gone from there."""
    assert visitor.post("/delete-user", {"password": PASSWORD}).status_code == 200
    assert tabs.told() == {"here": "moved", "phone": "moved", "tablet": "refreshed"}


def test_deletion_by_the_app_moves_every_tab_of_the_users(tabs: Tabs, multi_session: MultiSession) -> None:
    """As one that the user asked for; whoever is gone already is none."""
    ada = next(tab.user_id for tab in multi_session.tabs.connections.values() if tab.identity.tab == "here")
    run(multi_session.user_sessions.delete_users([ada, "unknown"]))
    assert tabs.told() == {"here": "moved", "phone": "moved", "tablet": "refreshed"}
    run(multi_session.user_sessions.delete_users([ada]))
    assert tabs.told() == {}


def test_deletion_reaches_a_device_that_only_remembers_the_user(
    visitor: Browser, client: Callable[..., Browser], tabs: Tabs
) -> None:
    """The account leaves the list of a browser that has signed it out to make room."""
    kiosk = client()
    kiosk.sign_in("ada")
    for name in ("u1", "u2", "u3", "u4", "u5"):
        kiosk.names()
        kiosk.sign_up(name)
    tabs.open("kiosk", kiosk)
    tabs.told()
    visitor.post("/delete-user", {"password": PASSWORD})
    assert tabs.told()["kiosk"] == "refreshed"


def test_sign_in_refreshes_the_users_tabs_on_other_devices(client: Callable[..., Browser], tabs: Tabs) -> None:
    """Their list of sessions has become longer; a sign-up concerns nobody."""
    newcomer = client()
    newcomer.sign_in("ada")
    assert tabs.told() == {"here": "refreshed", "phone": "refreshed"}
    newcomer.names()
    tabs.told()
    newcomer.sign_up("cleo")
    assert tabs.told() == {}


def test_sign_in_again_on_a_device_says_nothing_to_that_device(phone: Browser, tabs: Tabs) -> None:
    """Its tabs wait for the new cookie to be used, as after every sign-in."""
    phone.sign_in("ada")
    assert tabs.told() == {"here": "refreshed"}


@pytest.mark.parametrize("path", ["/multi-session/revoke-all", "/sign-out"])
def test_sign_out_refreshes_the_users_tabs_on_other_devices(phone: Browser, tabs: Tabs, path: str) -> None:
    """Their list of sessions has become shorter."""
    phone.post(path)
    assert tabs.told() == {"phone": "moved", "here": "refreshed"}


def test_sign_out_of_one_or_of_the_others_does_too(
    phone: Browser, tablet: Browser, visitor: Browser, tabs: Tabs
) -> None:
    """On whichever device, active there or not."""
    tablet.post("/multi-session/revoke-others")
    assert tabs.told() == {"tablet": "refreshed", "here": "refreshed", "phone": "refreshed"}
    phone.post("/multi-session/revoke", {"sessionId": phone.listed()[0]["id"]})
    assert tabs.told() == {"phone": "moved", "here": "refreshed"}


def test_eviction_refreshes_the_evicted_users_tabs_on_other_devices(client: Callable[..., Browser], tabs: Tabs) -> None:
    """By a sign-up as by a sign-in."""
    kiosk = client()
    kiosk.sign_in("ada")
    for name in ("u1", "u2", "u3", "u4"):
        kiosk.names()
        kiosk.sign_up(name)
    kiosk.names()
    tabs.told()
    kiosk.sign_up("u5")
    assert tabs.told() == {"here": "refreshed", "phone": "refreshed"}


def test_profile_change_refreshes_the_users_tabs_on_other_devices(visitor: Browser, tabs: Tabs) -> None:
    """The name on them is the old one."""
    visitor.post("/update-user", {"name": "Augusta"})
    assert tabs.told() == {"here": "refreshed", "phone": "refreshed"}


def test_refused_verbs_tell_nobody(visitor: Browser, phone: Browser, tabs: Tabs) -> None:
    """Nothing has changed."""
    visitor.post("/revoke-session", {"token": "x"})
    visitor.post("/reauthenticate", {"password": "wrong"})
    visitor.post("/change-password", {"currentPassword": "wrong", "newPassword": NEW})
    visitor.post("/delete-user", {"password": "wrong"})
    visitor.post("/sign-in/email", {"email": email_of("ada"), "password": "wrong"})
    assert tabs.told() == {}


def test_socket_knows_as_which_user_it_acts(visitor: Browser, tabs: Tabs, multi_session: MultiSession) -> None:
    """Nobody's when signed out."""
    users = {tab.identity.tab: tab.user_id for tab in multi_session.tabs.connections.values()}
    assert users["here"] == users["phone"] == visitor.listed()[0]["user"]["id"]
    assert users["tablet"] not in {"", users["here"]}
    signed_out = visitor.copy()
    visitor.post("/sign-out")
    assert tabs.open("later", signed_out).user_id == ""
