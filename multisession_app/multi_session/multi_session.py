"""What both doors call: a verb in a transaction, then the message to the tabs. Plain Python, no Reflex."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlmodel import Session, select

from . import device_secrets, device_sessions, ended_sessions, passwords, users
from .database import Database
from .device_secrets import NEVER, PresentedDevice
from .device_sessions import Opened, Origin
from .errors import InvalidCredentials, InvalidSession
from .live import Change, Connection, Live
from .models import DeviceSession, DeviceSessionPublic, User
from .options import ACTIVITY_INTERVAL, Options
from .rate_limits import RateLimits

logger = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class MultiSession:
    """The kit at work in one process: its options, database, open sockets, counted attempts and clock."""

    options: Options
    database: Database
    live: Live = field(default_factory=Live)
    rate_limits: RateLimits = field(default_factory=RateLimits)
    now: Callable[[], datetime] = _utc_now

    async def present(self, secret_hash: str, *, is_use: bool = True) -> PresentedDevice | None:
        """Return the device behind a cookie, None for an unknown one; with `is_use` its account is used now."""
        now = self.now()
        at = {"now": now, "idle_since": self._idle_since(now)}
        device = await self.database.read(lambda db: device_secrets.present(db, secret_hash, **at))
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
        device = await self.database.read(lambda db: device_secrets.present_again(db, device_id, generation, **at))
        return await self._used(device, now) if is_use else device

    async def sign_up(
        self, device: PresentedDevice | None, *, name: str, email: str, password: str, origin: Origin
    ) -> Opened:
        """Make a user, signed in on this device.

        Raises:
            InvalidName, InvalidEmail, PasswordTooShort, PasswordTooLong, PasswordTooCommon, EmailTaken,
            TooManyAttempts, TooManySessions, SessionChanged: as they say; no user is made.
        """
        name, email = users.check_name(name), users.check_email(email)
        passwords.check_password(password, about=[name, email])
        # From here on every outcome tells whether the address is taken, and so counts; a typing mistake does not.
        await self.rate_limits.count_sign_up(origin)
        password_hash = await passwords.hash_password(password)
        now = self.now()

        def work(db: Session) -> Opened:
            user = users.create(db, name=name, email=email, password_hash=password_hash, now=now)
            return self._sign_in(db, device, user, origin, now)

        return await self.database.write(work)

    async def sign_in(self, device: PresentedDevice | None, *, email: str, password: str, origin: Origin) -> Opened:
        """Sign a user in on this device, beside the accounts that are there.

        Raises:
            InvalidCredentials: wrong password or unknown e-mail, in words and time alike.
            TooManyAttempts: so many that not even the right password is heard.
            TooManySessions, SessionChanged: as in `device_sessions.sign_in`.
        """

        def look_up(db: Session) -> tuple[User | None, bool]:
            user = users.find(db, email)
            # Asked for an unknown e-mail too: the time that it takes is not to tell.
            return user, device is not None and device_sessions.knows(db, device, user.id if user else "")

        user, is_known_here = await self.database.read(look_up)
        known_by = device.id if device and is_known_here else None
        attempt = await self.rate_limits.count_sign_in(email, origin, known_by=known_by)
        is_right, new_hash = await passwords.verify_password(password, user.password_hash if user else None)
        if user is None or not is_right:
            raise InvalidCredentials
        await self.rate_limits.give_back(attempt)
        now = self.now()

        def work(db: Session) -> Opened:
            if new_hash is not None:
                users.store_password_hash(db, user.id, user.password_hash, new_hash)
            return self._sign_in(db, device, user, origin, now)

        return await self.database.write(work)

    async def set_active(self, device: PresentedDevice, session_id: str) -> DeviceSessionPublic:
        """Switch this device to another of its accounts and return its session.

        Raises:
            InvalidSession: `device_sessions.set_active`.
        """
        now = self.now()
        chosen = _named(device.sessions, session_id)
        await self.database.write(lambda db: device_sessions.set_active(db, device, session_id, now=now))
        await self._publish(device, session_id)
        return chosen.model_copy(update={"is_current": True, "last_active_at": now})

    async def revoke(self, device: PresentedDevice, session_id: str) -> None:
        """Sign one account of this device out.

        Raises:
            InvalidSession: `device_sessions.revoke`.
        """
        now = self.now()
        _named(device.sessions, session_id)
        await self.database.write(lambda db: device_sessions.revoke(db, device, session_id, now=now))
        left = [session.id for session in device.sessions if session.id != session_id]
        await self._publish(device, left[0] if left else "")

    async def revoke_others(self, device: PresentedDevice, keep: str) -> None:
        """Sign every account of this device out but that of the session to `keep`.

        Raises:
            InvalidSession: the device holds no valid session of that id.
        """
        now = self.now()
        _named(device.sessions, keep)
        await self.database.write(lambda db: device_sessions.revoke_others(db, device, keep, now=now))
        await self._publish(device, keep)

    async def revoke_all(self, device: PresentedDevice) -> None:
        """Sign every account of this device out."""
        now = self.now()
        await self.database.write(lambda db: device_sessions.revoke_all(db, device, now=now))
        await self._publish(device, "")

    async def forget(self, device: PresentedDevice, session_id: str) -> None:
        """Take a remembered account off this device's screens.

        Raises:
            InvalidSession: `ended_sessions.forget`.
        """
        now = self.now()
        _named(device.remembered, session_id)
        await self.database.write(lambda db: ended_sessions.forget(db, device, session_id, now=now))
        await self._publish(device)

    async def update_profile(self, device: PresentedDevice, session_id: str, *, name: str, image: str | None) -> None:
        """Change the name and picture of the user of one of this device's sessions.

        Raises:
            InvalidName, InvalidImage: as they say.
            InvalidSession: the device holds no valid session of that id.
        """
        name, image, now = users.check_name(name), users.check_image(image), self.now()
        user_id = _named(device.sessions, session_id).user.id
        await self.database.write(lambda db: users.update_profile(db, user_id, name=name, image=image, now=now))
        await self._publish(device)

    async def find_ended(self, device_id: str, generation: int, session_id: str) -> tuple[DeviceSession, User] | None:
        """Return a session of this device, ended or not, with its user (`ended_sessions.find_ended`)."""
        return await self.database.read(lambda db: ended_sessions.find_ended(db, device_id, generation, session_id))

    async def evicted_at(self, device_id: str, at: datetime) -> list[str]:
        """Return the names of those who were signed out to make room for the sign-in of that moment."""
        return await self.database.read(lambda db: ended_sessions.evicted_at(db, device_id, at))

    async def ping(self) -> None:
        """Return if the database answers, else raise its error."""
        await self.database.read(lambda db: db.exec(select(1)).one())

    async def bind(self, connection: Connection, secret_hash: str | None) -> PresentedDevice | None:
        """Look up as whom a registered socket acts, again if that changed while it was looked up."""
        while True:
            connection.is_stale = False
            device = await self.present(secret_hash, is_use=False) if secret_hash else None
            if not connection.is_stale:
                break
        if device is not None:
            connection.device_id, connection.generation = device.id, device.generation
            connection.session_id, connection.ends_at = device.active_id, device.ends_at
        return device

    def _idle_since(self, now: datetime) -> datetime:
        return now - self.options.idle_timeout if self.options.idle_timeout else NEVER

    async def _used(self, device: PresentedDevice | None, now: datetime) -> PresentedDevice | None:
        if device is not None and (active := device.active) and now - active.last_active_at >= ACTIVITY_INTERVAL:
            await self.database.write(lambda db: device_sessions.note_activity(db, active.id, now=now))
        return device

    def _sign_in(
        self, db: Session, device: PresentedDevice | None, user: User, origin: Origin, now: datetime
    ) -> Opened:
        return device_sessions.sign_in(
            db,
            device,
            user,
            origin=origin,
            maximum=self.options.maximum_sessions,
            timeout=self.options.session_timeout,
            evict=self.options.revoke_oldest_on_max,
            now=now,
        )

    async def _publish(self, device: PresentedDevice, session_id: str | None = None) -> None:
        session_id = device.active_id if session_id is None else session_id
        await self.live.publish(Change(device_id=device.id, session_id=session_id, generation=device.generation))


def _named(sessions: tuple[DeviceSessionPublic, ...], session_id: str) -> DeviceSessionPublic:
    # Asked before the database is: what is no id at all, whatever its characters, is refused as an unknown one.
    for session in sessions:
        if session.id == session_id:
            return session
    raise InvalidSession
