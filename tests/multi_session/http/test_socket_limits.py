"""What one socket may send and how many may be open; an ordinary person notices nothing of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.http import socket_limits
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from multisession_app.multi_session.http.socket_limits import Breach, Turns, Wire
from multisession_app.multi_session.options import (
    CONNECT_TIMEOUT,
    MESSAGES_AT_ONCE,
    MESSAGES_PER_SECOND,
    PATH_LIMIT,
    QUERY_LIMIT,
    SHARED_MESSAGES_AT_ONCE,
    SHARED_MESSAGES_PER_SECOND,
)
from tests.support.browser import Browser
from tests.support.handshakes import Handshake, Inside, call_socket
from tests.support.running import run

MAXIMUM = 1000
CONNECT = '40/_event,{"event":{}}'
EVENT = '42/_event,["event",{}]'


class Seconds:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    """Return the clock of the wire."""
    return Seconds()


@pytest.fixture
def wire(seconds: Seconds) -> Wire:
    """Return a wire without messages yet."""
    return Wire(MAXIMUM, seconds)


def text(frame: str) -> dict[str, Any]:
    """Return a text frame as the server gives it."""
    return {"type": "websocket.receive", "text": frame}


def breach(wire: Wire, message: dict[str, Any] | None) -> int:
    """Return the code with which a message closes the socket."""
    with pytest.raises(Breach) as refused:
        wire.check(message)
    return refused.value.code


def test_what_a_browser_sends_passes(wire: Wire) -> None:
    """Connecting, events, pongs, and its goodbye."""
    for frame in (CONNECT, "3", EVENT, '42/_event,["ping"]', "41/_event,", "1", "42" + "x" * (MAXIMUM - 2)):
        wire.check(text(frame))
    wire.check({"type": "websocket.disconnect", "code": 1001})


@pytest.mark.parametrize("more", [{}, {"text": None}])
def test_binary_frame_ends_the_socket(wire: Wire, more: dict[str, Any]) -> None:
    """Before python-socketio can take it for an attachment."""
    assert breach(wire, {"type": "websocket.receive", "bytes": b"x", **more}) == 1003


@pytest.mark.parametrize(
    "frame", ["459999999999-/_event,[]", "451-", "461-/_event,1[]", "43/_event,1[]", "44", "4", "", "0", "2", "5", "b4"]
)
def test_packet_that_no_browser_sends_ends_the_socket(wire: Wire, frame: str) -> None:
    """Attachments announced, acknowledgements nobody asked for, packets of a server, base64."""
    assert breach(wire, text(frame)) == 1008


@pytest.mark.parametrize("frame", ["４5", "4５1-", "٤٥١-", "４２"])  # noqa: RUF001 - digits of other scripts
def test_digits_of_other_scripts_are_no_digits(wire: Wire, frame: str) -> None:
    """Python's `int`, by which engine.io reads the kind of a packet, takes them for some."""
    assert breach(wire, text(frame)) == 1008


@pytest.mark.standard("OWASP WebSocket 6")
def test_message_over_the_maximum_ends_the_socket(wire: Wire) -> None:
    """By one character."""
    assert breach(wire, text("42" + "x" * (MAXIMUM - 1))) == 1009


def test_second_connection_on_a_socket_ends_it(wire: Wire) -> None:
    """Whatever its namespace."""
    wire.check(text(CONNECT))
    assert breach(wire, text("40/other,")) == 1008


def test_socket_without_connection_ends_in_time(wire: Wire, seconds: Seconds) -> None:
    """Reflex's client opens the websocket before React is there, and gives it up after ten seconds."""
    seconds.now = 10
    wire.check(text("3"))
    assert wire.seconds_left() == CONNECT_TIMEOUT.total_seconds() - 10
    seconds.now = 1000
    assert wire.seconds_left() == 0
    assert breach(wire, None) == 1008


def test_socket_with_connection_has_all_the_time(wire: Wire, seconds: Seconds) -> None:
    """An open page that nobody touches."""
    wire.check(text(CONNECT))
    seconds.now = 10_000
    assert wire.seconds_left() is None


@pytest.mark.parametrize(
    ("a_second", "for_seconds"),
    [(10, 600), (144, 600), (240, 6)],
    ids=["typing", "dragging on a fast screen", "dragging on a faster one"],
)
def test_a_person_never_reaches_the_rate(wire: Wire, seconds: Seconds, a_second: int, for_seconds: int) -> None:
    """After the messages of a page that boots."""
    for _ in range(20):
        wire.check(text(EVENT))
    seconds.now = 1
    for number in range(a_second * for_seconds):
        seconds.now = 1 + number / a_second
        wire.check(text("3" if number % 100 == 0 else EVENT))


@pytest.mark.standard("OWASP WebSocket 6")
@pytest.mark.parametrize("frame", [EVENT, "3", "41/other,"])
def test_flood_ends_the_socket(wire: Wire, seconds: Seconds, frame: str) -> None:
    """Packets that only keep a connection open count too; and what was used up comes back slowly."""
    for _ in range(MESSAGES_AT_ONCE):
        wire.check(text(frame))
    assert breach(wire, text(frame)) == 1008
    seconds.now = 1.0
    for _ in range(MESSAGES_PER_SECOND - 1):
        wire.check(text(frame))
    assert breach(wire, text(frame)) == 1008


def test_many_sockets_of_one_visitor_share_their_turns(seconds: Seconds) -> None:
    """Nothing is lost: each waits, and another visitor does not; and nobody is remembered for long."""
    turns = Turns(seconds)
    for _ in range(SHARED_MESSAGES_AT_ONCE):
        assert turns.take("flood") == 0
    waits = [turns.take("flood") for _ in range(SHARED_MESSAGES_PER_SECOND)]
    assert waits == sorted(waits)
    assert 0 < waits[0] < waits[-1] == 1
    assert turns.take("other") == turns.take("") == 0
    seconds.now = 2
    assert turns.take("flood") == 0
    turns.forget_rested()
    assert turns.kept() == 2
    seconds.now = 1000
    turns.forget_rested()
    assert turns.kept() == 0


def test_a_person_whose_tabs_all_follow_a_switch_waits_for_nothing(seconds: Seconds) -> None:
    """A hundred tabs with four messages each; then twenty of them, and a switch every second for a minute."""
    turns = Turns(seconds)
    for second, tabs in enumerate([100, *[20] * 60]):
        seconds.now = second
        assert [turns.take("device") for _ in range(4 * tabs)] == [0] * 4 * tabs


def opened(kit: MultiSession, visitors: Sequence[tuple[Browser, Mapping[str, str]]], door: Any = None) -> list[str]:
    """Open a tab for each, keep them all open, and return what each was answered; nothing is left after closing."""
    gate = door or DeviceMiddleware(Inside(), kit)

    async def go() -> list[str]:
        answers = []
        async with AsyncExitStack() as closing:
            for number, (visitor, headers) in enumerate(visitors):
                one = Handshake(gate, visitor, query=f"token=tab{number}&EIO=4", headers={**headers})
                answers.append(await one.open())
                if answers[-1] == "websocket.accept":
                    closing.push_async_callback(one.close)
                else:
                    await one.ended()
            assert len(kit.tabs.connections) == answers.count("websocket.accept")
        return answers

    found = run(go())
    assert kit.tabs.connections == {}
    return [answer.removeprefix("websocket.") for answer in found]


@pytest.mark.standard("OWASP WebSocket 6")
@pytest.mark.sqlite
def test_sockets_of_a_device_are_bounded(
    multi_session: MultiSession, client: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest is refused before anything is made for it; another device is not concerned; closing makes room."""
    monkeypatch.setattr(socket_limits, "SOCKETS_OF_DEVICE", 2)
    ada, bob = client(), client()
    ada.sign_up("ada")
    bob.sign_up("bob")
    gate = DeviceMiddleware(Inside(), multi_session)
    for _ in range(2):
        assert opened(multi_session, [(ada, {})] * 3 + [(bob, {})], gate) == ["accept", "accept", "close", "accept"]


@pytest.mark.standard("OWASP WebSocket 6")
@pytest.mark.sqlite
def test_sockets_of_an_address_are_bounded(
    kit_with: Callable[..., MultiSession], client: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An IPv6 network of a household is one; those without a device have a limit of their own in it."""
    kit = kit_with(trusted_proxy_hops=1)
    monkeypatch.setattr(socket_limits, "SOCKETS_OF_ADDRESS", 3)
    monkeypatch.setattr(socket_limits, "SOCKETS_WITHOUT_DEVICE_OF_ADDRESS", 2)
    ada, nobody = client(kit), client(kit)
    ada.sign_up("ada")
    one, same, other = ({"x-forwarded-for": to} for to in ("2001:db8::1", "2001:db8::2", "192.0.2.9"))
    asked = [(nobody, one), (nobody, same), (nobody, one), (ada, same), (ada, one), (nobody, other), (ada, other)]
    assert opened(kit, asked) == ["accept", "accept", "close", "accept", "close", "accept", "accept"]


@pytest.mark.sqlite
def test_all_sockets_without_a_device_are_bounded(
    kit_with: Callable[..., MultiSession], client: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From however many addresses they come; who has a device still gets in."""
    kit = kit_with(trusted_proxy_hops=1)
    monkeypatch.setattr(socket_limits, "SOCKETS_WITHOUT_DEVICE", 2)
    ada, nobody = client(kit), client(kit)
    ada.sign_up("ada")
    asked = [(nobody, {"x-forwarded-for": f"192.0.2.{number}"}) for number in range(3)]
    assert opened(kit, [*asked, (ada, {})]) == ["accept", "accept", "close", "accept"]


@pytest.mark.sqlite
def test_behind_an_unknown_proxy_no_address_is_limited(
    multi_session: MultiSession, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody would share it."""
    monkeypatch.setattr(socket_limits, "SOCKETS_OF_ADDRESS", 1)
    through = {"x-forwarded-for": "192.0.2.9"}
    assert opened(multi_session, [(visitor, through)] * 3, Proxied(multi_session)) == ["accept"] * 3


class Proxied:
    """The door behind a proxy in a private network."""

    def __init__(self, kit: MultiSession) -> None:
        """Open it."""
        self._gate = DeviceMiddleware(Inside(), kit)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Come from the proxy."""
        await self._gate({**scope, "client": ("10.0.0.1", 1)}, receive, send)


@pytest.mark.sqlite
def test_refusal_says_why(multi_session: MultiSession, visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a code, before any state is made."""
    monkeypatch.setattr(socket_limits, "SOCKETS_WITHOUT_DEVICE", 0)
    handshake = Handshake(DeviceMiddleware(Inside(), multi_session), visitor)
    closed: list[Any] = []

    async def go() -> None:
        put = handshake.sent.put

        async def keep(message: Any) -> None:
            closed.append(message)
            await put(message)

        monkeypatch.setattr(handshake.sent, "put", keep)
        await handshake.open()
        await handshake.ended()

    run(go())
    assert json.loads(closed[0]["reason"])["code"] == "TOO_MANY_SOCKETS"


@pytest.mark.sqlite
def test_long_addresses_are_refused(multi_session: MultiSession, visitor: Browser) -> None:
    """Of requests and handshakes alike; the longest are let through."""
    visitor.app = DeviceMiddleware(Inside(), multi_session)
    for path, status in {
        "//" + "x" * (PATH_LIMIT - 1): 200,
        "//" + "x" * PATH_LIMIT: 414,
        "//x?" + "q" * QUERY_LIMIT: 200,
        "//x?" + "q" * (QUERY_LIMIT + 1): 414,
    }.items():
        answer = visitor.get(path)
        assert answer.status_code == status, path[:9]
        assert status == 200 or answer.json()["code"] == "URI_TOO_LONG"
    assert call_socket(multi_session, visitor, path="/_event/" + "x" * PATH_LIMIT) is None
    assert call_socket(multi_session, visitor, query="token=" + "x" * QUERY_LIMIT) is None
