"""Which device a cookie or an open socket proves."""

from __future__ import annotations

from datetime import datetime

from ..options import ACTIVITY_INTERVAL
from ..queries import device_cookies, device_secrets, device_sessions, devices
from ..queries.devices import ProvenDevice
from .resources import Resources
from .tabs import Connection


class Devices:
    """Looks up devices and their sessions, and notes that they are used."""

    def __init__(self, kit: Resources) -> None:
        """Work with the resources of the running kit."""
        self._kit = kit

    async def find(self, secret_hash: str, *, is_use: bool = True) -> ProvenDevice | None:
        """Return the device behind a cookie, None for an unknown one; `is_use` counts as use of its active session."""
        kit, now = self._kit, self._kit.now()
        at = {"now": now, "idle_since": kit.idle_since(now)}
        device = await kit.database.read(lambda db: devices.find(db, secret_hash, **at))
        if device is not None and device.is_first_use:
            found = device
            await kit.database.write(lambda db: device_secrets.note_first_use(db, found, now=now))
            # The browser has the new cookie for certain now, so its other tabs can reconnect with it.
            await kit.pubsub.tell(device)
        return await self._used(device, now) if is_use else device

    async def reread(self, device_id: str, generation: int, *, is_use: bool = False) -> ProvenDevice | None:
        """Return the device that a socket proved when it opened, as it is now; None if its secret has died since."""
        now = self._kit.now()
        at = {"now": now, "idle_since": self._kit.idle_since(now)}
        device = await self._kit.database.read(lambda db: devices.reread(db, device_id, generation, **at))
        return await self._used(device, now) if is_use else device

    async def bind(self, connection: Connection, secret_hash: str | None) -> ProvenDevice | None:
        """Return a registered socket's device, looked up again if it changes meanwhile; the socket now acts as it."""
        while True:
            connection.is_stale = False
            device = await self.find(secret_hash, is_use=False) if secret_hash else None
            if not connection.is_stale:
                connection.act_as(device)
                return device

    async def end_cookie(self, device: ProvenDevice) -> bool:
        """Say whether the answer is to delete the device's cookie (see `device_cookies.end_cookie`)."""
        now = self._kit.now()
        return await self._kit.database.write(lambda db: device_cookies.end_cookie(db, device, now=now))

    async def _used(self, device: ProvenDevice | None, now: datetime) -> ProvenDevice | None:
        if device is not None and (active := device.active) and now - active.last_active_at >= ACTIVITY_INTERVAL:
            await self._kit.database.write(lambda db: device_sessions.note_activity(db, active.id, now=now))
        return device
