"""The tables, and the shapes that may leave the server."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Column, Index, String, Table, UniqueConstraint, text
from sqlmodel import Field, SQLModel

SIGNED_OUT = "signed_out"
SIGNED_OUT_ALL = "signed_out_all"
EVICTED = "evicted"
REPLACED = "replaced"
ANSWER_LOST = "answer_lost"
FORGOTTEN = "forgotten"
"""Why a session ended, as `DeviceSession.revoked_reason` says; None with the time over means expired."""


VERSION_TABLE = Table("multi_session_version", SQLModel.metadata, Column("version_num", String(32), primary_key=True))
"""Alembic's, of the kit's migrations. Known here, else `reflex db makemigrations` of the app would drop it."""


def new_id() -> str:
    """Return a public, unguessable id (UUIDv4, RFC 9562)."""
    return str(uuid.uuid4())


class User(SQLModel, table=True):
    """A person's record. `email` is casefolded NFKC, so that it compares as people compare it."""

    # `user` is a reserved word in PostgreSQL and the host app may have one of its own.
    __tablename__ = "multi_session_user"

    id: str = Field(default_factory=new_id, primary_key=True)
    email: str = Field(unique=True)
    name: str
    image: str | None = None
    password_hash: str = Field(repr=False)
    created_at: datetime
    updated_at: datetime


class Device(SQLModel, table=True):
    """One browser profile, which is one cookie jar.

    `state_key` (hex, 256 bits) keys the names of this device's Reflex state trees. `generation` counts the
    device secrets made so far.
    """

    __tablename__ = "multi_session_device"

    id: str = Field(default_factory=new_id, primary_key=True)
    state_key: str = Field(repr=False)
    generation: int = 0
    created_at: datetime
    last_seen_at: datetime
    user_agent: str = ""
    ip_address: str = ""


class DeviceSecret(SQLModel, table=True):
    """One value that the device's cookie had, as SHA-256.

    It opens the device's sessions up to its own `generation`: one made after this secret was replaced stays
    closed to it.
    """

    __tablename__ = "multi_session_device_secret"
    __table_args__ = (UniqueConstraint("device_id", "generation"),)

    hash: str = Field(primary_key=True, repr=False)
    device_id: str = Field(foreign_key="multi_session_device.id", ondelete="CASCADE")
    generation: int
    created_at: datetime
    first_used_at: datetime | None = None
    dies_at: datetime | None = None


class DeviceSession(SQLModel, table=True):
    """One user signed in on one device. Valid until `expires_at` unless `revoked_at` is set.

    `activation` counts the device's switches: the valid session with the highest is the active one, the next
    below takes over from it. `generation` is that of the device secret made with this session.
    """

    __tablename__ = "multi_session_device_session"
    __table_args__ = (
        # One valid row for each (device, user), whatever runs at the same time.
        Index(
            "ix_multi_session_one_per_user",
            "device_id",
            "user_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        # What stands on a device's screens, however many of its sessions have ended.
        Index(
            "ix_multi_session_held",
            "device_id",
            sqlite_where=text("revoked_at IS NULL OR revoked_reason = 'evicted'"),
            postgresql_where=text("revoked_at IS NULL OR revoked_reason = 'evicted'"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    device_id: str = Field(foreign_key="multi_session_device.id", ondelete="CASCADE")
    user_id: str = Field(foreign_key="multi_session_user.id", ondelete="CASCADE", index=True)
    generation: int
    activation: int
    created_at: datetime
    last_active_at: datetime
    authenticated_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_reason: str | None = None
    user_agent: str = ""
    ip_address: str = ""


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

    With `is_signed_out` the session has expired or made room for another; the account is only remembered.
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


def initials(name: str) -> str:
    """Return the first letters of the first and the last word, upper case; of a name without letters the first sign."""
    words = [letters for word in name.split() if (letters := [c for c in word if c.isalnum()])]
    ends = [word[0] for word in (words[:1] + words[1:][-1:])] or list(name[:1])
    # Some letters have no capital of one letter, such as the German sharp s.
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in ends)
