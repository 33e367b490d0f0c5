"""The accounts on one device: switched, signed out, forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ..database.models import DeviceSession, User, is_id
from ..database.public import DeviceSessionPublic
from ..errors import InvalidSession
from ..queries import device_sessions, ended_sessions, security_events, users
from ..queries.devices import ProvenDevice
from ..queries.ended_sessions import Ended
from ..security import validation
from .resources import Resources


class DeviceSessions:
    """Switch between the accounts on a device, and sign them out."""

    def __init__(self, kit: Resources) -> None:
        """Work with the resources of the running kit."""
        self._kit = kit

    async def set_active(self, device: ProvenDevice, session_id: str) -> DeviceSessionPublic:
        """Switch this device to another of its accounts and return its session.

        Raises:
            InvalidSession: see `queries.device_sessions.set_active`.
        """
        now = self._kit.now()
        chosen = _found(device.sessions, session_id)
        await self._kit.database.write(lambda db: device_sessions.set_active(db, device, session_id, now=now))
        await self._kit.pubsub.tell(device, session_id)
        return chosen.model_copy(update={"is_current": True, "last_active_at": now})

    async def revoke(self, device: ProvenDevice, session_id: str) -> None:
        """Sign one account of this device out.

        Raises:
            InvalidSession: see `queries.device_sessions.revoke`.
        """
        now = self._kit.now()
        _found(device.sessions, session_id)
        ended = await self._kit.database.write(lambda db: device_sessions.revoke(db, device, session_id, now=now))
        await self._kit.pubsub.tell(device, device.next_to(session_id), _users_of(ended))

    async def revoke_others(self, device: ProvenDevice, keep: str) -> None:
        """Sign every account of this device out except that of the session to `keep`.

        Raises:
            InvalidSession: the device holds no valid session of that id.
        """
        now = self._kit.now()
        _found(device.sessions, keep)
        ended = await self._kit.database.write(lambda db: device_sessions.revoke_others(db, device, keep, now=now))
        await self._kit.pubsub.tell(device, keep, _users_of(ended))

    async def revoke_all(self, device: ProvenDevice) -> None:
        """Sign every account of this device out."""
        now = self._kit.now()
        ended = await self._kit.database.write(lambda db: device_sessions.revoke_all(db, device, now=now))
        await self._kit.pubsub.tell(device, "", _users_of(ended))

    async def forget(self, device: ProvenDevice, session_id: str) -> None:
        """Take a remembered account off this device's screens.

        Raises:
            InvalidSession: see `ended_sessions.forget`.
        """
        now = self._kit.now()
        _found(device.remembered, session_id)
        await self._kit.database.write(lambda db: ended_sessions.forget(db, device, session_id, now=now))
        await self._kit.pubsub.tell(device)

    async def update_profile(self, device: ProvenDevice, session_id: str, *, name: str, image: str | None) -> None:
        """Change the name and picture of the user of one of this device's sessions.

        Raises:
            InvalidName, InvalidImage: as they say.
            InvalidSession: the device holds no valid session of that id.
        """
        name, image, now = validation.check_name(name), validation.check_image(image), self._kit.now()
        user_id = _found(device.sessions, session_id).user.id
        await self._kit.database.write(lambda db: users.update_profile(db, user_id, name=name, image=image, now=now))
        await self._kit.pubsub.tell(device, user_ids=[user_id])

    async def find_ended(self, device_id: str, generation: int, session_id: str) -> tuple[DeviceSession, User] | None:
        """Return a session of this device, ended or not, with its user; None: see `ended_sessions.find_ended`."""
        if not is_id(session_id):
            return None
        return await self._kit.database.look_up(
            lambda db: ended_sessions.find_ended(db, device_id, generation, session_id)
        )

    async def ended_by(self, session: DeviceSession) -> str:
        """Return the User-Agent of the device that ended a session, "" if it was not recorded."""
        return await self._kit.database.look_up(lambda db: security_events.ended_by(db, session))

    async def evicted_at(self, device_id: str, at: datetime) -> list[str]:
        """Return the names of the users who were evicted by the sign-in at that time."""
        return await self._kit.database.look_up(lambda db: ended_sessions.evicted_at(db, device_id, at))


def _found(sessions: tuple[DeviceSessionPublic, ...], session_id: str) -> DeviceSessionPublic:
    # This comes before any query: a text that cannot be an id, whatever its characters, is refused as an unknown id.
    for session in sessions:
        if session.id == session_id:
            return session
    raise InvalidSession


def _users_of(ended: Iterable[Ended]) -> set[str]:
    return {session.user_id for session in ended}
