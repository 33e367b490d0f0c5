"""The routes of a user: signing up and in, the profile, the password."""

from __future__ import annotations

from starlette.requests import Request

from ..actions.multi_session import MultiSession
from ..database.public import UserPublic
from ..errors import (
    EmailCannotBeUpdated,
    EmailTaken,
    InvalidCredentials,
    InvalidEmail,
    InvalidImage,
    InvalidName,
    InvalidPassword,
    InvalidSession,
    NoFieldsToUpdate,
    NotSignedIn,
    PasswordTooCommon,
    PasswordTooLong,
    PasswordTooShort,
    PasswordUnchanged,
    SessionChanged,
    TooManyAttempts,
    TooManySessions,
)
from ..queries.device_sessions import Opened
from ..queries.user_sessions import signed_in
from . import inputs, responses
from .context import device_on_screen, origin_of, presented, signed_in_on_screen
from .endpoint import Endpoint, Reply

_BAD_PASSWORD = PasswordTooShort, PasswordTooLong, PasswordTooCommon
_OPENING = SessionChanged, TooManyAttempts, TooManySessions
# Wrong, and ended or changed while it was verified.
_PROVING = NotSignedIn, SessionChanged, InvalidPassword, TooManyAttempts, InvalidSession, InvalidCredentials


def user_routes(multi_session: MultiSession) -> list[Endpoint]:
    """Return the routes."""
    routes = _Routes(multi_session)
    return [
        Endpoint(
            "POST",
            "/sign-up/email",
            "Make a user, signed in on this device beside the accounts that are there.",
            routes.sign_up,
            takes=inputs.SignUp,
            gives=responses.TokenAndUser,
            raises=(InvalidName, InvalidEmail, *_BAD_PASSWORD, EmailTaken, *_OPENING),
            sets_cookie=True,
        ),
        Endpoint(
            "POST",
            "/sign-in/email",
            "Sign in on this device, beside the accounts that are there.",
            routes.sign_in,
            takes=inputs.SignIn,
            gives=responses.SignedIn,
            raises=(InvalidCredentials, *_OPENING),
            sets_cookie=True,
        ),
        Endpoint(
            "POST",
            "/update-user",
            "Change the active user's name or picture.",
            routes.update_user,
            takes=inputs.Profile,
            gives=responses.Status,
            raises=(
                NotSignedIn,
                SessionChanged,
                InvalidSession,
                NoFieldsToUpdate,
                EmailCannotBeUpdated,
                InvalidName,
                InvalidImage,
            ),
        ),
        Endpoint(
            "POST",
            "/reauthenticate",
            "Show that the active user's password is known, for what asks for that.",
            routes.reauthenticate,
            takes=inputs.Proof,
            gives=responses.Status,
            raises=_PROVING,
            sets_cookie=True,
        ),
        Endpoint(
            "POST",
            "/change-password",
            "Change the active user's password.",
            routes.change_password,
            takes=inputs.PasswordChange,
            gives=responses.TokenAndUser,
            raises=(*_PROVING, *_BAD_PASSWORD, PasswordUnchanged),
            sets_cookie=True,
        ),
        Endpoint(
            "POST",
            "/delete-user",
            "Delete the active user, everywhere.",
            routes.delete_user,
            takes=inputs.Proof,
            gives=responses.UserDeleted,
            raises=_PROVING,
            ends_accounts=True,
        ),
    ]


class _Routes:
    def __init__(self, multi_session: MultiSession) -> None:
        self._kit = multi_session

    async def sign_up(self, request: Request, body: inputs.SignUp) -> Reply:
        presented(request).email = body.email
        opened = await self._kit.sign_up(
            await device_on_screen(request, body),
            name=body.name,
            email=body.email,
            password=body.password,
            origin=origin_of(request),
            is_short=not body.remember_me,
        )
        return Reply(responses.TokenAndUser(token=opened.session.id, user=_user(opened)), opened.secret)

    async def sign_in(self, request: Request, body: inputs.SignIn) -> Reply:
        presented(request).email = body.email
        opened = await self._kit.sign_in(
            await device_on_screen(request, body),
            email=body.email,
            password=body.password,
            origin=origin_of(request),
            is_short=not body.remember_me,
        )
        return Reply(responses.SignedIn(token=opened.session.id, user=_user(opened)), opened.secret)

    async def update_user(self, request: Request, body: inputs.Profile) -> Reply:
        device = await signed_in_on_screen(request, body)
        if body.email:
            raise EmailCannotBeUpdated
        named = body.model_fields_set
        if not named & {"name", "image"}:
            raise NoFieldsToUpdate
        user = signed_in(device).user
        await self._kit.update_profile(
            device,
            device.active_id,
            name=body.name if "name" in named else user.name,
            image=body.image if "image" in named else user.image,
        )
        return Reply(responses.Status())

    async def reauthenticate(self, request: Request, body: inputs.Proof) -> Reply:
        device = await signed_in_on_screen(request, body)
        secret = await self._kit.reauthenticate(device, password=body.password, origin=origin_of(request))
        return Reply(responses.Status(), secret)

    async def change_password(self, request: Request, body: inputs.PasswordChange) -> Reply:
        device = await signed_in_on_screen(request, body)
        secret = await self._kit.change_password(
            device,
            current=body.current_password,
            new=body.new_password,
            revoke_others=body.revoke_other_sessions,
            origin=origin_of(request),
        )
        user = responses.User.of(signed_in(device).user)
        return Reply(responses.TokenAndUser(token=device.active_id, user=user), secret)

    async def delete_user(self, request: Request, body: inputs.Proof) -> Reply:
        device = await signed_in_on_screen(request, body)
        await self._kit.delete_user(device, password=body.password, origin=origin_of(request))
        return Reply(responses.UserDeleted())


def _user(opened: Opened) -> responses.User:
    return responses.User.of(UserPublic.of(opened.user))
