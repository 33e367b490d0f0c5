"""The routes of a user: signing up and in, the profile, the password."""

from __future__ import annotations

from starlette.requests import Request

from . import answers, bodies
from .answering import Endpoint, Reply, device_on_screen, origin_of, presented, signed_in_on_screen
from .device_sessions import Opened
from .errors import (
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
from .models import UserPublic
from .multi_session import MultiSession
from .user_sessions import signed_in

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
            takes=bodies.SignUp,
            gives=answers.TokenAndUser,
            raises=(InvalidName, InvalidEmail, *_BAD_PASSWORD, EmailTaken, *_OPENING),
            sets_cookie=True,
        ),
        Endpoint(
            "POST",
            "/sign-in/email",
            "Sign in on this device, beside the accounts that are there.",
            routes.sign_in,
            takes=bodies.SignIn,
            gives=answers.SignedIn,
            raises=(InvalidCredentials, *_OPENING),
            sets_cookie=True,
        ),
        Endpoint(
            "POST",
            "/update-user",
            "Change the active user's name or picture.",
            routes.update_user,
            takes=bodies.Profile,
            gives=answers.Status,
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
            takes=bodies.Proof,
            gives=answers.Status,
            raises=_PROVING,
            sets_cookie=True,
        ),
        Endpoint(
            "POST",
            "/change-password",
            "Change the active user's password.",
            routes.change_password,
            takes=bodies.PasswordChange,
            gives=answers.TokenAndUser,
            raises=(*_PROVING, *_BAD_PASSWORD, PasswordUnchanged),
            sets_cookie=True,
        ),
        Endpoint(
            "POST",
            "/delete-user",
            "Delete the active user, everywhere.",
            routes.delete_user,
            takes=bodies.Proof,
            gives=answers.UserDeleted,
            raises=_PROVING,
            ends_accounts=True,
        ),
    ]


class _Routes:
    def __init__(self, multi_session: MultiSession) -> None:
        self._kit = multi_session

    async def sign_up(self, request: Request, body: bodies.SignUp) -> Reply:
        presented(request).email = body.email
        opened = await self._kit.sign_up(
            await device_on_screen(request, body),
            name=body.name,
            email=body.email,
            password=body.password,
            origin=origin_of(request),
            is_short=not body.remember_me,
        )
        return Reply(answers.TokenAndUser(token=opened.session.id, user=_user(opened)), opened.secret)

    async def sign_in(self, request: Request, body: bodies.SignIn) -> Reply:
        presented(request).email = body.email
        opened = await self._kit.sign_in(
            await device_on_screen(request, body),
            email=body.email,
            password=body.password,
            origin=origin_of(request),
            is_short=not body.remember_me,
        )
        return Reply(answers.SignedIn(token=opened.session.id, user=_user(opened)), opened.secret)

    async def update_user(self, request: Request, body: bodies.Profile) -> Reply:
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
        return Reply(answers.Status())

    async def reauthenticate(self, request: Request, body: bodies.Proof) -> Reply:
        device = await signed_in_on_screen(request, body)
        secret = await self._kit.reauthenticate(device, password=body.password, origin=origin_of(request))
        return Reply(answers.Status(), secret)

    async def change_password(self, request: Request, body: bodies.PasswordChange) -> Reply:
        device = await signed_in_on_screen(request, body)
        secret = await self._kit.change_password(
            device,
            current=body.current_password,
            new=body.new_password,
            revoke_others=body.revoke_other_sessions,
            origin=origin_of(request),
        )
        user = answers.User.of(signed_in(device).user)
        return Reply(answers.TokenAndUser(token=device.active_id, user=user), secret)

    async def delete_user(self, request: Request, body: bodies.Proof) -> Reply:
        device = await signed_in_on_screen(request, body)
        await self._kit.delete_user(device, password=body.password, origin=origin_of(request))
        return Reply(answers.UserDeleted())


def _user(opened: Opened) -> answers.User:
    return answers.User.of(UserPublic.of(opened.user))
