"""What a browser's own client never sends: packets named as the server's own, and events out of order."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress

import httpx
import pytest
from websockets import ConnectionClosed

from tests.support.devices import KIT, NOTES, STATE, Device, Tab, value
from tests.support.raw_socket import NAMESPACE, Message, RawSocket, Refused, boot_event
from tests.support.server import Server

HEADER = "x-multi-session-"


def connect_packet(socket: RawSocket, tree: str, headers: Mapping[str, str], boot: Message) -> None:
    """Send an event named "connect" with a request of one's own making; header bytes travel as attachments."""
    attachments = [part.encode() for pair in headers.items() for part in pair]
    places = [{"_placeholder": True, "num": number} for number in range(len(attachments))]
    pairs = [places[number : number + 2] for number in range(0, len(places), 2)]
    environ = {"QUERY_STRING": f"token={tree}", "asgi.scope": {"headers": pairs, "client": ["192.0.2.1", 1]}}
    body = json.dumps(["connect", environ, {"event": boot}])
    kind = f"45{len(attachments)}-" if attachments else "42"
    socket.send_frame(f"{kind}{NAMESPACE},{body}")
    # The announcement ends the socket already.
    with suppress(ConnectionClosed):
        for attachment in attachments:
            socket.send_frame(attachment)


@pytest.fixture
def victim(new_device: Callable[[], Device]) -> Device:
    """A browser with an account."""
    device = new_device()
    device.join("Ada")
    return device


def tree_of(tab: Tab) -> str:
    """Return the name of a tab's state tree, which Reflex tells the browser."""
    return str(value(tab.variables, STATE, "rx_router_session")["client_token"])


def test_connect_packet_opens_no_tree_by_its_name(server: Server, victim: Device) -> None:
    """The name of a tree is no secret: with it alone, and without a cookie, nothing is read."""
    with victim.tab() as tab:
        tab.write_draft("a half-written secret")
        tree = tree_of(tab)
    with RawSocket(server.url, boot={}) as attack:
        connect_packet(attack, tree, {}, boot_event())
        attack.send_raw("ping")
        attack.wait_for_message(lambda message: message["kind"] == "ping", "an answer to the next packet")
        assert "secret" not in json.dumps(attack.received)


def test_connect_packet_with_forged_ids_acts_for_nobody(server: Server, victim: Device) -> None:
    """The ids of device and session are public too."""
    session_id = next(iter(victim.sessions().values()))
    device_id = server_device(server, session_id)
    ids = {"connection": "x", "tab": "y", "device": device_id, "session": session_id, "generation": "0"}
    with RawSocket(server.url, boot={}) as attack:
        connect_packet(attack, "any", {HEADER + name: text for name, text in ids.items()}, boot_event())
        with suppress(ConnectionClosed):
            attack.send(f"{KIT}.revoke_all")
        attack.wait_closed()
        assert value(attack.variables, KIT, "session_id") is None
    assert victim.active() is not None


def test_disconnect_packet_is_no_disconnect(victim: Device) -> None:
    """The tab goes on as it is."""
    with victim.tab() as tab:
        tab.send_raw("disconnect", "transport close")
        tab.write_draft("still here")


@pytest.mark.parametrize("name", [["list"], {"a": 1}, None, 5, "on_event", "__class__", "trigger_event"])
def test_packet_of_an_odd_name_is_dropped(server: Server, victim: Device, name: object) -> None:
    """Without an error in the log."""
    before = len(server.log)
    with victim.tab() as tab:
        tab.send_frame(f"42{NAMESPACE},{json.dumps([name, {}])}")
        tab.write_draft("still here")
    assert "Traceback" not in server.log[before:]


def test_event_before_the_snapshot_acts_for_nobody(server: Server, victim: Device) -> None:
    """It was meant for whom the tab showed before."""
    ada = next(iter(victim.sessions().values()))
    with RawSocket(server.url, token="tab~another", cookies=victim.cookies, boot={}) as early:
        early.send(f"{NOTES}.set_draft", {"text": "meant for another"})
        early.send_raw("event", boot_event())
        early.wait_for(lambda seen: value(seen, KIT, "session_id") == ada, "the snapshot")
        assert value(early.variables, NOTES, "draft") == ""


def test_notice_is_not_left_for_who_comes_next(server: Server, victim: Device) -> None:
    """Who was signed out here is said once, to the tab that showed it, and to no one with its token later."""
    with victim.tab(token="tab-with-notice") as tab:
        # The answer to a sign-out of the last account deletes the cookie: this socket is opened before it is there.
        named, cookies = tab.token, httpx.Cookies(victim.cookies)
        victim.post("/multi-session/revoke", {"sessionId": tab.session_id})
        tab.wait_closed()
    with RawSocket(server.url, token=named, cookies=cookies) as back:
        back.wait_for(lambda seen: "Ada" in str(value(seen, KIT, "notice")), "the notice")
    hydrate = {**boot_event(), "name": f"{STATE}.hydrate"}
    for token in (named, named.partition("~")[0]):
        with RawSocket(server.url, token=token, boot=hydrate) as thief:
            thief.wait_for(lambda seen: value(seen, KIT, "is_loaded"), "a snapshot")
            assert "Ada" not in json.dumps(thief.received)


def test_request_to_the_event_path_is_not_found(server: Server) -> None:
    """Also one that half asks for a websocket, over which engine.io stumbles."""
    query = {"token": "x", "EIO": "4", "transport": "websocket"}
    for headers in ({}, {"Upgrade": "websocket"}):
        answer = httpx.get(f"{server.url}/_event/", params=query, headers=headers, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def server_device(server: Server, session_id: str) -> str:
    """Look the device of a session up in the database."""
    with closing(sqlite3.connect(server.database)) as db:
        query = "select device_id from multi_session_device_session where id = ?"
        return str(db.execute(query, [session_id]).fetchone()[0])


def test_malformed_frames_close_at_most_their_own_socket(server: Server, victim: Device) -> None:
    """Another tab of the server does not notice."""
    with victim.tab() as tab:
        for frame in ("42", "45", "451-", '42/_event,"x"', "42/_event,[]", "9", b"\x00", "40/other,{}"):
            with RawSocket(server.url) as attack:
                attack.send_frame(frame)
                try:
                    attack.read_for(0.05)
                except (ConnectionClosed, Refused):
                    continue
        tab.write_draft("unmoved")


@pytest.mark.standard("ASVS 16.5.1")
def test_failed_handler_says_so(victim: Device) -> None:
    """Without a script for the browser to evaluate."""
    with victim.tab() as tab:
        tab.send(f"{NOTES}.delete")
        tab.wait_for(lambda seen: "went wrong" in str(value(seen, KIT, "notice")), "a word about it")
        assert not [message for message in tab.received if "_call" in json.dumps(message)]
