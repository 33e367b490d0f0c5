"""The bodies that routes take, in Better Auth's field names."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import ClientDisconnect, Request

from ..errors import BodyTimeout, BodyTooLarge, InvalidBody, UnsupportedMediaType
from ..options import (
    BODY_LIMIT,
    BODY_TIMEOUT,
    EMAIL_MAX,
    IMAGE_MAX,
    NAME_MAX,
    PASSWORD_MAX,
    PASSWORD_MIN,
    SHORT_TIMEOUT,
)


def _length(least: int, most: int) -> dict[str, Any]:
    # Described, not checked here: the actions refuse other lengths with codes of their own.
    return {"minLength": least, "maxLength": most}


# PostgreSQL takes no NUL. No database takes half of a surrogate pair, which pydantic refuses itself.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
Name = Annotated[Text, Field(description="In characters.", json_schema_extra=_length(1, NAME_MAX))]
Email = Annotated[
    Text, Field(description="In characters; its case does not matter.", json_schema_extra=_length(3, EMAIL_MAX))
]
Image = Annotated[
    Text, Field(description="An https address, in characters; null for none.", json_schema_extra=_length(0, IMAGE_MAX))
]
Password = Annotated[Text, Field(description="In characters.", json_schema_extra=_length(0, PASSWORD_MAX))]
NewPassword = Annotated[
    Text,
    Field(description="In characters; no common one.", json_schema_extra=_length(PASSWORD_MIN, PASSWORD_MAX)),
]
RememberMe = Annotated[
    bool, Field(description=f"With false the session ends after {SHORT_TIMEOUT.total_seconds():.0f} seconds.")
]


class Body(BaseModel):
    """What a route takes. Fields that it does not know are ignored."""

    # `hide_input_in_errors`: the refused input may be a password, and an error may be logged.
    model_config = ConfigDict(strict=True, alias_generator=to_camel, hide_input_in_errors=True)


class OnScreen(Body):
    """May name the account that the page shows, so that what is meant for it is not done for another."""

    session_id: Text | None = Field(
        None, description='The session that the page shows, "" for none; if another one is active, nothing is done.'
    )


class SignUp(OnScreen):
    """Who is to be made a user."""

    name: Name
    email: Email
    password: NewPassword
    remember_me: RememberMe = True


class SignIn(OnScreen):
    """Who somebody says to be."""

    email: Email
    password: Password
    remember_me: RememberMe = True


class Chosen(Body):
    """One of the sessions on this device."""

    session_id: Text = Field(
        validation_alias=AliasChoices("sessionToken", "sessionId"),
        description="The session's public id; taken under the name `sessionId` too.",
    )


class Token(OnScreen):
    """One of the active user's sessions, on whatever device."""

    token: Text = Field(description="The session's public id.")


class Profile(OnScreen):
    """What is to be changed; what is not mentioned stays."""

    # A default value would be shown in the OpenAPI description; a factory is not.
    name: Name = Field(default_factory=str)
    image: Image | None = None
    email: Any = Field(None, description="Cannot be changed: refused.")


class Proof(OnScreen):
    """The active user's password."""

    password: Password


class PasswordChange(OnScreen):
    """The active user's password, and the one that it is to be."""

    current_password: Password
    new_password: NewPassword
    revoke_other_sessions: bool = Field(True, description="End the user's sessions on all other devices.")


AnyBody = TypeVar("AnyBody", bound=Body)


async def read_body(request: Request, shape: type[AnyBody]) -> AnyBody:
    """Return a request's JSON body. A missing one counts as an empty object if no field is required.

    Raises:
        UnsupportedMediaType, BodyTooLarge, BodyTimeout, InvalidBody: as they say.
    """
    content_type = request.headers.get("content-type")
    is_optional = may_be_left_out(shape)
    # No form of another site can send this content type, and a script there only after a CORS preflight.
    is_json = (content_type or "").partition(";")[0].strip().lower() == "application/json"
    if not is_json and not (is_optional and content_type is None):
        raise UnsupportedMediaType
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT.total_seconds()):
            async for chunk in request.stream():
                raw += chunk
                if len(raw) > BODY_LIMIT:
                    raise BodyTooLarge
    except TimeoutError as error:
        raise BodyTimeout from error
    except ClientDisconnect as error:
        # It has gone, or its chunks cannot be read: granian 2.7 tells both alike.
        raise InvalidBody from error
    if is_optional and not raw:
        return shape()
    if not is_json:
        raise UnsupportedMediaType
    try:
        return shape.model_validate_json(bytes(raw))
    except ValidationError as error:
        raise InvalidBody from error


def may_be_left_out(shape: type[Body]) -> bool:
    """Say whether a body of this shape may be missing, since no field is required."""
    return not any(field.is_required() for field in shape.model_fields.values())
