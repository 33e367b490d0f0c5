"""What a tab sends out of turn while its socket changes its account: late boots, page loads, a second connect."""

from collections.abc import Callable

import pytest
from reflex_base.constants import CompileVars

from tests.support.devices import KIT, NOTES, STATE, Device, Tab, notes_of, value
from tests.support.people import Person
from tests.support.raw_socket import NAMESPACE, RawSocket, Refused, boot_event
from tests.support.running import until
from tests.support.server import Server

FIRST_OF_A_DOCUMENT = {**boot_event(), "payload": {"hashes": {}}}
"""Reflex's client sends hashes with the first boot of a document, which has nothing queued."""


@pytest.fixture
def device(new_device: Callable[[], Device]) -> Device:
    """A cookie jar."""
    return new_device()


@pytest.fixture
def people(device: Device) -> list[Person]:
    """Ada and Grace, signed in on that device; Grace is active."""
    return device.join("Ada", "Grace")


def switch(device: Device, person: Person) -> str:
    """Switch as another tab does, and return the session's id."""
    session_id = device.sessions()[person.email]
    device.post("/multi-session/set-active", {"sessionId": session_id}).raise_for_status()
    return session_id


def shown(tab: Tab, session_id: str) -> None:
    """Wait until the tab has been sent an account, of which it has not said yet that it shows it."""
    tab.wait_for(lambda seen: value(seen, KIT, "session_id") == session_id, "the next account's snapshot")
    tab.wait_for_message(lambda m: m["kind"] == "new_token" and m["data"].endswith(f"~{session_id}"), "its name")


def note(tab: Tab, text: str) -> None:
    """Save a note without looking at what comes of it."""
    tab.send(f"{NOTES}.set_draft", {"text": text})
    tab.send(f"{NOTES}.add")


def test_a_late_boot_takes_the_name_of_the_next_account_from_no_tab(
    device: Device, server: Server, people: list[Person]
) -> None:
    """Else what is clicked while the line is cut would be dropped, though it is known for whom it is meant."""
    ada, grace = people
    with device.tab() as tab:
        session_id = switch(device, ada)
        shown(tab, session_id)
        tab.send_raw("event", boot_event())
        # Events of one tree run in their order: with this note the boot before it is done.
        note(tab, "after the late boot")
        until(lambda: notes_of(server, grace), "the note")
        tab.settle()
        tab.write_draft("Ada's")
        names = [message["data"] for message in tab.received if message["kind"] == "new_token"]
        assert names[-1].endswith(f"~{session_id}")


def test_a_late_boot_opens_the_tab_for_no_account_that_it_has_not_shown(
    device: Device, server: Server, people: list[Person]
) -> None:
    """A tab that came as another one's: what it sends is not known to be meant for the account it passed through."""
    ada, grace = people
    with device.tab(token="tab~another", settles=False) as tab:
        shown(tab, switch(device, ada))
        tab.send_raw("event", FIRST_OF_A_DOCUMENT)
        note(tab, "meant for another")
        tab.settle()
        # Back on that tree, behind everything that was sent to it.
        shown(tab, switch(device, grace))
        tab.settle()
        tab.save("Grace's own")
        assert notes_of(server, grace) == ["Grace's own"]


def test_a_websocket_connects_once(device: Device, people: list[Person]) -> None:
    """Its ids are those of the handshake and may be old by now: beside a connection it gets none, after one it ends."""
    with device.tab() as tab:
        tab.send_frame(f"40{NAMESPACE},{{}}")
        with pytest.raises(Refused):
            tab.read_for(5)
        shown(tab, switch(device, people[0]))
        tab.settle()
        tab.send_frame(f"41{NAMESPACE},")
        tab.send_frame(f"40{NAMESPACE},{{}}")
        tab.wait_closed()


def test_a_tab_whose_page_is_not_known_yet_comes_back(device: Device, people: list[Person]) -> None:
    """Its boot waits behind a slow handler, say: booted onto no page the next account would never be loaded."""
    with RawSocket(device.url, cookies=device.cookies, boot={}) as early:
        switch(device, people[0])
        early.wait_closed()
        assert early.variables == {}


def test_a_page_opened_while_the_account_changes_is_loaded_for_the_next_one(
    device: Device, people: list[Person]
) -> None:
    """Its own event still runs for the account before; the tab would wait for ever for what the page loads."""
    with device.tab(boot=boot_event("/settings/security"), settles=False) as tab:
        session_id = switch(device, people[0])
        shown(tab, session_id)
        assert not value(tab.variables, NOTES, "is_loaded")
        tab.send(f"{STATE}.{CompileVars.ON_LOAD_INTERNAL}", path="/")
        tab.send(f"{KIT}.acknowledge", {"session_id": session_id}, path="/")
        tab.wait_for(lambda seen: value(seen, NOTES, "is_loaded"), "the notes")
