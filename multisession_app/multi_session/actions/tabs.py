"""Which socket belongs to which device and account, and the message that moves it when that changes."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from ..queries.devices import PresentedDevice

logger = logging.getLogger(__name__)


@dataclass(eq=False, kw_only=True)
class Connection:
    """One open websocket: the tab, and as whom it acts while it is open.

    `shown` is the session that the tab last had on screen ("" for signed out, None for not known), `tree` the
    name of its Reflex state tree. It is `open_for` the sessions that the tab is known to have had on screen: what it
    sends before was meant for `shown`. `router_data` is that of its last event, for events that the server sends to
    the tab. `ends_at` is when the time of one of its device's sessions is over, unless it is used meanwhile. Changing
    its account in place, for the `moves`th time, it has `arrived` when the tab shows the new one.
    """

    tab: str
    shown: str | None = None
    device_id: str | None = None
    generation: int = 0
    session_id: str = ""
    user_id: str = ""
    tree: str = ""
    open_for: set[str] = field(default_factory=set)
    dropped: int = 0
    router_data: dict[str, Any] = field(default_factory=dict)
    is_stale: bool = False
    ends_at: datetime | None = None
    is_moving: bool = False
    moves: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    kicked: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Change:
    """What happened to a device: its active session now, and the generation of the secret that it is known by.

    With None for the session there is nothing to say to the device itself. `user_ids` are those whose sessions, or
    profile, are no longer what their screens on other devices say.
    """

    device_id: str
    session_id: str | None
    generation: int
    user_ids: tuple[str, ...] = ()


def tree_token(device: PresentedDevice | None, session_id: str, tab: str) -> str:
    """Return the name of the Reflex state tree of (device, account, tab); signed out the account is "".

    Without the device's own key nobody can name, and so open, a tree of that device: signed out too it holds whom the
    device remembers. That of a tab without a device hangs on the tab alone, as in plain Reflex; it too is a digest, so
    that no tab token, however made, is the name of another tree.
    """
    if device is None:
        return hashlib.sha256(b"signed out\0" + tab.encode()).hexdigest()
    return hmac.new(bytes.fromhex(device.state_key), f"{tab}\0{session_id}".encode(), "sha256").hexdigest()


HEADER = "x-multi-session-"
"""Headers of this prefix are the gate's own: whoever else sends one has it dropped."""


@dataclass(frozen=True)
class Acting:
    """As whom a connection acts: the public ids that the gate puts into its headers."""

    connection: str = ""
    tab: str = ""
    device: str = ""
    session: str = ""
    generation: int = 0

    @classmethod
    def of(cls, connection: Connection) -> Acting:
        """Take the ids of an open socket."""
        device_id = connection.device_id or ""
        return cls(connection.id, connection.tab, device_id, connection.session_id, connection.generation)

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> Acting:
        """Read the ids back from the headers that a handler sees; all empty for none."""
        ids = {field.name: headers.get(HEADER + field.name, "") for field in fields(cls)}
        return cls(ids["connection"], ids["tab"], ids["device"], ids["session"], int(ids["generation"] or 0))

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the ids as ASGI headers."""
        return [(f"{HEADER}{name}".encode(), str(value).encode()) for name, value in asdict(self).items()]
