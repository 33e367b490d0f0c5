"""The state of the security settings: the account's sessions on all its devices, and its security events."""

from __future__ import annotations

import reflex as rx
from sqlmodel import SQLModel

from ..database.models import (
    ACCOUNT_DISABLED,
    ACCOUNT_ENABLED,
    ENDED_BY_OPERATOR,
    EVICTED,
    FAILED_SIGN_IN,
    OUTDATED_COOKIE,
    PASSWORD_CHANGED,
    REAUTHENTICATED,
    REVOKED_ELSEWHERE,
    SESSION_ENDED,
    SIGNED_IN,
    SIGNED_OUT,
    SIGNED_OUT_ALL,
    SIGNED_OUT_EVERYWHERE,
    SIGNED_UP,
    THEFT,
    TOO_MANY_DEVICES,
)
from ..database.public import DeviceSessionPublic, SecurityEventPublic
from ..errors import SessionChanged
from ..localization import Localization
from ..options import SESSIONS_PAGE
from ..queries.devices import ProvenDevice
from .runtime import kit, words
from .state import MultiSessionState, checked_session_id
from .user_agents import Kind, describe, device_name, off_the_loop


class ActiveSession(SQLModel):
    """One row of the active sessions. Times are ISO 8601 in UTC."""

    id: str
    device: str
    kind: Kind
    ip_address: str
    created_at: str
    last_active_at: str
    is_current: bool

    @classmethod
    def of(cls, session: DeviceSessionPublic) -> ActiveSession:
        """Return the row of a session."""
        return cls(
            id=session.id,
            device=device_name(session.user_agent, words()),
            kind=describe(session.user_agent).kind,
            ip_address=session.ip_address,
            created_at=session.created_at.isoformat(),
            last_active_at=session.last_active_at.isoformat(),
            is_current=session.is_current,
        )


class SecurityActivity(SQLModel):
    """One row of the recent security activity.

    `text` says what happened on `device`; `by` is the device that did it, "" if it is the same one. `at` is ISO 8601
    in UTC.
    """

    id: str
    kind: str
    text: str
    device: str
    by: str
    ip_address: str
    at: str
    is_new_device: bool

    @classmethod
    def of(cls, event: SecurityEventPublic) -> SecurityActivity:
        """Return the row of a security event."""
        acting_device = device_name(event.user_agent, words())
        device = device_name(event.device_user_agent, words()) if event.device_user_agent else acting_device
        return cls(
            id=event.id,
            kind=event.kind,
            text=_text_of(event, words()),
            device=device,
            by=acting_device if device != acting_device else "",
            ip_address=event.ip_address,
            at=event.at.isoformat(),
            is_new_device=event.is_new_device,
        )


async def _rows(events: list[SecurityEventPublic]) -> list[SecurityActivity]:
    return await off_the_loop(lambda: [SecurityActivity.of(event) for event in events])


def _text_of(event: SecurityEventPublic, word: Localization) -> str:
    if event.kind == PASSWORD_CHANGED and event.detail == SESSION_ENDED:
        return word.event_ended_by_password
    return {
        SIGNED_UP: word.event_signed_up,
        SIGNED_IN: word.event_signed_in,
        FAILED_SIGN_IN: word.event_failed_sign_in,
        REAUTHENTICATED: word.event_reauthenticated,
        PASSWORD_CHANGED: word.event_password_changed,
        SIGNED_OUT: word.event_signed_out,
        SIGNED_OUT_ALL: word.event_signed_out_all,
        EVICTED: word.event_evicted,
        TOO_MANY_DEVICES: word.event_too_many_devices,
        REVOKED_ELSEWHERE: word.event_revoked_elsewhere,
        SIGNED_OUT_EVERYWHERE: word.event_signed_out_everywhere,
        ENDED_BY_OPERATOR: word.event_ended_by_operator,
        ACCOUNT_DISABLED: word.event_account_disabled,
        ACCOUNT_ENABLED: word.event_account_enabled,
        OUTDATED_COOKIE: word.event_outdated_cookie,
        THEFT: word.event_theft,
    }[event.kind]


class SecurityState(MultiSessionState):
    """The active account's sessions on every device, this one's first, and its security events, the newest first.

    To keep the rows as they are on the server, put `refresh_with_accounts(SecurityState.show_sessions)`, or the same
    with `show_activity`, on the page. `revoke_session`, `revoke_other_sessions` and `revoke_sessions` are for buttons
    of your own. Without a recent sign-in or password entry on this device they do nothing and say so in a notice. The
    kit's own buttons use HTTP, where the dialog can ask for the password.
    """

    sessions: list[ActiveSession] = []
    has_more_sessions: bool = False
    """Whether `more_sessions` has further ones."""
    activity: list[SecurityActivity] = []
    is_activity_loaded: bool = False
    before: str = ""
    """The event from which `more` goes on, "" at the end."""
    _asked_for: int = SESSIONS_PAGE

    @rx.var
    def has_other_devices(self) -> bool:
        """Whether the account is signed in on another device."""
        return len(self.sessions) > 1

    @rx.event
    async def show_sessions(self) -> None:
        """Read the sessions, as many as have been asked for."""
        await self._read_sessions()

    @rx.event
    async def more_sessions(self, shown: int) -> None:
        """Read a page more than is `shown`. A repeated request for the same page is ignored."""
        if self.has_more_sessions and type(shown) is int and shown == len(self.sessions):
            self._asked_for = shown + SESSIONS_PAGE
            await self._read_sessions()

    @rx.event
    async def show_activity(self) -> None:
        """Read the newest events; older rows that are shown stay."""
        if device := await self._shown_device():
            events, before = await kit().user_sessions.list_security_events(device)
            newest = await _rows(events)
            known = {row.id for row in newest}
            older = [row for row in self.activity if row.id not in known]
            # If the newest events include none of the rows shown, there may be a gap: begin anew.
            if len(older) == len(self.activity):
                older, self.before = [], before
            self.activity, self.is_activity_loaded = newest + older, True

    @rx.event
    async def more(self, before: str) -> None:
        """Read the next page of older events. A repeated request for the same page is ignored."""
        if before == self.before != "" and (device := await self._shown_device()):
            events, self.before = await kit().user_sessions.list_security_events(device, before)
            self.activity = self.activity + await _rows(events)

    @rx.event
    async def revoke_session(self, session_id: str) -> None:
        """Sign this account out on one device."""
        async with self._refusals("revoke_session"):
            await kit().user_sessions.revoke_session(await self._active_device(), checked_session_id(session_id))

    @rx.event
    async def revoke_other_sessions(self) -> None:
        """Sign this account out on every device except this one."""
        async with self._refusals("revoke_other_sessions"):
            await kit().user_sessions.revoke_other_sessions(await self._active_device())

    @rx.event
    async def revoke_sessions(self) -> None:
        """Sign this account out on every device."""
        async with self._refusals("revoke_sessions"):
            await kit().user_sessions.revoke_sessions(await self._active_device())

    async def _read_sessions(self) -> None:
        if device := await self._shown_device():
            found = await kit().user_sessions.list_sessions(device, self._asked_for + 1)
            page, self.has_more_sessions = found[: self._asked_for], len(found) > self._asked_for
            self.sessions = await off_the_loop(lambda: [ActiveSession.of(session) for session in page])

    async def _shown_device(self) -> ProvenDevice | None:
        """Return this tab's device, or None if its active account is not the one on screen, whose tree this is."""
        identity = self._identity()
        device = await kit().devices.reread(identity.device, identity.generation)
        return device if device and identity.session and device.active_id == identity.session else None

    async def _active_device(self) -> ProvenDevice:
        # The actions run for the device's active account. Just after a switch that is not the one on screen.
        if (device := await self._shown_device()) is None:
            raise SessionChanged
        return device
