"""The open tabs of this process: as whom each acts, and what a change does to it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from ..queries.devices import ProvenDevice

logger = logging.getLogger(__name__)

HEADER = "x-multi-session-"
"""Headers of this prefix are the kit's own: one that comes from outside is dropped."""


@dataclass(frozen=True)
class Identity:
    """As whom a tab acts: public ids, "" for none, which the HTTP middleware puts into the headers of its socket."""

    connection: str = ""
    tab: str = ""
    device: str = ""
    session: str = ""
    generation: int = 0

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> Identity:
        """Read the ids back from the headers that a handler sees; all empty for none."""
        ids = {field.name: headers.get(HEADER + field.name, "") for field in fields(cls)}
        return cls(ids["connection"], ids["tab"], ids["device"], ids["session"], int(ids["generation"] or 0))

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the ids as ASGI headers."""
        return [(f"{HEADER}{name}".encode(), str(value).encode()) for name, value in asdict(self).items()]


@dataclass(eq=False)
class Connection:
    """One open websocket: its tab, and as whom it acts while it is open.

    `shown` is the session that the tab last had on screen ("" for signed out, None for not known), `tree` the name of
    its Reflex state tree, "" until its device is looked up. It is `open_for` the sessions that the tab is known to have
    had on screen: events that it sends earlier were meant for `shown`. `router_data` is that of its last event, for
    events that the server sends to the tab. `ends_at` is when the next session of its device expires, unless it is
    used meanwhile. While its account changes in place, for the `moves`th time, it `is_moving`; it has `arrived` when
    the tab shows the new account.
    """

    identity: Identity
    shown: str | None = None
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
    kicked: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def of(cls, tab: str, shown: str | None = None) -> Connection:
        """Return a new connection of a tab, which acts as nobody yet."""
        return cls(Identity(connection=str(uuid.uuid4()), tab=tab), shown)

    @property
    def id(self) -> str:
        """The connection's own id."""
        return self.identity.connection

    @property
    def session_id(self) -> str:
        """The session as which it acts, "" for none."""
        return self.identity.session

    def act_as(self, device: ProvenDevice | None) -> None:
        """Act as the active account of a device from here on, on that account's state tree; None for no device."""
        if device is not None:
            self.identity = replace(
                self.identity, device=device.id, session=device.active_id, generation=device.generation
            )
            self.user_id, self.ends_at = device.active_user_id, device.ends_at
        self.tree = tree_token(device, self.identity.session, self.identity.tab)


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


class Tabs:
    """The registry of this process's open sockets. `move` and `refresh` are set by the websocket door."""

    def __init__(self) -> None:
        """Know of no socket yet."""
        self.connections: dict[str, Connection] = {}
        self.move: Callable[[Connection], None] | None = None
        self.refresh: Callable[[Connection], Awaitable[None]] | None = None

    def add(self, connection: Connection) -> None:
        """Register a socket, before its device is looked up: a change in between then marks it stale."""
        self.connections[connection.id] = connection

    def remove(self, connection: Connection) -> None:
        """Forget a closed socket."""
        self.connections.pop(connection.id, None)

    def kick(self, connection: Connection) -> None:
        """Close a socket so that the browser comes back at once and is looked up anew."""
        connection.kicked.set()

    def leave(self, connection: Connection) -> None:
        """Let a socket go to what its device has become: in place, or else by coming back."""
        (self.move or self.kick)(connection)

    async def apply(self, change: Change) -> None:
        """Tell this process's sockets what a device has become."""
        for connection in list(self.connections.values()):
            if not connection.tree:
                connection.is_stale = True
            elif connection.identity.device != change.device_id:
                if connection.user_id in change.user_ids:
                    await self._look_anew(connection)
            elif change.session_id is None:
                continue
            elif connection.identity.generation < change.generation:
                # It was opened with a secret that has been replaced: by coming back it shows that it has the new one.
                self.kick(connection)
            elif connection.session_id != change.session_id:
                self.leave(connection)
            else:
                await self._look_anew(connection)

    async def _look_anew(self, connection: Connection) -> None:
        if connection.is_moving:
            # What it has read may be older than the change.
            self.leave(connection)
        elif self.refresh is not None:
            try:
                await self.refresh(connection)
            except Exception:
                # What was committed stays committed: a tab that cannot be told must not undo the answer.
                logger.exception("Could not refresh a tab.")


def tree_token(device: ProvenDevice | None, session_id: str, tab: str) -> str:
    """Return the name of the Reflex state tree of (device, account, tab); signed out the account is "".

    Nobody can name, and so open, a tree of a device without that device's own key. The tree of its signed-out tabs is
    keyed too, since it holds the accounts that the device remembers. The tree of a tab without a device depends on the
    tab alone, as in plain Reflex, and is a digest as well, so that no tab token is the name of another tree.
    """
    if device is None:
        return hashlib.sha256(b"signed out\0" + tab.encode()).hexdigest()
    return hmac.new(bytes.fromhex(device.state_key), f"{tab}\0{session_id}".encode(), "sha256").hexdigest()
