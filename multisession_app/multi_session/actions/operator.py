"""What the operator of a site does to its users' sessions, from outside: there is no device to prove anything by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session, col, select

from ..database.models import ENDED_BY_OPERATOR, PASSWORD_CHANGED, DeviceSession, User
from ..errors import NoSuchUser
from ..options import SWEEP_BATCH
from ..queries import security_events, users
from ..queries.devices import HELD, VALID
from ..queries.ended_sessions import Ended, end
from ..security import passwords
from ..security.origins import NOWHERE
from .devices import Presenting


class Operating(Presenting):
    """See and end sessions, and set a password."""

    async def sessions_of(self, email: str) -> tuple[User, list[DeviceSession]]:
        """Return a user and their valid sessions on every device, last used first.

        Raises:
            NoSuchUser: nobody has the address.
        """
        now = self.now()
        at = {"now": now, "idle_since": self._idle_since(now)}

        def work(db: Session) -> tuple[User, list[DeviceSession]]:
            user = _found(db, email)
            valid = select(DeviceSession).where(DeviceSession.user_id == user.id, VALID)
            return user, list(db.exec(valid.order_by(col(DeviceSession.last_active_at).desc()), params=at).all())

        return await self.database.read(work)

    async def end_sessions(self, email: str, session_id: str = "") -> int:
        """End a user's sessions on every device, or that one of them, and return how many.

        Raises:
            NoSuchUser: nobody has the address.
        """

        def work(db: Session) -> list[Ended]:
            which = [col(DeviceSession.user_id) == _found(db, email).id]
            if session_id:
                which.append(col(DeviceSession.id) == session_id)
            return end(db, ENDED_BY_OPERATOR, self.now(), *which)

        return _count(await self._end_by(work))

    async def end_everyones_sessions(self) -> int:
        """End all sessions of all users, `SWEEP_BATCH` at a time, and return how many."""

        def work(db: Session) -> list[Ended]:
            some = select(DeviceSession.id).where(HELD).limit(SWEEP_BATCH)
            return end(db, ENDED_BY_OPERATOR, self.now(), col(DeviceSession.id).in_(some))

        count = 0
        while ended := await self._end_by(work):
            count += _count(ended)
        return count

    async def set_password(self, email: str, password: str) -> int:
        """Set a user's password, end their sessions on every device, and return how many.

        Raises:
            NoSuchUser: nobody has the address.
            PasswordTooShort, PasswordTooLong, PasswordTooCommon: as for the user.
            InvalidCredentials: the user has changed it at the same moment.
        """
        user = await self.database.read(lambda db: _found(db, email))
        passwords.check_password(password, about=[user.name, user.email])
        password_hash = await passwords.hash_password(password)

        def work(db: Session) -> list[Ended]:
            now = self.now()
            users.store_password_hash(db, user, password_hash, now=now)
            security_events.note(db, PASSWORD_CHANGED, user.id, None, by=NOWHERE, now=now)
            return end(db, ENDED_BY_OPERATOR, now, col(DeviceSession.user_id) == user.id)

        return _count(await self._end_by(work))

    async def tell_ended_by_operator(self, since: datetime) -> datetime:
        """Tell this process's tabs whose sessions the operator has ended in another one; return since when to ask next.

        With Redis the other process tells them itself.
        """
        if not (self.live.is_alone and self.live.connections):
            return since

        def work(db: Session) -> tuple[dict[str, str], datetime]:
            by_operator = col(DeviceSession.revoked_at) > since, DeviceSession.revoked_reason == ENDED_BY_OPERATOR
            found = db.exec(select(DeviceSession.device_id, DeviceSession.revoked_at).where(*by_operator)).all()
            newest = max((at for _, at in found if at), default=since)
            return self._active_on(db, {device_id for device_id, _ in found}, self.now()) if found else {}, newest

        active, newest = await self.database.read(work)
        await self._publish_to(active)
        return newest

    async def _end_by(self, verb: Callable[[Session], list[Ended]]) -> list[Ended]:
        def work(db: Session) -> tuple[list[Ended], dict[str, str]]:
            ended = verb(db)
            return ended, self._active_on(db, {session.device_id for session in ended}, self.now())

        ended, active = await self.database.write(work)
        await self._publish_to(active)
        return ended


def _found(db: Session, email: str) -> User:
    user = users.find(db, email)
    if user is None:
        raise NoSuchUser
    return user


def _count(ended: list[Ended]) -> int:
    # Not those that were only remembered on their devices, where they are forgotten now.
    return sum(session.was_open for session in ended)
