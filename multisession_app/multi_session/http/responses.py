"""The answers that routes give, in Better Auth's field names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel
from starlette.responses import JSONResponse

from ..database.public import DeviceSessionPublic, SecurityEventPublic, UserPublic
from ..errors import BodyTimeout, MultiSessionError
from ..localization import Localization


def _wire_time(time: datetime) -> str:
    # To the millisecond: Better Auth's client 1.7 takes all digits after the point for milliseconds.
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Time = Annotated[
    datetime,
    PlainSerializer(_wire_time, str),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "ISO 8601, UTC, to the millisecond."}),
]


class Answer(BaseModel):
    """What a route gives."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        json_schema_serialization_defaults_required=True,
    )


class User(Answer):
    """A user."""

    id: str
    name: str
    email: str
    email_verified: Literal[False] = False
    image: str | None
    created_at: Time
    updated_at: Time

    @classmethod
    def of(cls, user: UserPublic) -> Self:
        """Name the fields as the wire does."""
        return cls(**dict(user) | {"image": user.image or None})


class Session(Answer):
    """One user signed in on one device. `token` is its public id, which opens nothing."""

    id: str
    token: str
    user_id: str
    created_at: Time
    updated_at: Time
    expires_at: Time
    last_active_at: Time
    ip_address: str
    user_agent: str

    @classmethod
    def of(cls, session: DeviceSessionPublic) -> Self:
        """Name the fields as the wire does."""
        own = {"token": session.id, "user_id": session.user.id, "updated_at": session.last_active_at}
        return cls(**dict(session), **own)


class UserSession(Session):
    """One of a user's sessions on all devices."""

    is_current: bool = Field(description="It is the one of this device.")


class SessionAndUser(Answer):
    """A session with its user."""

    session: Session
    user: User

    @classmethod
    def of(cls, session: DeviceSessionPublic) -> Self:
        """Split a session and its user."""
        return cls(**dict(session) | {"session": Session.of(session), "user": User.of(session.user)})


class DeviceSession(SessionAndUser):
    """One of the accounts signed in on this device."""

    id: str
    user_agent: str
    ip_address: str
    last_active_at: Time
    is_current: bool = Field(description="It is the active one.")


class TokenAndUser(Answer):
    """The public id of the active session, and its user."""

    token: str
    user: User


class SignedIn(TokenAndUser):
    """As `TokenAndUser`; nothing has to be opened next."""

    redirect: Literal[False] = False


class SecurityEvent(Answer):
    """One line of a user's recent security activity.

    `userAgent` and `ipAddress` are of whoever did it, `deviceUserAgent` is of the session that it happened to.
    """

    id: str
    kind: str
    at: Time
    ip_address: str
    user_agent: str
    detail: str
    device_user_agent: str
    is_new_device: bool

    @classmethod
    def of(cls, event: SecurityEventPublic) -> Self:
        """Name the fields as the wire does."""
        return cls(**dict(event))


class SecurityEvents(Answer):
    """A page of recent activity, newest first."""

    events: list[SecurityEvent]
    next: str | None = Field(description="What to ask for as `before` to go on; null at the end.")


class Status(Answer):
    """It is done."""

    status: Literal[True] = True


class Success(Answer):
    """It is done."""

    success: Literal[True] = True


class UserDeleted(Success):
    """It is done."""

    message: Literal["User deleted"] = "User deleted"


class Ok(Answer):
    """The process is up and its database answers."""

    ok: Literal[True] = True


class Ready(Answer):
    """What the process leans on; without Redis that is unused."""

    ok: bool
    database: Literal["up", "down"]
    redis: Literal["up", "down", "unused"]


class Refusal(Answer):
    """What was refused: a code for programs, a sentence for people, and the field that it is about if it is one."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    code: str
    message: str
    field: str | None = None


def refusal(error: MultiSessionError, words: Localization) -> JSONResponse:
    """Return the answer to a refusal: its code, its sentence and the form field that it is about. It is not cached."""
    headers = {"Cache-Control": "no-store"}
    if error.retry_after is not None:
        # The standard's name (RFC 6585, 4), and the one that Better Auth sends.
        headers["Retry-After"] = headers["X-Retry-After"] = str(error.retry_after)
    if error.allow:
        headers["Allow"] = error.allow
    if isinstance(error, BodyTimeout):
        headers["Connection"] = "close"
    body = Refusal(code=error.code, message=words.sentence(error), field=error.field or None)
    return JSONResponse(body.model_dump(exclude_none=True), error.status, headers)
