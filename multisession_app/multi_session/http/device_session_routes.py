"""The routes of the accounts on this device."""

from __future__ import annotations

from starlette.requests import Request

from ..actions.multi_session import MultiSession
from ..errors import InvalidSession, SessionChanged
from ..queries.device_sessions import list_device_sessions
from . import inputs, responses
from .context import device_on_screen, held, presented
from .endpoint import Endpoint, Reply


def this_device_routes(multi_session: MultiSession) -> list[Endpoint]:
    """Return the routes."""
    routes = _Routes(multi_session)
    return [
        Endpoint(
            "POST",
            "/sign-out",
            "Sign every account of this device out.",
            routes.sign_out,
            takes=inputs.OnScreen,
            gives=responses.Success,
            raises=(SessionChanged,),
            ends_accounts=True,
        ),
        Endpoint(
            "GET",
            "/get-session",
            "Return the active session, null for none.",
            routes.get_session,
            gives=responses.SessionAndUser | None,
        ),
        Endpoint(
            "GET",
            "/multi-session/list-device-sessions",
            "Return the accounts signed in on this device, last used first.",
            routes.list_device_sessions,
            gives=list[responses.DeviceSession],
        ),
        Endpoint(
            "POST",
            "/multi-session/set-active",
            "Switch this device to another of its accounts.",
            routes.set_active,
            takes=inputs.Chosen,
            gives=responses.SessionAndUser,
            raises=(InvalidSession,),
        ),
        Endpoint(
            "POST",
            "/multi-session/revoke",
            "Sign one account of this device out; if it was the active one, the one used last takes over.",
            routes.revoke,
            takes=inputs.Chosen,
            gives=responses.Status,
            raises=(InvalidSession,),
        ),
        Endpoint(
            "POST",
            "/multi-session/revoke-others",
            "Sign every account of this device out but the active one.",
            routes.revoke_others,
            takes=inputs.OnScreen,
            gives=responses.Status,
            raises=(SessionChanged, InvalidSession),
        ),
        Endpoint(
            "POST",
            "/multi-session/revoke-all",
            "Sign every account of this device out.",
            routes.revoke_all,
            takes=inputs.OnScreen,
            gives=responses.Status,
            raises=(SessionChanged,),
            ends_accounts=True,
        ),
        Endpoint(
            "POST",
            "/multi-session/forget",
            "Take an account that has expired, or made room, off this device.",
            routes.forget,
            takes=inputs.Chosen,
            gives=responses.Status,
            raises=(InvalidSession,),
        ),
    ]


class _Routes:
    def __init__(self, multi_session: MultiSession) -> None:
        self._kit = multi_session

    async def sign_out(self, request: Request, body: inputs.OnScreen) -> Reply:
        await self.revoke_all(request, body)
        return Reply(responses.Success())

    async def get_session(self, request: Request, body: None) -> Reply:
        device = await presented(request).device()
        return Reply(responses.SessionAndUser.of(device.active) if device and device.active else None)

    async def list_device_sessions(self, request: Request, body: None) -> Reply:
        listed = list_device_sessions(await presented(request).device())
        return Reply([responses.DeviceSession.of(session) for session in listed])

    async def set_active(self, request: Request, body: inputs.Chosen) -> Reply:
        session = await self._kit.set_active(await held(request), body.session_id)
        return Reply(responses.SessionAndUser.of(session))

    async def revoke(self, request: Request, body: inputs.Chosen) -> Reply:
        await self._kit.revoke(await held(request), body.session_id)
        return Reply(responses.Status())

    async def revoke_others(self, request: Request, body: inputs.OnScreen) -> Reply:
        device = await device_on_screen(request, body)
        if device and device.active:
            await self._kit.revoke_others(device, device.active_id)
        return Reply(responses.Status())

    async def revoke_all(self, request: Request, body: inputs.OnScreen) -> Reply:
        if device := await device_on_screen(request, body):
            await self._kit.revoke_all(device)
        return Reply(responses.Status())

    async def forget(self, request: Request, body: inputs.Chosen) -> Reply:
        await self._kit.forget(await held(request), body.session_id)
        return Reply(responses.Status())
