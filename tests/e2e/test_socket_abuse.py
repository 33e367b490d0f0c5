"""One client with raw sockets against everybody: each is ended in time, and nobody else notices."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect
from websockets import ConnectionClosed, InvalidStatus, Origin
from websockets.sync.client import connect

from multisession_app.multi_session.localization import Localization
from multisession_app.multi_session.options import (
    CLOSED_TREES_WITHOUT_DEVICE,
    MESSAGES_AT_ONCE,
    MESSAGES_PER_SECOND,
    SHARED_MESSAGES_AT_ONCE,
    SOCKETS_OF_DEVICE,
    SOCKETS_WITHOUT_DEVICE_OF_ADDRESS,
    TREE_WITHOUT_DEVICE_LIFE,
)
from tests.support.back_end import BackEnd
from tests.support.devices import NOTES, Device, Tab
from tests.support.raw_socket import NAMESPACE, RawSocket, event
from tests.support.running import until
from tests.support.server import Server

ANNOUNCED = f'459999999999-{NAMESPACE},["event",{{"_placeholder":true,"num":0}}]'
LONG = f"42{NAMESPACE},{json.dumps(['event', event(f'{NOTES}.set_draft', {'text': 'x' * 65_536})])}"


@pytest.fixture
def bystander(new_device: Callable[[], Device]) -> Iterator[Tab]:
    """Somebody's tab, which works on."""
    device = new_device()
    device.join("Ada")
    with device.tab() as tab:
        yield tab
        tab.write_draft("undisturbed")


@pytest.mark.standard("OWASP WebSocket 6", "ASVS 16.3.3")
@pytest.mark.parametrize(
    ("frame", "code", "why"),
    [
        (b"x" * 1000, 1003, "binary frame"),
        (ANNOUNCED, 1008, "packet that no browser sends"),
        (f"461-{NAMESPACE},1[]", 1008, "packet that no browser sends"),
        (LONG, 1009, "message of more than 65536 characters"),
        (f"40{NAMESPACE},", 1008, "second connection"),
    ],
)
def test_what_no_page_sends_ends_the_socket(
    server: Server, bystander: Tab, frame: str | bytes, code: int, why: str
) -> None:
    """At once, with a code; the log says why in one line."""
    before = len(server.log)
    with RawSocket(server.url) as attack:
        attack.send_frame(frame)
        assert attack.wait_closed() == code
    until(lambda: f"Closed a socket of device none: {why}" in server.log[before:], "the line in the log")
    assert server.log[before:].count("Closed a socket") == 1


@pytest.mark.standard("OWASP WebSocket 6")
def test_flood_of_messages_ends_the_socket(server: Server, bystander: Tab) -> None:
    """Of well-formed ones too."""
    with RawSocket(server.url) as attack, suppress(ConnectionClosed):
        for _ in range(MESSAGES_AT_ONCE + 100):
            attack.send_raw("ping")
        assert attack.wait_closed() in {1008, 1006}
    until(lambda: f"more than {MESSAGES_PER_SECOND} messages a second" in server.log, "the line in the log")


def test_sockets_that_are_closed_are_closed(tmp_path: Path) -> None:
    """Each has sent some hundred messages, which wait for each other; their places are free at once, not after them."""
    places = 20
    own = BackEnd(tmp_path)
    options = own.root / "multisession_app" / "multi_session" / "options.py"
    limit = f"SOCKETS_WITHOUT_DEVICE_OF_ADDRESS = {SOCKETS_WITHOUT_DEVICE_OF_ADDRESS}\n"
    assert limit in options.read_text()
    options.write_text(options.read_text().replace(limit, f"SOCKETS_WITHOUT_DEVICE_OF_ADDRESS = {places}\n"))
    try:
        own.start()
        address = own.url.replace("http", "ws", 1) + NAMESPACE
        # The first ones need not wait for their turn.
        for number in range(places + SHARED_MESSAGES_AT_ONCE // 400 + 20):
            opening = partial(connect, origin=Origin(own.url), proxy=None, close_timeout=0)
            with suppress(InvalidStatus), opening(f"{address}/?token={number}&EIO=4&transport=websocket") as socket:
                for frame in (f"40{NAMESPACE},{{}}", *["3"] * 400):
                    socket.send(frame)
        until(lambda: _is_let_in(own), "a place to be free", seconds=2)
    finally:
        own.stop()


def _is_let_in(server: Server) -> bool:
    try:
        RawSocket(server.url, boot={}).close()
    except InvalidStatus:
        return False
    return True


def test_a_person_with_many_tabs_has_room(
    server: Server, context: BrowserContext, new_device: Callable[[], Device]
) -> None:
    """Past the maximum a tab says that it has no connection, tries again in its time, and comes when there is room."""
    device = new_device()
    device.join("Ada")
    [(name, secret)] = device.cookies.items()
    context.add_cookies([{"name": name, "value": secret, "url": server.url}])
    with ExitStack() as closing:
        tabs = [closing.enter_context(device.tab(settles=False)) for _ in range(SOCKETS_OF_DEVICE)]
        with pytest.raises(InvalidStatus) as refused:
            device.tab()
        assert refused.value.response.status_code == 429
        before = server.log.count("TOO_MANY_SOCKETS")
        page = context.new_page()
        page.goto("/")
        expect(page.get_by_text(Localization().offline)).to_be_visible()
        tries = server.log.count("TOO_MANY_SOCKETS") - before
        assert tries < 20
        tabs[0].close()
        expect(page.get_by_text(Localization().offline)).not_to_be_visible()


@pytest.mark.whole
def test_anonymous_sockets_that_come_and_go_leave_nothing_on_disk(
    server: Server, tmp_path: Path, times: Callable[[int], int]
) -> None:
    """Nor, meanwhile, more than so many."""
    own = Server(tmp_path, built_by=server)
    states = Path(own.extra["REFLEX_STATES_WORKDIR"])
    try:
        own.start()
        for _ in range(times(2000)):
            Tab(own.url, settles=False).close()
        # A tree of the demo has four files at most.
        until(lambda: 0 < len([*states.iterdir()]) <= 4 * CLOSED_TREES_WITHOUT_DEVICE, "the first ones to go")
        seconds = TREE_WITHOUT_DEVICE_LIFE.total_seconds() + 30
        until(lambda: not [*states.iterdir()], "all to go", seconds=seconds)
    finally:
        own.stop()
