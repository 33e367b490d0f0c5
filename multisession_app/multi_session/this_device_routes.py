"""The routes of the accounts on this device."""

from __future__ import annotations

from starlette.requests import Request

from . import answers, bodies
from .answering import Endpoint, Reply, device_on_screen, held, presented
from .device_sessions import list_device_sessions
from .errors import InvalidSession, SessionChanged
from .multi_session import MultiSession


def this_device_routes(multi_session: MultiSession) -> list[Endpoint]:
    """Return the routes."""
    routes = _Routes(multi_session)
    return [
        Endpoint(
            "POST",
            "/sign-out",
            "Sign every account of this device out.",
            routes.sign_out,
            takes=bodies.OnScreen,
            gives=answers.Success,
            raises=(SessionChanged,),
            ends_accounts=True,
        ),
        Endpoint(
            "GET",
            "/get-session",
            "Return the active session, null for none.",
            routes.get_session,
            gives=answers.SessionAndUser | None,
        ),
        Endpoint(
            "GET",
            "/multi-session/list-device-sessions",
            "Return the accounts signed in on this device, last used first.",
            routes.list_device_sessions,
            gives=list[answers.DeviceSession],
        ),
        Endpoint(
            "POST",
            "/multi-session/set-active",
            "Switch this device to another of its accounts.",
            routes.set_active,
            takes=bodies.Chosen,
            gives=answers.SessionAndUser,
            raises=(InvalidSession,),
        ),
        Endpoint(
            "POST",
            "/multi-session/revoke",
            "Sign one account of this device out; if it was the active one, the one used last takes over.",
            routes.revoke,
            takes=bodies.Chosen,
            gives=answers.Status,
            raises=(InvalidSession,),
        ),
        Endpoint(
            "POST",
            "/multi-session/revoke-others",
            "Sign every account of this device out but the active one.",
            routes.revoke_others,
            takes=bodies.OnScreen,
            gives=answers.Status,
            raises=(SessionChanged, InvalidSession),
        ),
        Endpoint(
            "POST",
            "/multi-session/revoke-all",
            "Sign every account of this device out.",
            routes.revoke_all,
            takes=bodies.OnScreen,
            gives=answers.Status,
            raises=(SessionChanged,),
            ends_accounts=True,
        ),
        Endpoint(
            "POST",
            "/multi-session/forget",
            "Take an account that has expired, or made room, off this device.",
            routes.forget,
            takes=bodies.Chosen,
            gives=answers.Status,
            raises=(InvalidSession,),
        ),
    ]


class _Routes:
    def __init__(self, multi_session: MultiSession) -> None:
        self._kit = multi_session

    async def sign_out(self, request: Request, body: bodies.OnScreen) -> Reply:
        await self.revoke_all(request, body)
        return Reply(answers.Success())

    async def get_session(self, request: Request, body: None) -> Reply:
        device = await presented(request).device()
        return Reply(answers.SessionAndUser.of(device.active) if device and device.active else None)

    async def list_device_sessions(self, request: Request, body: None) -> Reply:
        listed = list_device_sessions(await presented(request).device())
        return Reply([answers.DeviceSession.of(session) for session in listed])

    async def set_active(self, request: Request, body: bodies.Chosen) -> Reply:
        session = await self._kit.set_active(await held(request), body.session_id)
        return Reply(answers.SessionAndUser.of(session))

    async def revoke(self, request: Request, body: bodies.Chosen) -> Reply:
        await self._kit.revoke(await held(request), body.session_id)
        return Reply(answers.Status())

    async def revoke_others(self, request: Request, body: bodies.OnScreen) -> Reply:
        device = await device_on_screen(request, body)
        if device and device.active:
            await self._kit.revoke_others(device, device.active_id)
        return Reply(answers.Status())

    async def revoke_all(self, request: Request, body: bodies.OnScreen) -> Reply:
        if device := await device_on_screen(request, body):
            await self._kit.revoke_all(device)
        return Reply(answers.Status())

    async def forget(self, request: Request, body: bodies.Chosen) -> Reply:
        await self._kit.forget(await held(request), body.session_id)
        return Reply(answers.Status())
