"""Events that no page of the app would send: they change nothing of others, and nothing after the end."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from websockets import ConnectionClosed

from multisession_app.multi_session.localization import Localization
from multisession_app.multi_session.websocket.state import MultiSessionState
from tests.support.devices import KIT, NOTES, STATE, Device, Tab, value
from tests.support.raw_socket import RawSocket, boot_event, event
from tests.support.server import Server

NewDevice = Callable[[], Device]
HANDLERS = sorted(set(MultiSessionState.event_handlers) - {"setvar"})
PRIVATE = [
    "_show",
    "_say",
    "_identity",
    "_device",
    "_refusals",
    "get_state",
    "reset",
    "setvar",
    "__setattr__",
    "__init__",
]
ARGUMENTS = {
    "set_active": "session_id",
    "revoke": "session_id",
    "acknowledge": "snapshot_id",
    "update_profile": "form_data",
}
ODD: list[Any] = [
    None,
    1,
    0.5,
    True,
    "",
    "\0",
    "\ud800",
    "x" * 10_000,
    [],
    {},
    {"id": 1},
    [[["x"]]],
    {"name": 1, "image": 2},
]


@pytest.fixture
def victim(new_device: NewDevice) -> Device:
    """A browser with Ada and Grace on it; Grace is active."""
    device = new_device()
    device.join("Ada", "Grace")
    return device


@pytest.fixture
def mallory(new_device: NewDevice) -> Device:
    """The attacker's own browser, with two accounts of theirs."""
    device = new_device()
    device.join("Mallory", "Mal")
    return device


@pytest.fixture
def attack(mallory: Device) -> Iterator[Tab]:
    """The attacker's tab."""
    with mallory.tab() as tab:
        yield tab


def forge(tab: Tab, *events: dict[str, Any]) -> None:
    """Send events as they are and wait until the server has been through them; the tab must still work."""
    for forged in events:
        tab.send_raw("event", forged)
    tab.write_draft(f"after {len(tab.received)} messages")


@pytest.mark.parametrize("name", HANDLERS)
def test_handlers_stand_any_argument(server: Server, victim: Device, mallory: Device, attack: Tab, name: str) -> None:
    """Foreign ids, wrong types and 10 kB: nobody's accounts change, and the log tells no secret."""
    log_before = len(server.log)
    before = victim.sessions(), mallory.sessions(), victim.active()
    foreign = next(iter(victim.sessions().values()))
    argument = ARGUMENTS.get(name)
    hostile = [{argument: odd} for odd in [foreign, *ODD]] if argument else [{"session_id": foreign}]
    for payload in [*hostile, {"unknown": foreign}, {}] if argument else hostile:
        forge(attack, event(f"{KIT}.{name}", payload))
    assert (victim.sessions(), mallory.sessions(), victim.active()) == before
    assert attack.session_id == next(iter(mallory.sessions().values()))
    said = server.log[log_before:]
    assert not [secret for device in (victim, mallory) for secret in device.cookies.values() if secret in said]


def test_helpers_are_no_handlers(server: Server, victim: Device, mallory: Device, attack: Tab) -> None:
    """What is not an event handler cannot be called, by no name, and the log tells no secret."""
    log_before = len(server.log)
    before = victim.sessions(), mallory.sessions()
    foreign = victim.session()
    assert foreign
    for state in (KIT, NOTES, STATE):
        for name in PRIVATE:
            arguments = {"identity": foreign["session"], "kind": "ended", "text": "forged", "var_name": "user"}
            attack.send_raw("event", event(f"{state}.{name}", arguments))
    attack.write_draft("still here")
    assert value(attack.variables, KIT, "notice") in {"", Localization().failed}
    assert (victim.sessions(), mallory.sessions()) == before
    said = server.log[log_before:]
    assert not [secret for device in (victim, mallory) for secret in device.cookies.values() if secret in said]


@pytest.mark.standard("ASVS 7.2.1")
def test_nobody_writes_who_they_are(server: Server, victim: Device, mallory: Device, attack: Tab) -> None:
    """The events by which a browser hands in its storage set no variable that says whose account this is."""
    foreign = victim.session()
    assert foreign
    with victim.tab() as tab:
        tab.save("only the victim's")
    claims = {
        f"{KIT}.{name}{suffix}": claim
        for name, claim in {"user": foreign["user"], "session_id": foreign["session"]["id"], "is_loaded": True}.items()
        for suffix in ("", "_rx_state_")
    }
    update = f"{STATE}.reflex___state____update_vars_internal_state.update_vars_internal"
    forge(attack, event(update, {"vars": claims}), boot_event(client_storage=claims), event(f"{NOTES}.load"))
    attack.settle()
    assert attack.session_id in mallory.sessions().values()
    assert "only the victim's" not in str(attack.received)
    with Tab(mallory.url, boot=boot_event(client_storage=claims)) as nobody:
        assert nobody.session_id == ""
        nobody.send(f"{NOTES}.load")
        nobody.write_draft("nobody's")
        assert "only the victim's" not in str(nobody.received)


@pytest.mark.standard("ASVS 7.2.1")
def test_an_event_cannot_say_where_it_comes_from(server: Server, victim: Device, mallory: Device, attack: Tab) -> None:
    """Headers, session and state tree of an event are the connection's, whatever the event says."""
    with victim.tab() as tab:
        tab.save("only the victim's")
        headers = value(tab.variables, STATE, "rx_router_headers")["raw_headers"]
        tree = value(tab.variables, STATE, "rx_router_session")["client_token"]
        claims = {"headers": headers, "session_id": headers["x-multi-session-session"], "token": tree, "pathname": "/"}
        for name in ("revoke_all", "sign_out", "revoke_others", "refresh", "tell_dropped"):
            forged = {**event(f"{KIT}.{name}"), "router_data": claims, "token": tree, "parent_txid": "x", "txid": "y"}
            with RawSocket(mallory.url) as nobody:
                nobody.send_raw("event", forged)
                nobody.send_raw("event", event(f"{NOTES}.load"))
                nobody.wait_for(lambda seen: value(seen, STATE, "is_hydrated"), "the page")
                assert "only the victim's" not in str(nobody.received)
        forged = {**event(f"{NOTES}.load"), "router_data": claims, "token": tree}
        forge(attack, forged)
        assert "only the victim's" not in str(attack.received)
        assert len(victim.sessions()) == 2
        tab.write_draft("and the victim's tab works on")


@pytest.mark.parametrize(
    "junk", ["x", 1, None, [], {}, {"name": 1}, {"name": "x"}, {"name": f"{KIT}.acknowledge"}, [{}] * 9]
)
def test_junk_takes_down_nothing(victim: Device, junk: Any) -> None:
    """What is no event at all ends at most the socket that it came by."""
    with victim.tab() as bystander:
        with victim.tab() as tab, suppress(ConnectionClosed):
            tab.send_raw("event", junk)
            tab.send_raw("junk", junk)
            tab.send(f"{NOTES}.set_draft", {"text": "x"})
        bystander.write_draft("undisturbed")
