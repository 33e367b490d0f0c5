"""The kit's verbs that ask for a password."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from ..database.models import PASSWORD_CHANGED, REAUTHENTICATED, SIGNED_IN, SIGNED_UP, User
from ..errors import InvalidCredentials, InvalidPassword, InvalidSession, PasswordUnchanged
from ..options import SHORT_TIMEOUT
from ..queries import device_secrets, device_sessions, security_events, user_sessions, users
from ..queries.device_sessions import Opened
from ..queries.devices import PresentedDevice
from ..queries.user_sessions import signed_in
from ..security import passwords, validation
from ..security.origins import Origin
from .devices import Presenting
from .tabs import Change


class Proving(Presenting):
    """Let people in who prove who they are, and ask again before what cannot be taken back."""

    async def sign_up(
        self,
        device: PresentedDevice | None,
        *,
        name: str,
        email: str,
        password: str,
        origin: Origin,
        is_short: bool = False,
    ) -> Opened:
        """Make a user, signed in on this device; with `is_short` for `SHORT_TIMEOUT` only.

        Raises:
            InvalidName, InvalidEmail, PasswordTooShort, PasswordTooLong, PasswordTooCommon, EmailTaken,
            TooManyAttempts, TooManySessions, SessionChanged: as they say; no user is made.
        """
        name, email = validation.check_name(name), validation.check_email(email)
        passwords.check_password(password, about=[name, email])
        # From here on every outcome tells whether the address is taken, and so counts; a typing mistake does not.
        await self.rate_limits.count_sign_up(origin)
        password_hash = await passwords.hash_password(password)
        now = self.now()

        def work(db: Session) -> Opened:
            user = users.create(db, name=name, email=email, password_hash=password_hash, now=now)
            return self._sign_in(db, device, user, origin, now, SIGNED_UP, is_short=is_short)

        opened = await self.database.write(work)
        await self._publish_to_others(opened.device_id, [user.id for user in opened.evicted])
        return opened

    async def sign_in(
        self, device: PresentedDevice | None, *, email: str, password: str, origin: Origin, is_short: bool = False
    ) -> Opened:
        """Sign a user in on this device, beside the accounts that are there; with `is_short` for `SHORT_TIMEOUT` only.

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
            self._note_failed_sign_in(user.id if user else "", None, origin)
            raise InvalidCredentials
        await self.rate_limits.give_back(attempt)
        now = self.now()

        def work(db: Session) -> Opened:
            if new_hash is None:
                users.confirm(db, user)
            else:
                users.store_password_hash(db, user, new_hash)
            return self._sign_in(db, device, user, origin, now, SIGNED_IN, is_short=is_short)

        opened = await self.database.write(work)
        await self._publish_to_others(opened.device_id, [user.id, *(user.id for user in opened.evicted)])
        return opened

    async def reauthenticate(self, device: PresentedDevice, *, password: str, origin: Origin) -> str:
        """Ask the active user for the password again, and return the device's new secret for the cookie.

        Raises:
            NotSignedIn, InvalidSession: no account is active, or it has ended meanwhile.
            InvalidPassword, TooManyAttempts: as for a sign-in from this device, which knows the account.
            InvalidCredentials: the password was changed meanwhile.
            SessionChanged: the device's cookie was replaced (`device_secrets.rotate`).
        """
        user = await self._prove(device, password, origin)
        now = self.now()

        def work(db: Session) -> str:
            users.confirm(db, user)
            secret, _ = device_secrets.rotate(db, device, now=now)
            user_sessions.authenticate(db, device, now=now)
            security_events.note(db, REAUTHENTICATED, user.id, device.active_id, by=origin, now=now)
            return secret

        return await self.database.write(work)

    async def change_password(
        self, device: PresentedDevice, *, current: str, new: str, revoke_others: bool = True, origin: Origin
    ) -> str:
        """Change the active user's password and return the device's new secret for the cookie.

        With `revoke_others` the user's sessions on all other devices end. The device's older secrets die at the first
        use of the new one: whoever has a copy of the cookie is out, too.

        Raises:
            PasswordTooShort, PasswordTooLong, PasswordTooCommon, PasswordUnchanged: about `newPassword`.
            InvalidPassword: about `currentPassword`.
            NotSignedIn, InvalidSession, TooManyAttempts, InvalidCredentials, SessionChanged: `reauthenticate`.
        """
        active = signed_in(device)
        passwords.check_password(new, about=[active.user.name, active.user.email], field=PasswordUnchanged.field)
        user = await self._prove(device, current, origin, field="currentPassword")
        # Only now: else the answer would tell the old one to whoever guesses it as the new one.
        if passwords.is_same(current, new):
            raise PasswordUnchanged
        new_hash = await passwords.hash_password(new)
        now = self.now()

        def work(db: Session) -> tuple[str, dict[str, str]]:
            users.store_password_hash(db, user, new_hash, now=now)
            secret, _ = device_secrets.rotate(db, device, now=now, is_final=True)
            user_sessions.authenticate(db, device, now=now)
            security_events.note(db, PASSWORD_CHANGED, user.id, active.id, by=origin, now=now)
            if not revoke_others:
                return secret, {}
            ended = user_sessions.end_others(db, device, PASSWORD_CHANGED, by=origin, now=now)
            return secret, self._active_on(db, {session.device_id for session in ended}, now)

        secret, others = await self.database.write(work)
        await self._publish_to(others)
        await self._publish_to_others(device.id, [user.id])
        return secret

    async def delete_user(self, device: PresentedDevice, *, password: str, origin: Origin) -> None:
        """Delete the active user: their sessions on every device, and all rows of the app that hang on them.

        Raises:
            NotSignedIn, InvalidSession, InvalidPassword, TooManyAttempts, InvalidCredentials: `reauthenticate`.
        """
        user = await self._prove(device, password, origin)
        now = self.now()

        def work(db: Session) -> dict[str, str]:
            user_sessions.check_signed_in(db, device, now=now)
            concerned = user_sessions.devices_of(db, user.id) - {device.id}
            users.delete(db, user)
            return self._active_on(db, concerned, now)

        others = await self.database.write(work)
        await self._publish(device, device.next_to(device.active_id))
        await self._publish_to(others)

    async def _prove(self, device: PresentedDevice, password: str, origin: Origin, *, field: str = "") -> User:
        """Return the active user if that is their password; `field` is what the form calls it."""
        active = signed_in(device)
        user = await self.database.read(lambda db: users.get(db, active.user.id))
        if user is None:
            raise InvalidSession
        attempt = await self.rate_limits.count_sign_in(user.email, origin, known_by=device.id)
        is_right, _ = await passwords.verify_password(password, user.password_hash)
        if not is_right:
            self._note_failed_sign_in(user.id, active.id, origin)
            raise InvalidPassword(field)
        await self.rate_limits.give_back(attempt)
        return user

    def _sign_in(
        self,
        db: Session,
        device: PresentedDevice | None,
        user: User,
        origin: Origin,
        now: datetime,
        kind: str,
        *,
        is_short: bool,
    ) -> Opened:
        timeout = self.options.session_timeout
        return device_sessions.sign_in(
            db,
            device,
            user,
            origin=origin,
            maximum=self.options.maximum_sessions,
            timeout=min(timeout, SHORT_TIMEOUT) if is_short else timeout,
            evict=self.options.revoke_oldest_on_max,
            now=now,
            kind=kind,
        )

    async def _publish_to_others(self, device_id: str, user_ids: Iterable[str]) -> None:
        # Not to the device itself: its browser has yet to get the new cookie, and tells by using it.
        if user_ids := tuple(user_ids):
            await self.live.publish(Change(device_id, None, 0, user_ids))
