"""What a tab sends out of turn while its socket changes its account: late boots, page loads, a second connect."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from reflex_base.constants import CompileVars
from websockets import ConnectionClosed

from tests.support.devices import KIT, NOTES, STATE, Device, Tab, notes_of, value
from tests.support.people import Person
from tests.support.raw_socket import NAMESPACE, RawSocket, boot_event
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


def shown(tab: Tab, session_id: str) -> None:
    """Wait until the tab has been sent an account, of which it has not said yet that it shows it."""
    tab.wait_for(lambda seen: value(seen, KIT, "session_id") == session_id, "the next account's snapshot")


def note(tab: Tab, text: str) -> None:
    """Save a note without looking at what comes of it."""
    tab.send(f"{NOTES}.set_draft", {"text": text})
    tab.send(f"{NOTES}.add")


def test_a_boot_between_brings_a_snapshot_of_its_own(device: Device, server: Server, people: list[Person]) -> None:
    """The tab's word for the one before lifts nothing: what it sends until it shows the last one acts for nobody."""
    ada, grace = people
    with device.tab() as tab:
        shown(tab, device.switch(ada))
        first = str(value(tab.variables, KIT, "snapshot_id"))
        tab.send_raw("event", FIRST_OF_A_DOCUMENT)
        tab.wait_for(lambda seen: value(seen, KIT, "snapshot_id") != first, "a second snapshot")
        tab.acknowledge(first)
        note(tab, "meant for nobody knows whom")
        tab.settle()
        tab.wait_for(lambda seen: "not carried out" in str(value(seen, KIT, "notice")), "the notice")
        tab.save("Ada's own")
        assert (notes_of(server, ada), notes_of(server, grace)) == (["Ada's own"], [])


def test_a_tab_that_came_as_another_ones_acts_for_no_account_that_it_has_not_shown(
    device: Device, server: Server, people: list[Person]
) -> None:
    """Nor for one that it passes through, there and back."""
    ada, grace = people
    with device.tab(token="tab~another", settles=False) as tab:
        note(tab, "meant for another")
        shown(tab, device.switch(ada))
        note(tab, "meant for another")
        tab.settle()
        shown(tab, device.switch(grace))
        note(tab, "meant for Ada")
        tab.settle()
        tab.save("Grace's own")
        assert (notes_of(server, ada), notes_of(server, grace)) == ([], ["Grace's own"])


@pytest.mark.parametrize("frames", [("40",), ("41", "40")], ids=["beside a connection", "after one"])
def test_a_websocket_connects_once(device: Device, people: list[Person], frames: tuple[str, ...]) -> None:
    """Its ids are those of the handshake and may be old by now: it ends."""
    with device.tab() as tab:
        shown(tab, device.switch(people[0]))
        tab.settle()
        # It may have ended before the second frame.
        with suppress(ConnectionClosed):
            for frame in frames:
                tab.send_frame(f"{frame}{NAMESPACE},{{}}" if frame == "40" else f"{frame}{NAMESPACE},")
        tab.wait_closed()


def test_a_tab_whose_page_is_not_known_yet_comes_back(device: Device, people: list[Person]) -> None:
    """Its boot waits behind a slow handler, say: booted onto no page the next account would never be loaded."""
    with RawSocket(device.url, cookies=device.cookies, boot={}) as early:
        device.switch(people[0])
        early.wait_closed()
        assert early.variables == {}


def test_a_page_opened_while_the_account_changes_is_loaded_for_the_next_one(
    device: Device, people: list[Person]
) -> None:
    """The tab would wait for ever for what the page loads."""
    with device.tab(boot=boot_event("/settings/security")) as tab:
        session_id = device.switch(people[0])
        shown(tab, session_id)
        assert not value(tab.variables, NOTES, "is_loaded")
        tab.send(f"{STATE}.{CompileVars.ON_LOAD_INTERNAL}", path="/")
        tab.acknowledge(path="/")
        tab.wait_for(lambda seen: value(seen, NOTES, "is_loaded"), "the notes")
