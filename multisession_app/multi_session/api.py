"""The HTTP door, on Better Auth's wire, and the only writer of cookies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .cookies import set_cookie
from .device_secrets import PresentedDevice
from .device_sessions import Opened, Origin, list_device_sessions
from .errors import MultiSessionError, NotSignedIn, SessionChanged
from .models import UserPublic
from .multi_session import MultiSession
from .options import BASE_PATH, USER_AGENT_MAX
from .presented import Presented
from .wire import read_body, refusal, session_and_user, session_id_of, text_of, user_json

Handler = Callable[[Request], Awaitable[JSONResponse]]

# When the last account has left: what no-store does not reach, such as pictures and pages kept for the back button.
_NOTHING_KEPT = {"Clear-Site-Data": '"cache"'}


def api(multi_session: MultiSession) -> Starlette:
    """Return the routes. They need the gate around them, which puts `Presented` into the scope."""
    door = _Door(multi_session)
    table: list[tuple[str, str, Handler]] = [
        ("POST", "/sign-up/email", door.sign_up),
        ("POST", "/sign-in/email", door.sign_in),
        ("POST", "/sign-out", door.sign_out),
        ("GET", "/get-session", door.get_session),
        ("GET", "/multi-session/list-device-sessions", door.list_device_sessions),
        ("POST", "/multi-session/set-active", door.set_active),
        ("POST", "/multi-session/revoke", door.revoke),
        ("POST", "/multi-session/revoke-others", door.revoke_others),
        ("POST", "/multi-session/revoke-all", door.revoke_all),
        ("POST", "/multi-session/forget", door.forget),
        ("POST", "/update-user", door.update_user),
        ("GET", "/ok", door.ok),
    ]
    return Starlette(
        routes=[
            Route(BASE_PATH + path, _answering(handler, multi_session), methods=[method])
            for method, path, handler in table
        ]
    )


class _Door:
    def __init__(self, multi_session: MultiSession) -> None:
        self._kit = multi_session

    async def sign_up(self, request: Request) -> JSONResponse:
        body = await read_body(request)
        device = await _device_on_screen(request, body)
        opened = await self._kit.sign_up(
            device,
            name=text_of(body, "name"),
            email=text_of(body, "email"),
            password=text_of(body, "password"),
            origin=_origin(request),
        )
        return _opened(request, {"token": opened.session.id}, opened)

    async def sign_in(self, request: Request) -> JSONResponse:
        body = await read_body(request)
        device = await _device_on_screen(request, body)
        opened = await self._kit.sign_in(
            device, email=text_of(body, "email"), password=text_of(body, "password"), origin=_origin(request)
        )
        return _opened(request, {"redirect": False, "token": opened.session.id}, opened)

    async def sign_out(self, request: Request) -> JSONResponse:
        if device := await _device_on_screen(request, await read_body(request, optional=True)):
            await self._kit.revoke_all(device)
        return JSONResponse({"success": True}, headers=_NOTHING_KEPT)

    async def get_session(self, request: Request) -> JSONResponse:
        device = await _presented(request).device()
        return JSONResponse(session_and_user(device.active) if device and device.active else None)

    async def list_device_sessions(self, request: Request) -> JSONResponse:
        listed = list_device_sessions(await _presented(request).device())
        return JSONResponse(
            [
                {
                    **session_and_user(session),
                    "id": session.id,
                    "userAgent": session.user_agent,
                    "ipAddress": session.ip_address,
                    "lastActiveAt": session.last_active_at.isoformat(),
                    "isCurrent": session.is_current,
                }
                for session in listed
            ]
        )

    async def set_active(self, request: Request) -> JSONResponse:
        session_id = session_id_of(await read_body(request))
        return JSONResponse(session_and_user(await self._kit.set_active(await _held(request), session_id)))

    async def revoke(self, request: Request) -> JSONResponse:
        session_id = session_id_of(await read_body(request))
        await self._kit.revoke(await _held(request), session_id)
        return JSONResponse({"status": True})

    async def revoke_others(self, request: Request) -> JSONResponse:
        device = await _device_on_screen(request, await read_body(request, optional=True))
        if device and device.active:
            await self._kit.revoke_others(device, device.active_id)
        return JSONResponse({"status": True})

    async def revoke_all(self, request: Request) -> JSONResponse:
        if device := await _device_on_screen(request, await read_body(request, optional=True)):
            await self._kit.revoke_all(device)
        return JSONResponse({"status": True}, headers=_NOTHING_KEPT)

    async def forget(self, request: Request) -> JSONResponse:
        session_id = session_id_of(await read_body(request))
        await self._kit.forget(await _held(request), session_id)
        return JSONResponse({"status": True})

    async def update_user(self, request: Request) -> JSONResponse:
        body = await read_body(request)
        device = await _device_on_screen(request, body)
        if device is None or device.active is None:
            raise NotSignedIn
        name, image = device.active.user.name, device.active.user.image
        # What is not mentioned stays; null takes the picture away.
        await self._kit.update_profile(
            device,
            device.active_id,
            name=text_of(body, "name") if "name" in body else name,
            image=(body["image"] and text_of(body, "image")) if "image" in body else image,
        )
        return JSONResponse({"status": True})

    async def ok(self, request: Request) -> JSONResponse:
        await self._kit.ping()
        return JSONResponse({"ok": True})


def _answering(handler: Handler, multi_session: MultiSession) -> Handler:
    """Answer every refusal too, and keep all answers out of caches."""

    async def answer(request: Request) -> JSONResponse:
        try:
            response = await handler(request)
        except MultiSessionError as error:
            response = refusal(error, multi_session.options.localization)
        response.headers["Cache-Control"] = "no-store"
        return response

    return answer


def _presented(request: Request) -> Presented:
    presented = request.scope["multi_session"]
    assert isinstance(presented, Presented)  # noqa: S101 - the gate is missing: a mistake in the wiring
    return presented


async def _held(request: Request) -> PresentedDevice:
    device = await _presented(request).device()
    # An unknown cookie holds no session: the same refusal as for a foreign id.
    return device or PresentedDevice(id="", state_key="", generation=-1, is_first_use=False, sessions=())


async def _device_on_screen(request: Request, body: dict[str, Any]) -> PresentedDevice | None:
    """Return the device, unless the page that posts showed another account than the active one."""
    device = await _presented(request).device()
    on_screen = body.get("sessionId")
    if on_screen is not None and on_screen != (device.active_id if device else ""):
        raise SessionChanged
    return device


def _origin(request: Request) -> Origin:
    user_agent = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())
    origin = _presented(request).origin
    return Origin(user_agent[:USER_AGENT_MAX], origin.ip_address[:64], origin.through_unknown_proxy)


def _opened(request: Request, answer: dict[str, Any], opened: Opened) -> JSONResponse:
    response = JSONResponse({**answer, "user": user_json(UserPublic.of(opened.user))})
    response.headers["Set-Cookie"] = set_cookie(_presented(request).cookie_name, opened.secret)
    return response
