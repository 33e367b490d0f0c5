"""The routes of the accounts on this device."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from .answering import NOTHING_KEPT, Handler, device_on_screen, held, presented
from .device_sessions import list_device_sessions
from .multi_session import MultiSession
from .wire import read_body, session_and_user, session_id_of


def this_device_routes(multi_session: MultiSession) -> list[tuple[str, str, Handler]]:
    """Return the method, path and handler of each route."""
    routes = _Routes(multi_session)
    return [
        ("POST", "/sign-out", routes.sign_out),
        ("GET", "/get-session", routes.get_session),
        ("GET", "/multi-session/list-device-sessions", routes.list_device_sessions),
        ("POST", "/multi-session/set-active", routes.set_active),
        ("POST", "/multi-session/revoke", routes.revoke),
        ("POST", "/multi-session/revoke-others", routes.revoke_others),
        ("POST", "/multi-session/revoke-all", routes.revoke_all),
        ("POST", "/multi-session/forget", routes.forget),
    ]


class _Routes:
    def __init__(self, multi_session: MultiSession) -> None:
        self._kit = multi_session

    async def sign_out(self, request: Request) -> JSONResponse:
        if device := await device_on_screen(request, await read_body(request, optional=True)):
            await self._kit.revoke_all(device)
        return JSONResponse({"success": True}, headers=NOTHING_KEPT)

    async def get_session(self, request: Request) -> JSONResponse:
        device = await presented(request).device()
        return JSONResponse(session_and_user(device.active) if device and device.active else None)

    async def list_device_sessions(self, request: Request) -> JSONResponse:
        listed = list_device_sessions(await presented(request).device())
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
        return JSONResponse(session_and_user(await self._kit.set_active(await held(request), session_id)))

    async def revoke(self, request: Request) -> JSONResponse:
        session_id = session_id_of(await read_body(request))
        await self._kit.revoke(await held(request), session_id)
        return JSONResponse({"status": True})

    async def revoke_others(self, request: Request) -> JSONResponse:
        device = await device_on_screen(request, await read_body(request, optional=True))
        if device and device.active:
            await self._kit.revoke_others(device, device.active_id)
        return JSONResponse({"status": True})

    async def revoke_all(self, request: Request) -> JSONResponse:
        if device := await device_on_screen(request, await read_body(request, optional=True)):
            await self._kit.revoke_all(device)
        return JSONResponse({"status": True}, headers=NOTHING_KEPT)

    async def forget(self, request: Request) -> JSONResponse:
        session_id = session_id_of(await read_body(request))
        await self._kit.forget(await held(request), session_id)
        return JSONResponse({"status": True})
