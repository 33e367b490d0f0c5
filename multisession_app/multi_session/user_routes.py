"""The routes of a user: signing up and in, the profile, the password."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from .answering import NOTHING_KEPT, Handler, device_on_screen, origin_of, signed_in_on_screen, with_cookie
from .device_sessions import Opened
from .models import UserPublic
from .multi_session import MultiSession
from .user_sessions import signed_in
from .wire import flag_of, read_body, text_of, user_json


def user_routes(multi_session: MultiSession) -> list[tuple[str, str, Handler]]:
    """Return the method, path and handler of each route."""
    routes = _Routes(multi_session)
    return [
        ("POST", "/sign-up/email", routes.sign_up),
        ("POST", "/sign-in/email", routes.sign_in),
        ("POST", "/update-user", routes.update_user),
        ("POST", "/reauthenticate", routes.reauthenticate),
        ("POST", "/change-password", routes.change_password),
        ("POST", "/delete-user", routes.delete_user),
    ]


class _Routes:
    def __init__(self, multi_session: MultiSession) -> None:
        self._kit = multi_session

    async def sign_up(self, request: Request) -> JSONResponse:
        body = await read_body(request)
        device = await device_on_screen(request, body)
        opened = await self._kit.sign_up(
            device,
            name=text_of(body, "name"),
            email=text_of(body, "email"),
            password=text_of(body, "password"),
            origin=origin_of(request),
        )
        return _opened(request, {"token": opened.session.id}, opened)

    async def sign_in(self, request: Request) -> JSONResponse:
        body = await read_body(request)
        device = await device_on_screen(request, body)
        opened = await self._kit.sign_in(
            device, email=text_of(body, "email"), password=text_of(body, "password"), origin=origin_of(request)
        )
        return _opened(request, {"redirect": False, "token": opened.session.id}, opened)

    async def update_user(self, request: Request) -> JSONResponse:
        body = await read_body(request)
        device = await signed_in_on_screen(request, body)
        user = signed_in(device).user
        # What is not mentioned stays; null takes the picture away.
        await self._kit.update_profile(
            device,
            device.active_id,
            name=text_of(body, "name") if "name" in body else user.name,
            image=(body["image"] and text_of(body, "image")) if "image" in body else user.image,
        )
        return JSONResponse({"status": True})

    async def reauthenticate(self, request: Request) -> JSONResponse:
        body = await read_body(request)
        password = text_of(body, "password")
        device = await signed_in_on_screen(request, body)
        secret = await self._kit.reauthenticate(device, password=password, origin=origin_of(request))
        return with_cookie(request, {"status": True}, secret)

    async def change_password(self, request: Request) -> JSONResponse:
        body = await read_body(request)
        current, new = text_of(body, "currentPassword"), text_of(body, "newPassword")
        revoke_others = flag_of(body, "revokeOtherSessions", default=True)
        device = await signed_in_on_screen(request, body)
        secret = await self._kit.change_password(
            device, current=current, new=new, revoke_others=revoke_others, origin=origin_of(request)
        )
        return with_cookie(request, {"token": device.active_id, "user": user_json(signed_in(device).user)}, secret)

    async def delete_user(self, request: Request) -> JSONResponse:
        body = await read_body(request)
        password = text_of(body, "password")
        device = await signed_in_on_screen(request, body)
        await self._kit.delete_user(device, password=password, origin=origin_of(request))
        return JSONResponse({"success": True, "message": "User deleted"}, headers=NOTHING_KEPT)


def _opened(request: Request, answer: dict[str, Any], opened: Opened) -> JSONResponse:
    return with_cookie(request, {**answer, "user": user_json(UserPublic.of(opened.user))}, opened.secret)
