"""The open tabs of this process: as whom each acts, and what a change does to it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from ..log_lines import refused
from ..queries.devices import ProvenDevice
from .state_trees import tree_token

logger = logging.getLogger(__name__)

HEADER = "x-multi-session-"
"""The prefix of the kit's own headers. Headers with it that come from outside are dropped."""


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
        """Read the ids from the headers that an event handler sees; all are empty if there are none."""
        ids = {field.name: headers.get(HEADER + field.name, "") for field in fields(cls)}
        return cls(ids["connection"], ids["tab"], ids["device"], ids["session"], int(ids["generation"] or 0))

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the ids as ASGI headers."""
        return [(f"{HEADER}{name}".encode(), str(value).encode()) for name, value in asdict(self).items()]


@dataclass(eq=False)
class Connection:
    """One open websocket: its tab, and as whom it acts while it is open.

    Attributes:
        identity: as whom it acts.
        shown: the session that the tab last had on screen; "" for signed out, None for not known.
        user_id: the user as whom it acts, "" for nobody.
        tree: the name of its Reflex state tree, "" until its device is looked up.
        meant_for: the session for which what arrives from the tab is meant, "" for signed out. None while nobody
            can know: a snapshot of another account is on its way, or the tab came back as another account.
        came_from: the session that it acted as before, None once nothing can be sent for that one any more.
        snapshot_id: the snapshot that the tab has yet to acknowledge, "" for none.
        is_named: its tab's token names the session that the tab shows.
        dropped: how many events were dropped since the tab was last told.
        router_data: that of its last event, for events that the server sends to the tab.
        is_stale: its device may have changed since it was looked up.
        ends_at: when the next session of its device expires, unless it is used before.
        is_moving: its account is being changed in place.
        arrived: set when the tab shows the account that the socket was moved to.
        refusal: the WebSocket close code and the reason, if it is closed for what it has sent.
        kicked: set when the socket is to be closed.
        lost_device: the device whose outdated cookie it brought, "" for none; it acts for nobody.
        is_stolen: theft was found there.
    """

    identity: Identity
    shown: str | None = None
    user_id: str = ""
    tree: str = ""
    meant_for: str | None = None
    came_from: str | None = None
    snapshot_id: str = ""
    is_named: bool = False
    dropped: int = 0
    router_data: dict[str, Any] = field(default_factory=dict)
    is_stale: bool = False
    ends_at: datetime | None = None
    is_moving: bool = False
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    refusal: tuple[int, str] | None = None
    kicked: asyncio.Event = field(default_factory=asyncio.Event)
    lost_device: str = ""
    is_stolen: bool = False

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
        """Act as the active account of a device from now on, on that account's state tree; as nobody for no device."""
        self.identity = Identity(self.identity.connection, self.identity.tab)
        self.user_id, self.ends_at, self.snapshot_id = "", None, ""
        if device is not None:
            self.identity = replace(
                self.identity, device=device.id, session=device.active_id, generation=device.generation
            )
            self.user_id, self.ends_at = device.active_user_id, device.ends_at
        self.tree = tree_token(device, self.identity.session, self.identity.tab)


POLICY_VIOLATION = 1008
"""The WebSocket close code for what no browser sends (RFC 6455, 7.4.1)."""
ALL_GENERATIONS = 2**31 - 1
"""As `Change.generation`: all of the device's sockets reconnect, and so show which cookie their browser has now."""


@dataclass(frozen=True)
class Change:
    """A change of a device, and of users whose screens on other devices are out of date.

    `session_id` is the device's active session now, "" for none; None if the device's own sockets are not concerned.
    Sockets opened with a secret older than `generation` reconnect. `user_ids` are the users whose sessions or profile
    changed. The socket of `tab` reconnects if it acts for no account: its browser has another device's cookie by now.
    """

    device_id: str
    session_id: str | None
    generation: int
    user_ids: tuple[str, ...] = ()
    tab: str = ""


class Tabs:
    """The registry of this process's open sockets.

    The websocket door sets `move`, which changes a socket's account in place, `refresh`, which lets its tab read its
    accounts anew, and `on_close`, which is told the device and the tree of a tab that has closed.
    """

    def __init__(self) -> None:
        """Begin without sockets."""
        self.connections: dict[str, Connection] = {}
        self.move: Callable[[Connection], None] | None = None
        self.refresh: Callable[[Connection], Awaitable[None]] | None = None
        self.on_close: Callable[[str, str], None] = lambda device_id, tree: None

    def add(self, connection: Connection) -> None:
        """Register a socket, before its device is looked up: a change in between then marks it stale."""
        self.connections[connection.id] = connection

    def remove(self, connection: Connection) -> None:
        """Forget a closed socket."""
        self.connections.pop(connection.id, None)
        if connection.tree:
            self.on_close(connection.identity.device, connection.tree)

    def kick(self, connection: Connection) -> None:
        """Close a socket so that the browser comes back at once and is looked up anew."""
        connection.kicked.set()

    def refuse(self, connection: Connection, code: int, reason: str) -> None:
        """Close a socket for what it has sent, with a WebSocket close code (RFC 6455, 7.4.1). The log says so once."""
        if connection.refusal is None:
            connection.refusal = code, reason
            device = connection.identity.device
            logger.warning(
                "Closed a socket of device %s: %s", device or "none", reason, extra=refused(str(code), device)
            )
        self.kick(connection)

    def leave(self, connection: Connection) -> None:
        """Let a socket go to its device's active account: in place if possible, else by a reconnect."""
        (self.move or self.kick)(connection)

    async def apply(self, change: Change) -> None:
        """Bring this process's sockets and their tabs up to date."""
        for connection in list(self.connections.values()):
            if not connection.tree:
                connection.is_stale = True
            elif change.device_id not in (connection.identity.device, connection.lost_device):
                if connection.user_id in change.user_ids:
                    await self._look_anew(connection)
                elif change.tab and change.tab == connection.identity.tab and not connection.session_id:
                    self.kick(connection)
            elif change.session_id is None:
                continue
            elif connection.identity.generation < change.generation:
                # It was opened with a secret that has been replaced; its reconnect shows that it has the new one.
                self.kick(connection)
            elif connection.session_id != change.session_id:
                self.leave(connection)
            else:
                await self._look_anew(connection)

    async def _look_anew(self, connection: Connection) -> None:
        if connection.is_moving:
            # It may have read the database before the change.
            self.leave(connection)
        elif self.refresh is not None:
            try:
                await self.refresh(connection)
            except Exception:
                # The change is committed, so a tab that cannot be told must not turn the answer into an error.
                logger.exception("Could not refresh a tab.")
