"""Sign-up, sign-in, and all other actions that ask for a password."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime

from sqlmodel import Session

from ..database.models import PASSWORD_CHANGED, REAUTHENTICATED, SIGNED_IN, SIGNED_UP, User
from ..errors import InvalidCredentials, InvalidPassword, InvalidSession, PasswordUnchanged
from ..options import SHORT_TIMEOUT
from ..queries import device_secrets, device_sessions, security_events, user_sessions, users
from ..queries.device_sessions import OpenedSession
from ..queries.devices import ProvenDevice
from ..queries.user_sessions import signed_in
from ..security import passwords, validation
from ..security.origins import Source
from .failed_sign_ins import FailedSignIns
from .resources import Resources


class Authentication:
    """Signs people up and in, and asks for the password again before what cannot be taken back."""

    def __init__(self, kit: Resources) -> None:
        """Work with the resources of the running kit."""
        self._kit = kit
        self._failed_sign_ins = FailedSignIns(kit)

    async def sign_up(
        self,
        device: ProvenDevice | None,
        *,
        name: str,
        email: str,
        password: str,
        source: Source,
        is_short: bool = False,
    ) -> OpenedSession:
        """Make a user and sign them in on this device; with `is_short` as on a shared computer.

        Raises:
            InvalidName, InvalidEmail, PasswordTooShort, PasswordTooLong, PasswordTooCommon, EmailTaken,
            TooManyAttempts, ServerBusy, TooManySessions, SessionChanged: as they say; no user is made.
        """
        name, email = validation.check_name(name), validation.check_email(email)
        passwords.check_password(password, minimum=self._kit.options.password_minimum, about=[name, email])
        async with self._turn(source, device, email):
            # From here on every outcome tells whether the e-mail is taken, so every attempt counts. Typing mistakes do
            # not.
            await self._kit.rate_limits.count_sign_up(source)
            password_hash = await passwords.hash_password(password)
        now = self._kit.now()

        def work(db: Session) -> OpenedSession:
            user = users.create(db, name=name, email=email, password_hash=password_hash, now=now)
            return self._sign_in(db, device, user, source, now, SIGNED_UP, is_short=is_short)

        opened = await self._kit.database.write(work)
        await self._kit.pubsub.tell_users(opened.device_id, [user.id for user in opened.evicted])
        return opened

    async def sign_in(
        self, device: ProvenDevice | None, *, email: str, password: str, source: Source, is_short: bool = False
    ) -> OpenedSession:
        """Sign a user in on this device, beside the accounts that are there; with `is_short` as on a shared computer.

        Raises:
            InvalidCredentials: wrong password, unknown e-mail or disabled account; neither the sentence nor the time
                tells which.
            TooManyAttempts: a limit is reached; even the right password is refused.
            ServerBusy: see `PasswordQueue.turn`.
            TooManySessions, SessionChanged: see `device_sessions.open_session`.
        """

        def look_up(db: Session) -> tuple[str, str | None, bool]:
            user_id, stored = users.to_verify(db, email)
            # This is asked for an unknown e-mail too, so that the time does not tell who exists.
            return user_id, stored, device is not None and device_sessions.knows(db, device, user_id)

        user_id, stored, is_known_here = await self._kit.database.look_up(look_up)
        known_by = device.id if device and is_known_here else None
        # Counted only when it is its turn: while an office waits for its hashes, nobody of it has failed yet.
        async with self._turn(source, device, validation.as_stored(email)):
            attempt = await self._kit.rate_limits.count_sign_in(email, source, known_by=known_by)
            is_right, new_hash = await passwords.verify_password(password, stored)
        if not is_right:
            await self._kit.rate_limits.failed(attempt)
            self._failed_sign_ins.note(user_id, None, source)
            raise InvalidCredentials
        await self._kit.rate_limits.succeeded(attempt)
        now = self._kit.now()

        def work(db: Session) -> OpenedSession:
            user = users.get(db, user_id)
            if user is None or user.password_hash != stored:
                raise InvalidCredentials
            users.lock_verified(db, user)
            if new_hash is not None:
                users.store_password_hash(db, user, new_hash)
            return self._sign_in(db, device, user, source, now, SIGNED_IN, is_short=is_short)

        opened = await self._kit.database.write(work)
        await self._kit.pubsub.tell_devices(opened.elsewhere)
        await self._kit.pubsub.tell_users(opened.device_id, [user_id, *(user.id for user in opened.evicted)])
        return opened

    async def reauthenticate(self, device: ProvenDevice, *, password: str, source: Source) -> str:
        """Ask the active user for the password again, and return the device's new secret for the cookie.

        Raises:
            NotSignedIn, InvalidSession: no account is active, or it has ended meanwhile.
            InvalidPassword: the password is wrong.
            TooManyAttempts: a limit for this account is reached on this device.
            ServerBusy: see `PasswordQueue.turn`.
            InvalidCredentials: the password was changed meanwhile.
            SessionChanged: see `device_secrets.rotate`.
        """
        user = await self._prove(device, password, source)
        now = self._kit.now()

        def work(db: Session) -> str:
            users.lock_verified(db, user)
            secret, _ = device_secrets.rotate(db, device, now=now)
            user_sessions.authenticate(db, device, now=now)
            security_events.note(db, REAUTHENTICATED, user.id, device.active_id, by=source, now=now)
            return secret

        return await self._kit.database.write(work)

    async def change_password(
        self, device: ProvenDevice, *, current: str, new: str, revoke_others: bool = True, source: Source
    ) -> str:
        """Change the active user's password and return the device's new secret for the cookie.

        With `revoke_others` the user's sessions on all other devices end. The device's older secrets die at the first
        use of the new one, so a copy of the old cookie opens nothing any more.

        Raises:
            PasswordTooShort, PasswordTooLong, PasswordTooCommon, PasswordUnchanged: with the field `newPassword`.
            InvalidPassword: with the field `currentPassword`.
            NotSignedIn, InvalidSession, TooManyAttempts, ServerBusy, InvalidCredentials, SessionChanged: see
                `reauthenticate`.
        """
        active = signed_in(device)
        about = [active.user.name, active.user.email]
        minimum = self._kit.options.password_minimum
        passwords.check_password(new, minimum=minimum, about=about, field=PasswordUnchanged.field)
        user = await self._prove(device, current, source, field="currentPassword")
        # Not before the old password is verified: the answer would tell it to whoever guesses it as the new one.
        if passwords.is_same(current, new):
            raise PasswordUnchanged
        async with self._turn(source, device):
            new_hash = await passwords.hash_password(new)
        now = self._kit.now()

        def work(db: Session) -> tuple[str, dict[str, str]]:
            users.store_password_hash(db, user, new_hash, now=now)
            secret, _ = device_secrets.rotate(db, device, now=now, is_final=True)
            user_sessions.authenticate(db, device, now=now)
            security_events.note(db, PASSWORD_CHANGED, user.id, active.id, by=source, now=now)
            if not revoke_others:
                return secret, {}
            ended = user_sessions.end_others(db, device, PASSWORD_CHANGED, by=source, now=now)
            return secret, self._kit.active_on(db, {session.device_id for session in ended}, now)

        secret, others = await self._kit.database.write(work)
        await self._kit.pubsub.tell_devices(others)
        await self._kit.pubsub.tell_users(device.id, [user.id])
        return secret

    async def delete_user(self, device: ProvenDevice, *, password: str, source: Source) -> None:
        """Delete the active user, their sessions on every device, and all rows of the app that refer to them (CASCADE).

        Raises:
            NotSignedIn, InvalidSession, InvalidPassword, TooManyAttempts, ServerBusy, InvalidCredentials: see
                `reauthenticate`.
        """
        user = await self._prove(device, password, source)
        now = self._kit.now()

        def work(db: Session) -> dict[str, str]:
            user_sessions.check_signed_in(db, device, now=now)
            concerned = user_sessions.devices_of(db, user.id) - {device.id}
            users.delete(db, user)
            return self._kit.active_on(db, concerned, now)

        others = await self._kit.database.write(work)
        await self._kit.pubsub.tell(device, device.next_to(device.active_id))
        await self._kit.pubsub.tell_devices(others)

    def _turn(self, source: Source, device: ProvenDevice | None, email: str = "") -> AbstractAsyncContextManager[None]:
        who, is_known = (device.id, bool(device.sessions)) if device else (email, False)
        return self._kit.password_queue.turn(source, who, is_known=is_known)

    async def _prove(self, device: ProvenDevice, password: str, source: Source, *, field: str = "") -> User:
        """Return the active user if that is their password; `field` is the form's name of it."""
        active = signed_in(device)
        user = await self._kit.database.look_up(lambda db: users.get(db, active.user.id))
        if user is None:
            raise InvalidSession
        async with self._turn(source, device):
            attempt = await self._kit.rate_limits.count_sign_in(user.email, source, known_by=device.id)
            is_right, _ = await passwords.verify_password(password, user.password_hash)
        if not is_right:
            await self._kit.rate_limits.failed(attempt)
            self._failed_sign_ins.note(user.id, active.id, source)
            raise InvalidPassword(field)
        await self._kit.rate_limits.succeeded(attempt)
        return user

    def _sign_in(
        self,
        db: Session,
        device: ProvenDevice | None,
        user: User,
        source: Source,
        now: datetime,
        kind: str,
        *,
        is_short: bool,
    ) -> OpenedSession:
        timeout = self._kit.options.session_timeout
        return device_sessions.open_session(
            db,
            device,
            user,
            source=source,
            maximum=self._kit.options.maximum_sessions,
            timeout=min(timeout, SHORT_TIMEOUT) if is_short else timeout,
            evict=self._kit.options.revoke_oldest_on_max,
            now=now,
            idle_since=self._kit.idle_since(now),
            kind=kind,
            is_short=is_short,
        )

    async def settle(self) -> None:
        """Do at once what was left until after an answer, and wait for it."""
        await self._failed_sign_ins.settle()
