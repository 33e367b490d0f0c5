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
    ServerBusy,
    SessionChanged,
    TooManyAttempts,
    TooManySessions,
)
from ..queries.device_sessions import OpenedSession
from ..queries.user_sessions import signed_in
from . import inputs, responses
from .context import context_of, device_on_screen, signed_in_on_screen, source_of
from .endpoint import Endpoint, Reply

_BAD_PASSWORD = PasswordTooShort, PasswordTooLong, PasswordTooCommon
_OPENING = SessionChanged, TooManyAttempts, ServerBusy, TooManySessions
# Refusals of a password entry: it is wrong, or the session ended or the password changed meanwhile.
_PROVING = (
    NotSignedIn,
    SessionChanged,
    InvalidPassword,
    TooManyAttempts,
    ServerBusy,
    InvalidSession,
    InvalidCredentials,
)


async def sign_up(kit: MultiSession, request: Request, body: inputs.SignUp) -> Reply:
    """Make a user and sign them in."""
    context_of(request).email = body.email
    opened = await kit.authentication.sign_up(
        await device_on_screen(request, body),
        name=body.name,
        email=body.email,
        password=body.password,
        source=source_of(request),
        is_short=not body.remember_me,
    )
    return Reply(responses.TokenAndUser(token=opened.session.id, user=_user(opened)), opened.secret, opened.is_short)


async def sign_in(kit: MultiSession, request: Request, body: inputs.SignIn) -> Reply:
    """Sign in with e-mail and password."""
    context_of(request).email = body.email
    opened = await kit.authentication.sign_in(
        await device_on_screen(request, body),
        email=body.email,
        password=body.password,
        source=source_of(request),
        is_short=not body.remember_me,
    )
    return Reply(responses.SignedIn(token=opened.session.id, user=_user(opened)), opened.secret, opened.is_short)


async def update_user(kit: MultiSession, request: Request, body: inputs.Profile) -> Reply:
    """Change name or picture."""
    device = await signed_in_on_screen(request, body)
    if body.email:
        raise EmailCannotBeUpdated
    named = body.model_fields_set
    if not named & {"name", "image"}:
        raise NoFieldsToUpdate
    user = signed_in(device).user
    await kit.device_sessions.update_profile(
        device,
        device.active_id,
        name=body.name if "name" in named else user.name,
        image=body.image if "image" in named else user.image,
    )
    return Reply(responses.Status())


async def reauthenticate(kit: MultiSession, request: Request, body: inputs.Proof) -> Reply:
    """Ask for the password again."""
    device = await signed_in_on_screen(request, body)
    secret = await kit.authentication.reauthenticate(device, password=body.password, source=source_of(request))
    return Reply(responses.Status(), secret, device.is_short)


async def change_password(kit: MultiSession, request: Request, body: inputs.PasswordChange) -> Reply:
    """Change the password."""
    device = await signed_in_on_screen(request, body)
    secret = await kit.authentication.change_password(
        device,
        current=body.current_password,
        new=body.new_password,
        revoke_others=body.revoke_other_sessions,
        source=source_of(request),
    )
    user = responses.User.of(signed_in(device).user)
    return Reply(responses.TokenAndUser(token=device.active_id, user=user), secret, device.is_short)


async def delete_user(kit: MultiSession, request: Request, body: inputs.Proof) -> Reply:
    """Delete the active user."""
    device = await signed_in_on_screen(request, body)
    await kit.authentication.delete_user(device, password=body.password, source=source_of(request))
    return Reply(responses.UserDeleted())


def _user(opened: OpenedSession) -> responses.User:
    return responses.User.of(UserPublic.of(opened.user))


USER_ROUTES = (
    Endpoint(
        "POST",
        "/sign-up/email",
        "Make a user, signed in on this device beside the accounts that are there.",
        sign_up,
        takes=inputs.SignUp,
        takes_password=True,
        gives=responses.TokenAndUser,
        raises=(InvalidName, InvalidEmail, *_BAD_PASSWORD, EmailTaken, *_OPENING),
        sets_cookie=True,
    ),
    Endpoint(
        "POST",
        "/sign-in/email",
        "Sign in on this device, beside the accounts that are there.",
        sign_in,
        takes=inputs.SignIn,
        takes_password=True,
        gives=responses.SignedIn,
        raises=(InvalidCredentials, *_OPENING),
        sets_cookie=True,
    ),
    Endpoint(
        "POST",
        "/update-user",
        "Change the active user's name or picture.",
        update_user,
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
        reauthenticate,
        takes=inputs.Proof,
        takes_password=True,
        gives=responses.Status,
        raises=_PROVING,
        sets_cookie=True,
    ),
    Endpoint(
        "POST",
        "/change-password",
        "Change the active user's password.",
        change_password,
        takes=inputs.PasswordChange,
        takes_password=True,
        gives=responses.TokenAndUser,
        raises=(*_PROVING, *_BAD_PASSWORD, PasswordUnchanged),
        sets_cookie=True,
    ),
    Endpoint(
        "POST",
        "/delete-user",
        "Delete the active user, everywhere.",
        delete_user,
        takes=inputs.Proof,
        takes_password=True,
        gives=responses.UserDeleted,
        raises=_PROVING,
        ends_accounts=True,
        ends_cookie=True,
    ),
)
