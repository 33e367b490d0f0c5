"""What one socket may send, and how many may be open: one client must not take the server from everybody else.

Reflex's protocol is text: Engine.IO packets in text frames, and in them Socket.IO ones. Binary frames, and packets that
announce them, are python-socketio's: it keeps whatever follows an announcement until as many have come, up to 10^10.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from ..actions.tabs import POLICY_VIOLATION
from ..errors import TooManySockets
from ..options import (
    CONNECT_TIMEOUT,
    MESSAGES_AT_ONCE,
    MESSAGES_PER_SECOND,
    SHARED_MESSAGES_AT_ONCE,
    SHARED_MESSAGES_PER_SECOND,
    SOCKETS_OF_ADDRESS,
    SOCKETS_OF_DEVICE,
    SOCKETS_WITHOUT_DEVICE,
    SOCKETS_WITHOUT_DEVICE_OF_ADDRESS,
)
from ..queries.devices import ProvenDevice
from ..security.addresses import visitor_at
from ..security.origins import RequestOrigin

UNSUPPORTED_DATA = 1003
TOO_BIG = 1009
"""Close codes of RFC 6455, 7.4.1, beside `POLICY_VIOLATION`."""

CONNECT = "40"
# Engine.IO's close and pong; Socket.IO's connect, disconnect and event. Digits of other scripts, which engine.io 4.15
# reads as numbers, are none of these, nor is "b", which announces base64.
_PACKETS = ("1", "3", CONNECT, "41", "42")


class Breach(Exception):
    """What no client of Reflex sends. `code` closes the socket, the text says why."""

    def __init__(self, code: int, reason: str) -> None:
        """Keep both."""
        super().__init__(reason)
        self.code = code


class Wire:
    """Checks what one socket sends."""

    def __init__(self, maximum_size: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with as many messages as may come at once; `clock` counts seconds."""
        self._maximum_size = maximum_size
        self._clock = clock
        self._began = self._counted_at = clock()
        self._left: float = MESSAGES_AT_ONCE
        self._is_connected = False

    def seconds_left(self) -> float | None:
        """Return in how many seconds the Socket.IO connection has to come, None if it has."""
        if self._is_connected:
            return None
        return max(0, self._began + CONNECT_TIMEOUT.total_seconds() - self._clock())

    def check(self, message: MutableMapping[str, Any] | None) -> None:
        """Count a message of the browser; None if no connection came in time.

        Raises:
            Breach: the socket is to be closed.
        """
        if message is None:
            raise Breach(POLICY_VIOLATION, f"no connection within {CONNECT_TIMEOUT.total_seconds():g} s")
        if message["type"] != "websocket.receive":
            return
        self._count()
        text = message.get("text")
        if text is None:
            raise Breach(UNSUPPORTED_DATA, "binary frame")
        if len(text) > self._maximum_size:
            raise Breach(TOO_BIG, f"message of more than {self._maximum_size} characters")
        if not text.startswith(_PACKETS):
            raise Breach(POLICY_VIOLATION, "packet that no browser sends")
        if text.startswith(CONNECT):
            if self._is_connected:
                raise Breach(POLICY_VIOLATION, "second connection")
            self._is_connected = True

    def _count(self) -> None:
        now = self._clock()
        since, self._counted_at = now - self._counted_at, now
        self._left = min(MESSAGES_AT_ONCE, self._left + since * MESSAGES_PER_SECOND) - 1
        if self._left < 0:
            raise Breach(POLICY_VIOLATION, f"more than {MESSAGES_PER_SECOND} messages a second")


class Turns:
    """Lets the sockets of one visitor wait for each other, so that many of them get no more than one could."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without anybody; `clock` counts seconds."""
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, whose: str) -> float:
        """Take the next turn of a visitor, and return in how many seconds it comes; nobody's come at once."""
        if not whose:
            return 0
        now = self._clock()
        left, at = self._left.get(whose, (SHARED_MESSAGES_AT_ONCE, now))
        left = min(SHARED_MESSAGES_AT_ONCE, left + (now - at) * SHARED_MESSAGES_PER_SECOND) - 1
        self._left[whose] = left, now
        return max(0, -left / SHARED_MESSAGES_PER_SECOND)

    def forget_rested(self) -> None:
        """Forget who has all messages at once again; call it once in a while."""
        rested = self._clock() - SHARED_MESSAGES_AT_ONCE / SHARED_MESSAGES_PER_SECOND
        for whose in [whose for whose, (left, at) in self._left.items() if at < rested and left >= 0]:
            del self._left[whose]

    def kept(self) -> int:
        """Return how many visitors are remembered."""
        return len(self._left)


class OpenSockets:
    """Counts this process's open sockets: of each device, of each address, and of those without a device."""

    def __init__(self) -> None:
        """Begin without any."""
        self._counts: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def of_address(self, origin: RequestOrigin) -> Iterator[Places]:
        """Hold the places of a socket from an address while it is open. Behind an unknown proxy none is limited.

        Raises:
            TooManySockets: the address has no place left.
        """
        places = Places(self._counts, "" if origin.through_unknown_proxy else visitor_at(origin.ip_address))
        try:
            places.take("address", places.visitor, SOCKETS_OF_ADDRESS)
            yield places
        finally:
            places.give_back()


class Places:
    """What one socket holds of each limit that it counts for.

    `whose` is who shares its messages' turns: its device, or else its address; "" for an unknown one.
    """

    def __init__(self, counts: Counter[tuple[str, str]], visitor: str) -> None:
        """Hold nothing yet; `visitor` is the address, "" for an unknown one."""
        self.visitor = self.whose = visitor
        self._counts = counts
        self._taken: list[tuple[str, str]] = []

    def take_of(self, device: ProvenDevice | None) -> None:
        """Take the places of a device, or of a browser without one.

        Raises:
            TooManySockets: there is none left.
        """
        if device is not None:
            self.take("device", device.id, SOCKETS_OF_DEVICE)
            self.whose = device.id
            return
        self.take("without device", "any", SOCKETS_WITHOUT_DEVICE)
        self.take("without device at", self.visitor, SOCKETS_WITHOUT_DEVICE_OF_ADDRESS)

    def take(self, kind: str, whose: str, most: int) -> None:
        """Take one of `most` places; nobody's are not limited.

        Raises:
            TooManySockets: all are taken.
        """
        if not whose:
            return
        if self._counts[kind, whose] >= most:
            raise TooManySockets
        self._counts[kind, whose] += 1
        self._taken.append((kind, whose))

    def give_back(self) -> None:
        """Give back what was taken."""
        for key in self._taken:
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]
