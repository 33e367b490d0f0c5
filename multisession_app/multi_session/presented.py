"""What the gate hands on to what stands behind it: the proved device, and as whom a socket acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from .device_secrets import PresentedDevice
from .live import Connection
from .multi_session import MultiSession
from .origins import RequestOrigin
from .users import masked

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


@dataclass
class Presented:
    """What a request brought along, in `scope["multi_session"]`; the device is looked up when it is asked for.

    Static files never ask, so they cost no look-up. `email` is the one that a request names, for the log alone.
    """

    cookie_name: str
    secret_hash: str | None
    origin: RequestOrigin
    _multi_session: MultiSession
    email: str = ""
    _device: list[PresentedDevice | None] = field(default_factory=list)

    async def device(self, *, is_use: bool = True) -> PresentedDevice | None:
        """Return the device that the cookie proves, None without a valid one; looked up once for each request."""
        if not self._device:
            found = await self._multi_session.present(self.secret_hash, is_use=is_use) if self.secret_hash else None
            self._device.append(found)
        return self._device[0]

    @property
    def who(self) -> str:
        """Say in the log who asks, as far as that is known: the user's id, or the e-mail that they gave, masked."""
        device = self._device[0] if self._device else None
        return masked(self.email) if self.email else (device.active_user_id if device else "") or "nobody"
