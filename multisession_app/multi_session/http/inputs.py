"""The bodies that routes take, in Better Auth's field names."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import Request

from ..errors import BodyTooLarge, InvalidBody, UnsupportedMediaType
from ..options import BODY_LIMIT, EMAIL_MAX, IMAGE_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN, SHORT_TIMEOUT


def _length(least: int, most: int) -> dict[str, Any]:
    # Told, not checked here: the verbs refuse other lengths with codes of their own.
    return {"minLength": least, "maxLength": most}


# No database takes half of a surrogate pair, which pydantic refuses, and PostgreSQL no NUL.
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

    # What is refused may be a password, and an error may be logged.
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

    # Not given a default value, which the description would name.
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
    """Return the JSON object that a request carries; nothing at all is an empty one, where no field is required.

    Raises:
        UnsupportedMediaType, BodyTooLarge, InvalidBody: as they say.
    """
    content_type = request.headers.get("content-type")
    is_optional = may_be_left_out(shape)
    # A form of another site can send every content type but this one without being asked first (CORS).
    is_json = (content_type or "").partition(";")[0].strip().lower() == "application/json"
    if not is_json and not (is_optional and content_type is None):
        raise UnsupportedMediaType
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BODY_LIMIT:
            raise BodyTooLarge
    if is_optional and not raw:
        return shape()
    if not is_json:
        raise UnsupportedMediaType
    try:
        return shape.model_validate_json(bytes(raw))
    except ValidationError as error:
        raise InvalidBody from error


def may_be_left_out(shape: type[Body]) -> bool:
    """Say whether a body of this shape says something without a single field."""
    return not any(field.is_required() for field in shape.model_fields.values())
