"""What was clicked for one account never acts for another, whenever the line closes and whatever the client says.

Each click is the saving of a note whose text names the account that the tab showed when it was clicked.
"""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle

import httpx
import pytest
from websockets import ConnectionClosed

from tests.support.devices import KIT, NOTES, Device, Tab, notes_of, value
from tests.support.people import Person
from tests.support.server import Server


@pytest.fixture
def device(new_device: Callable[[], Device]) -> Device:
    """A cookie jar."""
    return new_device()


@pytest.fixture
def people(device: Device) -> list[Person]:
    """Ada and Grace, signed in on that device; Grace is active."""
    return device.join("Ada", "Grace")


def click(tab: Tab, text: str, times: int = 1) -> None:
    """Press "Save note" without looking at what comes of it."""
    for _ in range(times):
        tab.send(f"{NOTES}.set_draft", {"text": text})
        tab.send(f"{NOTES}.add")


def gets(tab: Tab, session_id: str) -> None:
    """Wait until the tab has the snapshot of an account."""
    tab.wait_for(lambda seen: value(seen, KIT, "session_id") == session_id, "the next account's snapshot")


def wrong(server: Server, *people: Person) -> list[str]:
    """Return the notes in an account that were clicked for another one."""
    return [text for person in people for text in notes_of(server, person) if not text.startswith(person.name)]


def settled(device: Device, server: Server, person: Person) -> None:
    """Wait until the server has done what was sent before: a tab of that account saves a note."""
    device.switch(person)
    with device.tab() as tab:
        tab.save(f"{person.name}, last")
    assert f"{person.name}, last" in notes_of(server, person)


@pytest.mark.parametrize("how", ["reconnected", "in place"])
def test_what_a_tab_sends_and_then_closes_acts_for_whom_it_showed(
    device: Device, server: Server, people: list[Person], times: Callable[[int], int], how: str
) -> None:
    """It shows Grace, another tab switches to Ada, it sends twelve "Save note" and is gone before they have run."""
    ada, grace = people
    for turn in range(times(50)):
        device.switch(grace)
        tab = device.tab()
        if how == "reconnected":
            tab.close()
            device.switch(ada)
            tab = device.tab(tab.token, settles=False)
        else:
            device.switch(ada)
        with tab:
            click(tab, f"Grace {turn}", 12)
    settled(device, server, grace)
    settled(device, server, ada)
    assert wrong(server, ada, grace) == []


def test_what_is_clicked_on_the_next_account_before_the_server_knows_acts_for_nobody(
    device: Device, server: Server, people: list[Person]
) -> None:
    """The tab's word that it shows Ada comes late: until then nothing is carried out, and the tab says so."""
    ada, grace = people
    with device.tab() as tab:
        gets(tab, device.switch(ada))
        click(tab, "Ada, early", 5)
        tab.settle()
        tab.wait_for(lambda seen: "not carried out" in str(value(seen, KIT, "notice")), "the notice")
        tab.save("Ada, on time")
    settled(device, server, grace)
    assert notes_of(server, ada) == ["Ada, on time"]
    assert wrong(server, grace) == []


def test_a_client_that_says_wrongly_what_it_shows_acts_for_nobody_else(
    device: Device, server: Server, people: list[Person]
) -> None:
    """It says nothing, says so before it can, twice, or of another account."""
    ada, grace = people
    with device.tab() as tab:
        first = str(value(tab.variables, KIT, "snapshot_id"))
        for early in (first, "", "x", device.sessions()[ada.email]):
            tab.acknowledge(early)
        gets(tab, device.switch(ada))
        for late in (first, "", "x", tab.session_id):
            tab.acknowledge(late)
        click(tab, "Grace, as Ada's snapshot came")
        second = str(value(tab.variables, KIT, "snapshot_id"))
        tab.acknowledge(second)
        gets(tab, device.switch(grace))
        tab.acknowledge(second)
        click(tab, "Ada, as Grace's snapshot came")
    settled(device, server, ada)
    settled(device, server, grace)
    assert (notes_of(server, ada), notes_of(server, grace)) == (["Ada, last"], ["Grace, last"])


@contextmanager
def switching(device: Device, order: list[str], pause: Callable[[], float]) -> Iterator[None]:
    """Switch from one account to the next and on, as often as can be, as long as this lasts."""
    is_over = threading.Event()

    def go() -> None:
        with httpx.Client(base_url=device.url, cookies=device.cookies, headers={"Origin": device.url}) as client:
            for session_id in cycle(order):
                answer = client.post("/api/auth/multi-session/set-active", json={"sessionId": session_id})
                answer.raise_for_status()
                if is_over.wait(pause()):
                    break

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(10)


class Clicker:
    """A tab that shows what it gets and says so at once, as the browser does, and whose line may be cut."""

    def __init__(self, device: Device, names: dict[str, str]) -> None:
        """Open it."""
        self.device, self.names, self.told = device, names, ""
        self.tab = device.tab()
        self.shown = self.names[self.tab.session_id]

    def look(self) -> None:
        """Take what has come, show it, and say so."""
        self.tab.read_for(0.002)
        snapshot_id = str(value(self.tab.variables, KIT, "snapshot_id") or "")
        self.shown = self.names[self.tab.session_id]
        if snapshot_id not in {"", self.told}:
            self.told = snapshot_id
            self.tab.acknowledge(snapshot_id)

    def cut(self) -> None:
        """Close the line and come back, with what the browser has kept for whom it shows."""
        shown = self.shown
        self.tab.close()
        while True:
            # A socket whose account changes before its page is known comes back once more.
            with suppress(ConnectionClosed):
                self.tab = self.device.tab(self.tab.token, settles=False)
                click(self.tab, f"{shown}, kept")
                return


def test_storms_of_switches_clicks_and_closes_put_nothing_into_a_wrong_account(
    new_device: Callable[[], Device], server: Server, times: Callable[[int], int]
) -> None:
    """Five thousand clicks (with --whole), each for whom the tab shows in that moment."""
    chance = random.Random(7)  # noqa: S311 - the same storm each time
    clicks = saved = 0
    while clicks < times(5000):
        # Two new people at a time: all notes of an account are sent with each one that is saved.
        device = new_device()
        people = device.join("Ada", "Grace")
        ids = device.sessions()
        names = {ids[person.email]: person.name for person in people}
        clicker = Clicker(device, names)
        with switching(device, list(names), lambda: chance.uniform(0, 0.04)):
            for turn in range(250):
                try:
                    clicker.look()
                    click(clicker.tab, f"{clicker.shown} {turn}")
                    clicks += 1
                    if chance.random() < 0.04:
                        clicks += 1
                        clicker.cut()
                except ConnectionClosed:
                    clicker.cut()
        clicker.tab.close()
        for person in people:
            settled(device, server, person)
        assert wrong(server, *people) == []
        saved += sum(len(notes_of(server, person)) for person in people)
    assert saved > clicks / 10, "hardly any click was carried out, so nothing was tried"
