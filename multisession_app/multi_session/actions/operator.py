"""What the operator of a site can do to users' sessions and passwords, without a device that a cookie has proved."""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session, col, select

from ..database.models import ENDED_BY_OPERATOR, PASSWORD_CHANGED, DeviceSession, User
from ..errors import NoSuchUser
from ..options import SWEEP_BATCH
from ..queries import security_events, users
from ..queries.conditions import LISTED, VALID
from ..queries.ended_sessions import Ended, end
from ..security import passwords
from ..security.origins import NOWHERE
from .resources import Resources


class Operator:
    """Lists and ends sessions, and sets a password. No object that serves requests holds one."""

    def __init__(self, kit: Resources) -> None:
        """Work with the resources of the running kit."""
        self._kit = kit

    async def sessions_of(self, email: str) -> tuple[User, list[DeviceSession]]:
        """Return a user and their valid sessions on every device, last used first.

        Raises:
            NoSuchUser: nobody has the address.
        """
        now = self._kit.now()
        at = {"now": now, "idle_since": self._kit.idle_since(now)}

        def work(db: Session) -> tuple[User, list[DeviceSession]]:
            user = _found(db, email)
            valid = select(DeviceSession).where(DeviceSession.user_id == user.id, VALID)
            return user, list(db.exec(valid.order_by(col(DeviceSession.last_active_at).desc()), params=at).all())

        return await self._kit.database.read(work)

    async def end_sessions(self, email: str, session_id: str = "") -> int:
        """End a user's sessions on every device, or only the one with `session_id`, and return how many were open.

        Raises:
            NoSuchUser: nobody has the address.
        """

        def work(db: Session) -> list[Ended]:
            which = [col(DeviceSession.user_id) == _found(db, email).id]
            if session_id:
                which.append(col(DeviceSession.id) == session_id)
            return end(db, ENDED_BY_OPERATOR, self._kit.now(), *which)

        return _count(await self._end_by(work))

    async def end_everyones_sessions(self) -> int:
        """End all sessions of all users, `SWEEP_BATCH` at a time, and return how many were open."""

        def work(db: Session) -> list[Ended]:
            some = select(DeviceSession.id).where(LISTED).limit(SWEEP_BATCH)
            return end(db, ENDED_BY_OPERATOR, self._kit.now(), col(DeviceSession.id).in_(some))

        count = 0
        while ended := await self._end_by(work):
            count += _count(ended)
        return count

    async def set_password(self, email: str, password: str) -> int:
        """Set a user's password, end their sessions on every device, and return how many were open.

        Raises:
            NoSuchUser: nobody has the address.
            PasswordTooShort, PasswordTooLong, PasswordTooCommon: see `passwords.check_password`.
            InvalidCredentials: the user changed it at the same moment.
        """
        user = await self._kit.database.read(lambda db: _found(db, email))
        passwords.check_password(password, about=[user.name, user.email])
        password_hash = await passwords.hash_password(password)

        def work(db: Session) -> list[Ended]:
            now = self._kit.now()
            users.store_password_hash(db, user, password_hash, now=now)
            security_events.note(db, PASSWORD_CHANGED, user.id, None, by=NOWHERE, now=now)
            return end(db, ENDED_BY_OPERATOR, now, col(DeviceSession.user_id) == user.id)

        return _count(await self._end_by(work))

    async def _end_by(self, verb: Callable[[Session], list[Ended]]) -> list[Ended]:
        def work(db: Session) -> tuple[list[Ended], dict[str, str]]:
            ended = verb(db)
            return ended, self._kit.active_on(db, {session.device_id for session in ended}, self._kit.now())

        ended, active = await self._kit.database.write(work)
        await self._kit.pubsub.tell_devices(active)
        return ended


def _found(db: Session, email: str) -> User:
    user = users.find(db, email)
    if user is None:
        raise NoSuchUser
    return user


def _count(ended: list[Ended]) -> int:
    # Remembered accounts do not count: they are only forgotten on their devices.
    return sum(session.was_open for session in ended)
