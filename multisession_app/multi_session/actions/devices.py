"""Which device a cookie or an open socket proves."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlmodel import Session

from ..options import ACTIVITY_INTERVAL
from ..queries import device_cookies, device_secrets, device_sessions, devices, theft
from ..queries.devices import ProvenDevice
from ..queries.theft import DeadSecret
from ..security.origins import NOWHERE, Source
from .resources import Resources
from .tabs import Connection

logger = logging.getLogger(__name__)


class Devices:
    """Looks up devices and their sessions, notes that they are used, and finds a cookie that has two holders."""

    def __init__(self, kit: Resources) -> None:
        """Work with the resources of the running kit."""
        self._kit = kit

    async def find(
        self, secret_hash: str, *, is_use: bool = True, by: Source = NOWHERE, arrived_at: datetime | None = None
    ) -> ProvenDevice | None:
        """Return the device behind a cookie, None for an unknown or dead one; may end all its sessions: see `theft`.

        `is_use` counts as use of its active session. `by` and `arrived_at` are those of the request.
        """
        found = await self._look_up(secret_hash, by, arrived_at)
        if not isinstance(found, ProvenDevice):
            return None
        if is_use:
            await self.note_use(found, found.active_id)
        return found

    async def reread(self, device_id: str, generation: int) -> ProvenDevice | None:
        """Return the device that a socket proved when it opened, as it is now; None if it has to prove it again.

        It has to if its secret has died since, or an outdated one was presented.
        """
        now = self._kit.now()
        at = {"now": now, "idle_since": self._kit.idle_since(now)}
        device = await self._kit.database.look_up(lambda db: devices.reread(db, device_id, generation, **at))
        if device is not None and device.is_suspected:
            # It missed the message that called it back. What it had when it opened does not say who has it now.
            return None
        return device

    async def bind(
        self,
        connection: Connection,
        secret_hash: str | None,
        *,
        by: Source = NOWHERE,
        arrived_at: datetime | None = None,
    ) -> ProvenDevice | None:
        """Return a registered socket's device, looked up again if it changes meanwhile; the socket now acts as it."""
        while True:
            connection.is_stale = False
            found = await self._look_up(secret_hash, by, arrived_at) if secret_hash else None
            if not connection.is_stale:
                device = found if isinstance(found, ProvenDevice) else None
                connection.act_as(device)
                if isinstance(found, DeadSecret):
                    connection.lost_device, connection.is_stolen = found.device_id, found.is_stolen
                return device

    async def end_cookie(self, device: ProvenDevice) -> bool:
        """Say whether the answer is to delete the device's cookie (see `device_cookies.end_cookie`)."""
        now = self._kit.now()
        return await self._kit.database.write(lambda db: device_cookies.end_cookie(db, device, now=now))

    async def note_use(self, device: ProvenDevice, session_id: str) -> None:
        """Note that one of the device's sessions is used, at most once in `ACTIVITY_INTERVAL`."""
        now = self._kit.now()
        used = next((session for session in device.sessions if session.id == session_id), None)
        if used is not None and now - used.last_active_at >= ACTIVITY_INTERVAL:
            await self._kit.database.write(lambda db: device_sessions.note_activity(db, used.id, now=now))

    async def _look_up(
        self, secret_hash: str, by: Source, arrived_at: datetime | None
    ) -> ProvenDevice | DeadSecret | None:
        """Return the device behind a cookie, or an outdated secret, None for any other."""
        kit, now = self._kit, self._kit.now()
        at = {"now": now, "idle_since": kit.idle_since(now)}

        def work(db: Session) -> ProvenDevice | DeadSecret | None:
            return devices.find(db, secret_hash, **at) or theft.find_dead(db, secret_hash, now=now)

        found = await kit.database.look_up(work)
        known = found if isinstance(found, ProvenDevice) and found.sessions and not found.is_suspected else None
        kit.password_queue.note(secret_hash, known.id if known else "")
        if isinstance(found, ProvenDevice) and found.is_suspected:
            await self._end_stolen(found.id, by, now)
            return DeadSecret(found.id, found.generation, is_suspected=True, is_stolen=True)
        if isinstance(found, ProvenDevice) and found.is_first_use:
            device = found
            await kit.database.write(lambda db: device_secrets.note_first_use(db, device, now=now))
            # The browser has the new cookie for certain now, so its other tabs can reconnect with it.
            await kit.pubsub.tell(device)
        if isinstance(found, DeadSecret):
            if not found.is_outdated(arrived_at or now):
                return None
            if not found.is_suspected:
                await self._suspect(found, by, at)
        return found

    async def _suspect(self, dead: DeadSecret, by: Source, at: dict[str, datetime]) -> None:
        """Call the device's tabs back, once, so that whoever has a newer cookie shows it."""
        if await self._kit.database.write(lambda db: theft.suspect(db, dead, by=by, **at)):
            logger.info("An outdated cookie of device %s was used by %s.", dead.device_id, by.ip_address or "nobody")
            await self._kit.pubsub.call_back(dead.device_id)

    async def _end_stolen(self, device_id: str, by: Source, now: datetime) -> None:
        ended = await self._kit.database.write(lambda db: theft.end_stolen(db, device_id, by=by, now=now))
        if ended is not None:
            logger.warning(
                "The cookie of device %s has two holders: after an outdated one, %s used the newer one. "
                "Ended its sessions %s.",
                device_id,
                by.ip_address or "nobody",
                ", ".join(session.id for session in ended),
            )
            await self._kit.pubsub.call_back(device_id, {session.user_id for session in ended})
