"""The tables, and the fixed values in their columns."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Column, Index, String, Table, UniqueConstraint, text
from sqlmodel import Field, SQLModel

SIGNED_OUT = "signed_out"
SIGNED_OUT_ALL = "signed_out_all"
EVICTED = "evicted"
TOO_MANY_DEVICES = "too_many_devices"
REPLACED = "replaced"
ANSWER_LOST = "answer_lost"
FORGOTTEN = "forgotten"
REVOKED_ELSEWHERE = "revoked_elsewhere"
SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
ENDED_BY_OPERATOR = "ended_by_operator"
THEFT = "theft"
PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason
"""Values of `DeviceSession.revoked_reason`: why a session ended. None means expired, once its time is over."""

SIGNED_UP = "signed_up"
SIGNED_IN = "signed_in"
FAILED_SIGN_IN = "failed_sign_in"
REAUTHENTICATED = "reauthenticated"
ACCOUNT_DISABLED = "account_disabled"
ACCOUNT_ENABLED = "account_enabled"
OUTDATED_COOKIE = "outdated_cookie"
"""Values of `SecurityEvent.kind`, beside `PASSWORD_CHANGED` and the reasons in `TOLD_ENDS`."""

TOLD_ENDS = frozenset(
    {
        SIGNED_OUT,
        SIGNED_OUT_ALL,
        EVICTED,
        TOO_MANY_DEVICES,
        REVOKED_ELSEWHERE,
        SIGNED_OUT_EVERYWHERE,
        PASSWORD_CHANGED,
        ENDED_BY_OPERATOR,
        THEFT,
    }
)
"""Ends that a person wants to read about. The others belong to an event already shown, or nobody caused them."""

NEW_DEVICE = "new_device"
SESSION_ENDED = "session_ended"
"""Values of `SecurityEvent.detail`: the user had never signed in on this device before; a session was ended."""

ACTIVATION_INDEX = "ix_multi_session_activation"
"""The unique index at which two transactions conflict that take a device's next `activation` at the same moment."""

VERSION_TABLE = Table("multi_session_version", SQLModel.metadata, Column("version_num", String(32), primary_key=True))
"""Alembic's table for the kit's migrations. Declared here, or the app's `reflex db makemigrations` would drop it."""


def new_id() -> str:
    """Return a public, unguessable id (UUIDv4, RFC 9562)."""
    return str(uuid.uuid4())


def is_id(text: str) -> bool:
    """Say whether a text can be an id at all. Only then may it go into a query: PostgreSQL refuses NUL."""
    return text.isascii() and text.isprintable()


def _ended_index(table: str, column: str) -> Index:
    # For the sweep. The index leaves out rows that have not ended: they are most of the table, and no query should look
    # for them here.
    has_ended = text(f"{column} IS NOT NULL")
    name = f"ix_multi_session_{table}_{column}"
    return Index(name, column, sqlite_where=has_ended, postgresql_where=has_ended)


class User(SQLModel, table=True):
    """A person's record. `email` is casefolded NFKC, so that it compares as people compare it.

    With `disabled_at` the operator lets nobody in: no password opens a session, and none is valid.
    """

    # `user` is a reserved word in PostgreSQL and the host app may have one of its own.
    __tablename__ = "multi_session_user"

    id: str = Field(default_factory=new_id, primary_key=True)
    email: str = Field(unique=True)
    name: str
    image: str | None = None
    password_hash: str = Field(repr=False)
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None = None


class Device(SQLModel, table=True):
    """One browser profile, which is one cookie jar.

    `state_key` (hex, 256 bits) keys the names of this device's Reflex state trees. `generation` counts the
    device secrets made so far. `cookie_deleted_at` is when an answer has deleted the cookie. `reused_generation` is
    that of an outdated secret which was presented, `stolen_at` when a newer one came after it: the cookie has two
    holders, and the device is at its end.
    """

    __tablename__ = "multi_session_device"

    id: str = Field(default_factory=new_id, primary_key=True)
    state_key: str = Field(repr=False)
    generation: int = 0
    created_at: datetime
    last_seen_at: datetime = Field(index=True)
    cookie_deleted_at: datetime | None = None
    user_agent: str = ""
    ip_address: str = ""
    reused_generation: int | None = None
    stolen_at: datetime | None = None


class DeviceSecret(SQLModel, table=True):
    """One value that the device's cookie had, as SHA-256.

    It opens the device's sessions up to its own `generation`, and none made after it was replaced. With `is_final`
    the older secrets die at its first use, without a minute of grace. Dead ones are kept to be recognized.
    """

    __tablename__ = "multi_session_device_secret"
    __table_args__ = (UniqueConstraint("device_id", "generation"), _ended_index("device_secret", "dies_at"))

    hash: str = Field(primary_key=True, repr=False)
    device_id: str = Field(foreign_key="multi_session_device.id", ondelete="CASCADE")
    generation: int
    created_at: datetime
    first_used_at: datetime | None = None
    dies_at: datetime | None = None
    is_final: bool = False


class DeviceSession(SQLModel, table=True):
    """One user signed in on one device. Valid until `expires_at`, unless `revoked_at` is set or it is idle too long.

    `activation` counts the device's switches: the valid session with the highest number is the active one, and the
    next lower takes over from it. `generation` is that of the device secret made with this session. With `is_short` it
    was opened on a shared computer: the cookie ends with the browser, and the account is not remembered.
    """

    __tablename__ = "multi_session_device_session"
    __table_args__ = (
        # One row in use for each (device, user), whatever runs at the same time.
        Index(
            "ix_multi_session_one_per_user",
            "device_id",
            "user_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        # Finds a device's listed sessions, however many others have ended. No two share an activation.
        Index(
            ACTIVATION_INDEX,
            "device_id",
            "activation",
            unique=True,
            sqlite_where=text("revoked_at IS NULL OR revoked_reason = 'evicted'"),
            postgresql_where=text("revoked_at IS NULL OR revoked_reason = 'evicted'"),
        ),
        _ended_index("device_session", "revoked_at"),
        # Finds a user's sessions in use, at every sign-in, however many others have ended or expired.
        Index(
            "ix_multi_session_in_use",
            "user_id",
            "expires_at",
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    device_id: str = Field(foreign_key="multi_session_device.id", ondelete="CASCADE", index=True)
    user_id: str = Field(foreign_key="multi_session_user.id", ondelete="CASCADE", index=True)
    generation: int
    activation: int
    created_at: datetime
    last_active_at: datetime
    authenticated_at: datetime
    expires_at: datetime = Field(index=True)
    is_short: bool = False
    revoked_at: datetime | None = None
    revoked_reason: str | None = None
    user_agent: str = ""
    ip_address: str = ""


class SecurityEvent(SQLModel, table=True):
    """One line of a user's recent security activity.

    `session_id` is the session that the event happened to; its row may be swept before this one. `user_agent` and
    `ip_address` are those of whoever caused the event: for an ended session, of the device that ended it.
    """

    __tablename__ = "multi_session_security_event"
    __table_args__ = (Index("ix_multi_session_events_of_user", "user_id", "at", "id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    user_id: str = Field(foreign_key="multi_session_user.id", ondelete="CASCADE")
    session_id: str | None = None
    kind: str
    at: datetime = Field(index=True)
    ip_address: str = ""
    user_agent: str = ""
    detail: str = ""
