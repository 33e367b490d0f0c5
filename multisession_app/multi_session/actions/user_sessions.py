"""One user's sessions on all devices: seen, and ended from any of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlmodel import Session

from ..database.models import is_id
from ..database.public import DeviceSessionPublic, SecurityEventPublic
from ..errors import InvalidSession
from ..queries import security_events, user_sessions
from ..queries.devices import ProvenDevice
from ..queries.ended_sessions import Ended
from ..queries.user_sessions import signed_in
from .resources import Resources


class UserSessions:
    """Lists and ends a user's sessions on all devices."""

    def __init__(self, kit: Resources) -> None:
        """Work with the resources of the running kit."""
        self._kit = kit

    async def list_sessions(self, device: ProvenDevice, limit: int | None = None) -> list[DeviceSessionPublic]:
        """Return the active user's sessions on every device (see `queries.user_sessions.list_sessions`).

        Raises:
            NotSignedIn: no account is active.
        """
        now = self._kit.now()
        return await self._kit.database.look_up(
            lambda db: user_sessions.list_sessions(db, device, now=now, limit=limit)
        )

    async def list_security_events(
        self, device: ProvenDevice, before: str = ""
    ) -> tuple[list[SecurityEventPublic], str]:
        """Return a page of the active user's recent activity, newest first, and the next page's `before`, "" for none.

        Raises:
            NotSignedIn: no account is active.
        """
        user_id = signed_in(device).user.id
        if not is_id(before):
            return [], ""
        return await self._kit.database.look_up(lambda db: security_events.list_security_events(db, user_id, before))

    async def revoke_session(self, device: ProvenDevice, session_id: str) -> None:
        """End one of the active user's sessions, on this device or another.

        Raises:
            NotSignedIn: no account is active.
            SessionNotFresh, InvalidSession: see `queries.user_sessions.revoke_session`.
        """
        signed_in(device)
        if not is_id(session_id):
            raise InvalidSession
        fresh_for = self._kit.options.fresh_for
        await self._end(
            device,
            lambda db, now: user_sessions.revoke_session(db, device, session_id, fresh_for=fresh_for, now=now),
        )

    async def revoke_other_sessions(self, device: ProvenDevice) -> None:
        """End the active user's sessions on all other devices.

        Raises:
            NotSignedIn: no account is active.
            SessionNotFresh, InvalidSession: see `queries.user_sessions.check_fresh`.
        """
        fresh_for = self._kit.options.fresh_for
        await self._end(
            device, lambda db, now: user_sessions.revoke_other_sessions(db, device, fresh_for=fresh_for, now=now)
        )

    async def revoke_sessions(self, device: ProvenDevice) -> None:
        """End the active user's sessions on all devices, this one included.

        Raises:
            NotSignedIn: no account is active.
            SessionNotFresh, InvalidSession: see `queries.user_sessions.check_fresh`.
        """
        fresh_for = self._kit.options.fresh_for
        await self._end(device, lambda db, now: user_sessions.revoke_sessions(db, device, fresh_for=fresh_for, now=now))

    async def delete_users(self, user_ids: Collection[str]) -> None:
        """Delete users without a password, as an app's own sweep does, and tell their tabs.

        Their devices may be deleted too: see `queries.user_sessions.delete_users`.
        """
        now = self._kit.now()

        def work(db: Session) -> dict[str, str]:
            return self._kit.active_on(db, user_sessions.delete_users(db, user_ids), now)

        await self._kit.pubsub.tell_devices(await self._kit.database.write(work))

    async def _end(self, device: ProvenDevice, verb: Callable[[Session, datetime], list[Ended]]) -> None:
        now = self._kit.now()

        def work(db: Session) -> tuple[list[Ended], dict[str, str]]:
            ended = verb(db, now)
            return ended, self._kit.active_on(db, {session.device_id for session in ended} - {device.id}, now)

        ended, others = await self._kit.database.write(work)
        await self._kit.pubsub.tell_devices(others)
        is_active_over = device.active_id in {session.id for session in ended}
        active_id = device.next_to(device.active_id) if is_active_over else device.active_id
        await self._kit.pubsub.tell(device, active_id, [device.active_user_id])
