"""What every verb of the kit leans on: whom a cookie or socket presents, and the message to the tabs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlmodel import Session, select

from ..database.transactions import Database
from ..options import ACTIVITY_INTERVAL, Options
from ..queries import device_secrets, device_sessions, devices, security_events
from ..queries.devices import NEVER, PresentedDevice
from ..queries.ended_sessions import Ended, active_on
from ..security.origins import Origin
from ..security.rate_limits import RateLimits
from .pubsub import Live
from .tabs import Change, Connection

logger = logging.getLogger(__name__)

UP, DOWN, UNUSED = "up", "down", "unused"


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Presenting:
    """The kit at work in one process: its options, database, open sockets, counted attempts and clock."""

    options: Options
    database: Database
    live: Live = field(default_factory=Live)
    rate_limits: RateLimits = field(default_factory=RateLimits)
    now: Callable[[], datetime] = _utc_now
    _unfinished: set[asyncio.Task[None]] = field(default_factory=set)

    async def present(self, secret_hash: str, *, is_use: bool = True) -> PresentedDevice | None:
        """Return the device behind a cookie, None for an unknown one; with `is_use` its account is used now."""
        now = self.now()
        at = {"now": now, "idle_since": self._idle_since(now)}
        device = await self.database.read(lambda db: devices.present(db, secret_hash, **at))
        if device is not None and device.is_first_use:
            found = device
            await self.database.write(lambda db: device_secrets.note_first_use(db, found, now=now))
            # Only now is it sure that the browser has the new cookie, so that its other tabs can come back with it.
            await self._publish(device)
        return await self._used(device, now) if is_use else device

    async def present_again(self, device_id: str, generation: int, *, is_use: bool = False) -> PresentedDevice | None:
        """Return the device that an open socket has proved at its start, as it is now."""
        now = self.now()
        at = {"now": now, "idle_since": self._idle_since(now)}
        device = await self.database.read(lambda db: devices.present_again(db, device_id, generation, **at))
        return await self._used(device, now) if is_use else device

    async def ping(self) -> None:
        """Return if the database answers, else raise its error."""
        await self.database.read(lambda db: db.exec(select(1)).one())

    async def readiness(self) -> dict[str, str]:
        """Return what this process leans on, and whether it is "up", "down" or "unused"."""
        found = {"database": UP, "redis": UNUSED if self.live.is_alone else UP}
        for name, ping in (("database", self.ping), ("redis", self.live.ping)):
            try:
                await ping()
            except Exception as error:
                # Its text may name hosts and users, which are not for whoever asks.
                logger.error("The %s does not answer: %s", name, type(error).__name__)
                found[name] = DOWN
        return found

    async def settle(self) -> None:
        """Wait for what was left to be done after an answer."""
        await asyncio.gather(*self._unfinished)

    async def bind(self, connection: Connection, secret_hash: str | None) -> PresentedDevice | None:
        """Look up as whom a registered socket acts, again if that changed while it was looked up."""
        while True:
            connection.is_stale = False
            device = await self.present(secret_hash, is_use=False) if secret_hash else None
            if not connection.is_stale:
                break
        if device is not None:
            connection.device_id, connection.generation = device.id, device.generation
            connection.session_id, connection.user_id = device.active_id, device.active_user_id
            connection.ends_at = device.ends_at
        return device

    def _idle_since(self, now: datetime) -> datetime:
        return now - self.options.idle_timeout if self.options.idle_timeout else NEVER

    async def _used(self, device: PresentedDevice | None, now: datetime) -> PresentedDevice | None:
        if device is not None and (active := device.active) and now - active.last_active_at >= ACTIVITY_INTERVAL:
            await self.database.write(lambda db: device_sessions.note_activity(db, active.id, now=now))
        return device

    async def _publish(
        self, device: PresentedDevice, session_id: str | None = None, user_ids: Iterable[str] = ()
    ) -> None:
        session_id = device.active_id if session_id is None else session_id
        await self.live.publish(Change(device.id, session_id, device.generation, tuple(user_ids)))

    def _active_on(self, db: Session, device_ids: Iterable[str], now: datetime) -> dict[str, str]:
        return active_on(db, device_ids, now=now, idle_since=self._idle_since(now))

    async def _publish_to(self, active: dict[str, str]) -> None:
        for device_id, session_id in active.items():
            # Of no generation: nobody has to come back with another cookie.
            await self.live.publish(Change(device_id, session_id, 0))

    def _note_failed_sign_in(self, user_id: str, session_id: str | None, origin: Origin) -> None:
        """Write it down after the answer, which takes as long for an e-mail that nobody has."""
        now = self.now()

        async def write() -> None:
            try:
                await self.database.write(
                    lambda db: security_events.note_failed_sign_in(db, user_id, session_id, by=origin, now=now)
                )
            except Exception:
                logger.exception("Could not write down that a sign-in has failed.")

        task = asyncio.get_running_loop().create_task(write())
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)


def users_of(ended: Iterable[Ended]) -> set[str]:
    """Return the users whose sessions have ended."""
    return {session.user_id for session in ended}
