"""What the operator of a site can do to users: end their sessions, set a password, disable. No cookie proves it."""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session, col, select

from ..database.models import (
    ACCOUNT_DISABLED,
    ACCOUNT_ENABLED,
    ENDED_BY_OPERATOR,
    PASSWORD_CHANGED,
    DeviceSession,
    User,
    is_id,
)
from ..errors import InvalidSession, NoSuchUser
from ..options import SWEEP_BATCH
from ..queries import security_events, users
from ..queries.conditions import LISTED, VALID
from ..queries.ended_sessions import Ended, end
from ..security import passwords
from ..security.origins import NOWHERE
from .resources import Resources


class Operator:
    """Lists and ends sessions, sets a password, disables and enables. No object that serves requests holds one."""

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
            InvalidSession: the user has no session with that id, or it has ended.
        """

        def work(db: Session) -> list[Ended]:
            own = col(DeviceSession.user_id) == _found(db, email).id
            if not session_id:
                return end(db, ENDED_BY_OPERATOR, self._kit.now(), own)
            chosen = col(DeviceSession.id) == session_id
            if not (is_id(session_id) and (ended := end(db, ENDED_BY_OPERATOR, self._kit.now(), own, chosen))):
                raise InvalidSession
            return ended

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

        A disabled user stays disabled.

        Raises:
            NoSuchUser: nobody has the address.
            PasswordTooShort, PasswordTooLong, PasswordTooCommon: see `passwords.check_password`.
            InvalidCredentials: the user changed it at the same moment.
        """
        user = await self._kit.database.read(lambda db: _found(db, email))
        minimum = self._kit.options.password_minimum
        passwords.check_password(password, minimum=minimum, about=[user.name, user.email])
        password_hash = await passwords.hash_password(password)

        def work(db: Session) -> list[Ended]:
            now = self._kit.now()
            users.store_password_hash(db, user, password_hash, now=now)
            security_events.note(db, PASSWORD_CHANGED, user.id, None, by=NOWHERE, now=now)
            return end(db, ENDED_BY_OPERATOR, now, col(DeviceSession.user_id) == user.id)

        return _count(await self._end_by(work))

    async def disable(self, email: str) -> tuple[bool, int]:
        """Let nobody sign in as a user, end their sessions on every device, and return if that is new and how many.

        Raises:
            NoSuchUser: nobody has the address.
        """
        is_new = False

        def work(db: Session) -> list[Ended]:
            nonlocal is_new
            user, now = _found(db, email), self._kit.now()
            # This comes first: a sign-in that crosses it is refused, or has committed the session that ends below.
            is_new = users.disable(db, user.id, now=now)
            if is_new:
                security_events.note(db, ACCOUNT_DISABLED, user.id, None, by=NOWHERE, now=now)
            return end(db, ENDED_BY_OPERATOR, now, col(DeviceSession.user_id) == user.id)

        ended = await self._end_by(work)
        return is_new, _count(ended)

    async def enable(self, email: str) -> bool:
        """Let a user sign in again, with the password that they have, and return if that is new.

        Raises:
            NoSuchUser: nobody has the address.
        """

        def work(db: Session) -> bool:
            user = _found(db, email)
            is_new = users.enable(db, user.id)
            if is_new:
                security_events.note(db, ACCOUNT_ENABLED, user.id, None, by=NOWHERE, now=self._kit.now())
            return is_new

        return await self._kit.database.write(work)

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
