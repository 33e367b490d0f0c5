"""What Reflex would keep for ever of events that no page sends."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from reflex_base.utils.exceptions import EventDeserializationError

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.tabs import Connection
from multisession_app.multi_session.options import PACKETS_WAITING, PATH_LIMIT, QUERY_LIMIT
from multisession_app.multi_session.websocket.event_limits import limit_events
from tests.support.running import run
from tests.support.scenes import Namespace

pytestmark = pytest.mark.sqlite


class Socket:
    """A socket of an app with one handler."""

    def __init__(self, kit: MultiSession, namespace: Namespace) -> None:
        """Connect it."""
        self.namespace = namespace
        self.packets: asyncio.Queue[None] = asyncio.Queue()
        self.sio = SimpleNamespace(
            eio=SimpleNamespace(max_http_buffer_size=1_000_000, sockets={"eio": SimpleNamespace(queue=self.packets)}),
            manager=SimpleNamespace(eio_sid_from_sid=lambda sid, namespace: {"sid": "eio"}.get(sid)),
        )
        app: Any = SimpleNamespace(
            event_namespace=namespace,
            sio=self.sio,
            _registration_context=SimpleNamespace(event_handlers={"known": None}),
        )
        limit_events(app, kit)
        self.connection = Connection.of("tab")
        kit.tabs.add(self.connection)
        run(kit.devices.bind(self.connection, None))
        scope = {"headers": self.connection.identity.headers()}
        run(namespace.on_connect("sid", {"asgi.scope": scope, "tree": "tree"}))

    def runs(self, data: Any) -> bool:
        """Return whether what is sent reaches Reflex."""
        before = len(self.namespace.ran)
        run(self.namespace.on_event("sid", data))
        return len(self.namespace.ran) > before


@pytest.fixture
def socket(multi_session: MultiSession, namespace: Namespace) -> Socket:
    """Return an open socket."""
    return Socket(multi_session, namespace)


@pytest.mark.parametrize(
    "router_data",
    [
        {},
        None,
        "x",
        {"pathname": 5},
        {"pathname": "x" * PATH_LIMIT},
        {"asPath": "x" * (PATH_LIMIT + QUERY_LIMIT)},
        {"query": {"q": "x" * QUERY_LIMIT, "param": "x"}},
    ],
)
def test_event_of_a_page_runs(socket: Socket, router_data: Any) -> None:
    """Wherever the page is; what is no path is Reflex's concern."""
    assert socket.runs({"name": "known", "router_data": router_data})
    assert not socket.connection.kicked.is_set()


@pytest.mark.parametrize(("key", "length"), [("pathname", PATH_LIMIT), ("asPath", PATH_LIMIT + QUERY_LIMIT)])
def test_event_of_a_page_with_a_long_path_ends_the_socket(socket: Socket, key: str, length: int) -> None:
    """Reflex 0.10.1 would keep 4,096 of them; said once in the log, with a code."""
    for _ in range(3):
        assert not socket.runs({"name": "known", "router_data": {key: "x" * (length + 1)}})
    assert socket.connection.kicked.is_set()
    assert socket.connection.refusal == (1008, "path of more than 2048 bytes")


@pytest.mark.parametrize("query", [{"q": "x" * 60_000}, {"x" * 60_000: ""}, {"q": ["x"] * 10_000}, "x" * 60_000])
def test_event_of_a_page_with_a_long_query_ends_the_socket(socket: Socket, query: Any) -> None:
    """It would come back with the state, as often as a page boots."""
    assert not socket.runs({"name": "known", "router_data": {"pathname": "/", "asPath": "/", "query": query}})
    assert socket.connection.refusal == (1008, "path of more than 2048 bytes")


def test_browser_that_asks_for_more_than_it_reads_is_closed(socket: Socket) -> None:
    """engine.io 4.15 would keep all of it; those that read slowly have room."""
    for _ in range(PACKETS_WAITING):
        socket.packets.put_nowait(None)
    assert socket.runs({"name": "known"})
    socket.packets.put_nowait(None)
    assert not socket.runs({"name": "known"})
    assert socket.connection.refusal == (1008, "more than 500 packets not read")


def test_event_without_a_handler_is_dropped(socket: Socket, caplog: pytest.LogCaptureFixture) -> None:
    """Reflex 0.10.1 would keep a future of each; the log says so once for a socket, in one short line."""
    for _ in range(3):
        assert not socket.runs({"name": "unknown\n" * 1000, "router_data": {}})
    assert socket.runs({"name": "known"})
    (said,) = [record.getMessage() for record in caplog.records if "handler" in record.getMessage()]
    assert "\n" not in said
    assert len(said) < 300


def test_client_is_told_the_limit(socket: Socket, multi_session: MultiSession) -> None:
    """Reflex's client says on the page that its first message is too long, rather than to try again and again."""
    assert socket.sio.eio.max_http_buffer_size == multi_session.options.maximum_message_size == 65536


def test_socket_whose_first_event_is_none_is_refused(
    multi_session: MultiSession, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As python-socketio 5.18 knows a refusal: of any other error it would keep the socket."""

    async def fail(sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        raise EventDeserializationError("Event data must be a dictionary")

    monkeypatch.setattr(namespace, "on_connect", fail)
    with pytest.raises(ConnectionRefusedError):
        Socket(multi_session, namespace)
