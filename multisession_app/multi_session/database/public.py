"""The shapes that may leave the server."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import SQLModel

from .models import NEW_DEVICE, DeviceSession, SecurityEvent, User


class UserPublic(SQLModel):
    """What a screen may know of a user."""

    id: str = ""
    name: str = ""
    email: str = ""
    image: str = ""
    initials: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @classmethod
    def of(cls, user: User) -> UserPublic:
        """Copy the fields that may leave the server."""
        return cls(
            id=user.id,
            name=user.name,
            email=user.email,
            image=user.image or "",
            initials=initials(user.name),
            created_at=user.created_at,
            updated_at=user.updated_at,
        )


class DeviceSessionPublic(SQLModel):
    """One row of the account switcher. `id` grants nothing by itself.

    With `is_signed_out` the session has expired or was evicted; the account is only remembered.
    """

    id: str
    user: UserPublic
    user_agent: str
    ip_address: str
    created_at: datetime
    last_active_at: datetime
    expires_at: datetime
    is_current: bool
    is_signed_out: bool = False

    @classmethod
    def of(
        cls, session: DeviceSession, user: User, *, is_current: bool, is_signed_out: bool = False
    ) -> DeviceSessionPublic:
        """Copy the fields that may leave the server."""
        return cls(
            id=session.id,
            user=UserPublic.of(user),
            user_agent=session.user_agent,
            ip_address=session.ip_address,
            created_at=session.created_at,
            last_active_at=session.last_active_at,
            expires_at=session.expires_at,
            is_current=is_current,
            is_signed_out=is_signed_out,
        )


class SecurityEventPublic(SQLModel):
    """One line of a user's recent security activity.

    `user_agent` and `ip_address` are those of whoever caused the event. `device_user_agent` is that of the session that
    it happened to, "" for none.
    """

    id: str
    kind: str
    at: datetime
    ip_address: str
    user_agent: str
    detail: str
    device_user_agent: str = ""
    is_new_device: bool = False

    @classmethod
    def of(cls, event: SecurityEvent, device_user_agent: str) -> SecurityEventPublic:
        """Copy the fields that may leave the server."""
        return cls(
            id=event.id,
            kind=event.kind,
            at=event.at,
            ip_address=event.ip_address,
            user_agent=event.user_agent,
            detail=event.detail,
            device_user_agent=device_user_agent,
            is_new_device=event.detail == NEW_DEVICE,
        )


def initials(name: str) -> str:
    """Return the first letters of the first and last word in upper case; without letters, the first character."""
    words = [letters for word in name.split() if (letters := [c for c in word if c.isalnum()])]
    ends = [word[0] for word in (words[:1] + words[1:][-1:])] or list(name[:1])
    # Some letters, such as the German sharp s, become two in upper case.
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in ends)
