"""A client that speaks Reflex's protocol without a browser, with whatever headers and events a test wants to send.

Frames are Engine.IO packets ("0" open, "2" ping, "3" pong, "4" message) holding Socket.IO ones ("0" connect,
"1" disconnect, "2" event, "4" error). A refused handshake raises `websockets.InvalidStatus`, whose
`response.status_code` is the server's answer.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import reflex as rx
from reflex_base.constants import CompileVars, Reflex
from websockets import ConnectionClosed, Origin, Subprotocol
from websockets.sync.client import ClientConnection, connect

NAMESPACE = "/_event"
Message = dict[str, Any]
Variables = dict[str, dict[str, Any]]


class Refused(Exception):
    """The server took the websocket and then refused the Socket.IO connection."""


def boot_event(path: str = "/", client_storage: Mapping[str, Any] | None = None) -> Message:
    """Make the event a page sends when it connects: load my state and run the page's on_load."""
    name = f"{rx.State.get_full_name()}.{CompileVars.HYDRATE_AND_LOAD}"
    payload = {} if client_storage is None else {CompileVars.PAYLOAD_VARS: dict(client_storage)}
    return event(name, payload, path)


def event(name: str, payload: Mapping[str, Any] | None = None, path: str = "/") -> Message:
    """Make an event for a handler's full name, such as "reflex___state____state.my_app___my_app____state.add"."""
    return {"name": name, "payload": dict(payload or {}), "router_data": {"pathname": path, "asPath": path}}


class RawSocket:
    """One tab's connection. Everything the server sends is kept in `received`, the newest last."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        origin: str | None = "",
        boot: Message | None = None,
        path: str = f"{NAMESPACE}/",
        seconds: float = 10,
    ) -> None:
        """Connect to the server at `url` as the tab `token`.

        The page's own origin is sent unless `origin` names another; None sends none. `boot` is the event to send along,
        the index page's unless given; an empty one sends none. `path` is where the websocket is looked for.
        """
        self.token = token or str(uuid.uuid4())
        self.received: list[Message] = []
        self.variables: Variables = {}
        extra = dict(headers or {})
        if cookies:
            extra["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        query = urlencode({"token": self.token, "EIO": "4", "transport": "websocket"})
        self._closing = ExitStack()
        opening = connect(
            f"{url.replace('http', 'ws', 1)}{path}?{query}",
            origin=None if origin is None else Origin(origin or url),
            additional_headers=extra,
            subprotocols=[Subprotocol(Reflex.VERSION)],
            # A proxy of the machine's environment is not for a server on this machine.
            proxy=None,
            open_timeout=seconds,
            max_size=None,
        )
        self._socket: ClientConnection = self._closing.enter_context(opening)
        self._opened = False
        first = boot_event() if boot is None else boot
        auth = {CompileVars.CONNECT_AUTH_EVENT: first} if first else {}
        try:
            self._socket.send(f"40{NAMESPACE},{json.dumps(auth)}")
            self._read_until(lambda: self._opened, seconds, "the connection to be accepted")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Use the socket as a context manager, which closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def send(self, name: str, payload: Mapping[str, Any] | None = None, path: str = "/") -> None:
        """Send an event for the handler with this full name."""
        self.send_raw("event", event(name, payload, path))

    def send_raw(self, kind: str, *arguments: Any) -> None:
        """Send any Socket.IO event, well-formed for Reflex or not."""
        self._socket.send(f"42{NAMESPACE},{json.dumps([kind, *arguments])}")

    def send_frame(self, frame: str | bytes) -> None:
        """Send a frame as it is."""
        self._socket.send(frame)

    def wait_for(self, look: Callable[[Variables], Any], what: str = "a state update", seconds: float = 10) -> Any:
        """Read until `look`, given the state as the browser would have it, answers something truthy; return that."""
        self._read_until(lambda: look(self.variables), seconds, what)
        return look(self.variables)

    def wait_for_message(self, look: Callable[[Message], Any], what: str = "a message", seconds: float = 10) -> Message:
        """Read until a message, an earlier one included, satisfies `look`; each is {"kind": ..., "data": ...}."""
        self._read_until(lambda: any(map(look, self.received)), seconds, what)
        return next(filter(look, self.received))

    def read_for(self, seconds: float) -> list[Message]:
        """Collect what comes within a time, for a test that nothing (more) comes."""
        before = len(self.received)
        with suppress(TimeoutError):
            self._read_until(lambda: False, seconds, "nothing")
        return self.received[before:]

    def wait_closed(self, seconds: float = 10) -> int | None:
        """Read until the server closes the connection, and give back the close code."""
        with suppress(ConnectionClosed):
            self._read_until(lambda: False, seconds, "the server to close the connection")
        return self._socket.close_code

    @property
    def is_closed(self) -> bool:
        """Whether the connection has ended."""
        return self._socket.close_code is not None

    def close(self) -> None:
        """Close the connection as a closed tab does."""
        self._closing.close()

    def _read_until(self, done: Callable[[], Any], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            try:
                # A timeout of 0 would not even take a message that is there already.
                frame = self._socket.recv(timeout=max(deadline - time.monotonic(), 0.001))
            except TimeoutError:
                msg = f"waited {seconds:g} s for {what}; the last messages: {self.received[-3:]}"
                raise TimeoutError(msg) from None
            if isinstance(frame, str):
                self._take(frame)

    def _take(self, frame: str) -> None:
        packet, body = frame[:2], frame[2:].removeprefix(f"{NAMESPACE},")
        if frame == "2":
            self._socket.send("3")
        elif packet == "40":
            self._opened = True
        elif packet == "44":
            raise Refused(body)
        elif packet == "41":
            self.received.append({"kind": "disconnect", "data": None})
        elif packet == "42":
            kind, *arguments = json.loads(body)
            data = arguments[0] if arguments else None
            self.received.append({"kind": kind, "data": data})
            if kind == "event" and isinstance(data, dict):
                for state, changed in (data.get("delta") or {}).items():
                    self.variables.setdefault(state, {}).update(changed)
