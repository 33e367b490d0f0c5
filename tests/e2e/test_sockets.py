"""The websocket in the hands of an attacker: nothing but the device's own cookie opens an account's state."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import pytest
from websockets import InvalidStatus

from tests.support.devices import KIT, NOTES, STATE, Device, Tab, value
from tests.support.raw_socket import RawSocket, Refused
from tests.support.running import until

NewDevice = Callable[[], Device]
DRAFT = "the victim's half-written secret"


@pytest.fixture
def victim(new_device: NewDevice) -> Device:
    """A browser with Ada and Grace on it; Grace is active."""
    device = new_device()
    device.join("Ada", "Grace")
    return device


@pytest.fixture
def stranger(new_device: NewDevice) -> Device:
    """Another browser, with an account of its own."""
    device = new_device()
    device.join("Mallory")
    return device


@pytest.fixture
def open_tab(victim: Device) -> Iterator[Tab]:
    """The victim's tab, with a draft and a note in its state."""
    with victim.tab() as tab:
        tab.save("the victim's note")
        tab.write_draft(DRAFT)
        yield tab


def everything(socket: RawSocket) -> str:
    """Join all that the server has sent to a socket."""
    return json.dumps(socket.received)


def secrets_of(victim: Device, tab: Tab) -> list[str]:
    """Name what must not be seen by others: the victim's accounts, sessions, note and draft."""
    return [*victim.sessions(), *victim.sessions().values(), DRAFT, "the victim's note", tab.session_id]


@pytest.mark.standard("ASVS 4.4.2", "OWASP WebSocket 1")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost", "http://localhost:1"])
def test_pages_of_other_sites_get_no_socket(victim: Device, origin: str) -> None:
    """With the victim's own cookie, which the browser would send along, the handshake is refused (ASVS 4.4.2)."""
    with pytest.raises(InvalidStatus) as refused:
        RawSocket(victim.url, cookies=victim.cookies, origin=origin)
    assert refused.value.response.status_code == 403


@pytest.mark.standard("ASVS 7.2.3", "ASVS 4.4.3", "OWASP WebSocket 7")
@pytest.mark.parametrize("is_closed", [False, True])
@pytest.mark.parametrize("form", ["tab", "tab~session", "tab~"])
@pytest.mark.parametrize("who", ["nobody", "another device"])
def test_a_stolen_tab_token_opens_nothing(
    victim: Device, stranger: Device, open_tab: Tab, who: str, form: str, is_closed: bool
) -> None:
    """Without the victim's cookie its token, however spelt, leads to no state of theirs, open or closed."""
    tab, _, session = open_tab.token.partition("~")
    token = {"tab": tab, "tab~session": f"{tab}~{session}", "tab~": f"{tab}~"}[form]
    secrets = secrets_of(victim, open_tab)
    if is_closed:
        open_tab.close()
    cookies = stranger.cookies if who == "another device" else {}
    with Tab(victim.url, token=token, cookies=cookies) as thief:
        thief.send(f"{NOTES}.load")
        thief.send(f"{KIT}.refresh")
        # Events of a tab run in their order: once this one is answered the others were.
        thief.write_draft("the thief's own")
        seen = everything(thief)
    assert not [secret for secret in secrets if secret in seen.replace(token, "")]
    if not is_closed:
        open_tab.write_draft("and the victim's tab works on")


@pytest.mark.standard("ASVS 4.4.3")
@pytest.mark.parametrize("path", ["/_event/", "/_event", "/_event/x/", "/_event//", "//_event/", "/_event/.%2e/"])
def test_the_name_of_a_state_tree_opens_it_at_no_address(victim: Device, open_tab: Tab, path: str) -> None:
    """Reflex tells each browser the name of its own tree; sent back in place of a tab token it names another."""
    tree = value(open_tab.variables, STATE, "rx_router_session")["client_token"]
    secrets = secrets_of(victim, open_tab)
    open_tab.close()
    none: Mapping[str, str] = {}
    for cookies in (none, victim.cookies):
        with suppress(InvalidStatus, Refused), RawSocket(victim.url, token=tree, cookies=cookies, path=path) as thief:
            thief.wait_for(lambda seen: value(seen, KIT, "is_loaded"), "the snapshot")
            assert DRAFT not in everything(thief)
            assert cookies or not [secret for secret in secrets if secret in everything(thief)]


def test_odd_tab_tokens_open_nothing(victim: Device, open_tab: Tab) -> None:
    """A session id or anything else in place of a tab token names no tree of the victim's."""
    for token in (open_tab.session_id, f"~{open_tab.session_id}", "~", "x" * 5000, "\0", "a&token=b"):
        with Tab(victim.url, token=token) as thief:
            assert thief.session_id == ""
            seen = everything(thief).replace(json.dumps(thief.token)[1:-1], "")
            assert not [secret for secret in secrets_of(victim, open_tab) if secret in seen.replace(token, "")]


@pytest.mark.parametrize(
    "prefix", ["x-multi-session-", "X-Multi-Session-", "x_multi_session_", "X-MULTI_SESSION-", "http-x-multi-session-"]
)
def test_forged_headers_grant_nothing(
    victim: Device, stranger: Device, new_device: NewDevice, open_tab: Tab, prefix: str
) -> None:
    """The gate's own headers, sent by a client, are dropped before anything reads them."""
    real = value(open_tab.variables, STATE, "rx_router_headers")["raw_headers"]
    own = {name.removeprefix("x-multi-session-"): text for name, text in real.items() if "multi-session" in name}
    assert own["session"] == open_tab.session_id
    forged = {prefix + name: text for name, text in own.items()}
    with Tab(victim.url, token=open_tab.token, headers=forged) as thief:
        assert thief.session_id == ""
        thief.send(f"{KIT}.revoke_all")
        thief.write_draft("the thief's own")
    with stranger.tab(headers=forged) as thief:
        assert thief.session_id in stranger.sessions().values()
        thief.send(f"{KIT}.set_active", {"session_id": own["session"]})
        thief.write_draft("the thief's own")
    assert len(victim.sessions()) == 2
    assert new_device().get("/get-session", forged).json() is None


def test_a_duplicated_tab_gets_a_name_of_its_own(victim: Device, open_tab: Tab) -> None:
    """The second tab of one token is told a new one, is called back once, and then works beside the first."""
    with RawSocket(victim.url, token=open_tab.token, cookies=victim.cookies) as double:
        told = double.wait_for_message(lambda m: m["kind"] == "new_token", "a token of its own")["data"]
        double.wait_closed()
    assert told.partition("~")[0] != open_tab.token.partition("~")[0]
    with victim.tab(told) as back:
        back.write_draft("the double's")
        open_tab.write_draft("the first's")
        assert back.draft == "the double's"
        assert back.session_id == open_tab.session_id


@pytest.mark.standard("OWASP Session 3")
def test_two_cookies_of_one_name_open_nothing(victim: Device, stranger: Device) -> None:
    """Who can plant a cookie beside the victim's does not get to choose whose it is."""
    [(name, own)], [foreign] = victim.cookies.items(), stranger.cookies.values()
    for planted in (f"{name}={foreign}; {name}={own}", f"{name}={own}; {name}={foreign}"):
        with Tab(victim.url, headers={"Cookie": planted}) as tab:
            assert tab.session_id == ""


@pytest.mark.standard("ASVS 4.4.4")
def test_an_old_cookie_does_not_open_what_came_after(victim: Device, new_device: NewDevice) -> None:
    """A cookie copied before a sign-in opens none of the sessions made since."""
    old = new_device()
    old.cookies.update(victim.cookies)
    before = set(victim.sessions().values())
    [alan] = victim.join("Alan")
    with old.tab() as tab:
        assert tab.session_id in before
        assert alan.email not in everything(tab)
    assert set(old.sessions().values()) <= before


def test_a_browser_without_accounts_is_an_ordinary_reflex_app(base_url: str) -> None:
    """Signed out the state hangs on the tab alone, and nobody's account is in it."""
    with Tab(base_url) as tab:
        tab.write_draft("nobody's")
        assert tab.session_id == ""
        assert value(tab.variables, KIT, "accounts") == []


def test_the_victim_still_has_it_all(victim: Device, open_tab: Tab) -> None:
    """The control: with the right cookie the closed tab's token brings back the account, its note and its draft."""
    token = open_tab.token
    open_tab.close()

    def come_back() -> bool:
        with Tab(victim.url, token=token, cookies=victim.cookies) as tab:
            return tab.draft == DRAFT and "the victim's note" in everything(tab)

    until(come_back, "the state of the tab that was closed")
