"""The routes of the accounts on this device."""

from __future__ import annotations

from starlette.requests import Request

from ..actions.multi_session import MultiSession
from ..errors import InvalidSession, SessionChanged
from ..queries import device_sessions
from . import inputs, responses
from .context import context_of, device_on_screen, device_or_empty
from .endpoint import Endpoint, Reply


async def sign_out(kit: MultiSession, request: Request, body: inputs.OnScreen) -> Reply:
    """Sign all accounts of the device out, as Better Auth does."""
    await revoke_all(kit, request, body)
    return Reply(responses.Success())


async def get_session(kit: MultiSession, request: Request, body: None) -> Reply:
    """Return the active session."""
    device = await context_of(request).device()
    return Reply(responses.SessionAndUser.of(device.active) if device and device.active else None)


async def list_device_sessions(kit: MultiSession, request: Request, body: None) -> Reply:
    """Return the accounts on the device."""
    listed = device_sessions.list_device_sessions(await context_of(request).device())
    return Reply([responses.DeviceSession.of(session) for session in listed])


async def set_active(kit: MultiSession, request: Request, body: inputs.Chosen) -> Reply:
    """Switch to another account."""
    session = await kit.device_sessions.set_active(await device_or_empty(request), body.session_id)
    return Reply(responses.SessionAndUser.of(session))


async def revoke(kit: MultiSession, request: Request, body: inputs.Chosen) -> Reply:
    """Sign one account out."""
    await kit.device_sessions.revoke(await device_or_empty(request), body.session_id)
    return Reply(responses.Status())


async def revoke_others(kit: MultiSession, request: Request, body: inputs.OnScreen) -> Reply:
    """Sign all accounts out except the active one."""
    device = await device_on_screen(request, body)
    if device and device.active:
        await kit.device_sessions.revoke_others(device, device.active_id)
    return Reply(responses.Status())


async def revoke_all(kit: MultiSession, request: Request, body: inputs.OnScreen) -> Reply:
    """Sign all accounts out."""
    if device := await device_on_screen(request, body):
        await kit.device_sessions.revoke_all(device)
    return Reply(responses.Status())


async def forget(kit: MultiSession, request: Request, body: inputs.Chosen) -> Reply:
    """Take a remembered account off the device."""
    await kit.device_sessions.forget(await device_or_empty(request), body.session_id)
    return Reply(responses.Status())


DEVICE_SESSION_ROUTES = (
    Endpoint(
        "POST",
        "/sign-out",
        "Sign every account of this device out.",
        sign_out,
        takes=inputs.OnScreen,
        gives=responses.Success,
        raises=(SessionChanged,),
        ends_accounts=True,
        ends_cookie=True,
    ),
    Endpoint(
        "GET",
        "/get-session",
        "Return the active session, null for none.",
        get_session,
        gives=responses.SessionAndUser | None,
        ends_cookie=True,
    ),
    Endpoint(
        "GET",
        "/multi-session/list-device-sessions",
        "Return the accounts signed in on this device, last used first.",
        list_device_sessions,
        gives=list[responses.DeviceSession],
    ),
    Endpoint(
        "POST",
        "/multi-session/set-active",
        "Switch this device to another of its accounts.",
        set_active,
        takes=inputs.Chosen,
        gives=responses.SessionAndUser,
        raises=(InvalidSession,),
    ),
    Endpoint(
        "POST",
        "/multi-session/revoke",
        "Sign one account of this device out; if it was the active one, the one used last takes over.",
        revoke,
        takes=inputs.Chosen,
        gives=responses.Status,
        raises=(InvalidSession,),
        ends_cookie=True,
    ),
    Endpoint(
        "POST",
        "/multi-session/revoke-others",
        "Sign every account of this device out but the active one.",
        revoke_others,
        takes=inputs.OnScreen,
        gives=responses.Status,
        raises=(SessionChanged, InvalidSession),
    ),
    Endpoint(
        "POST",
        "/multi-session/revoke-all",
        "Sign every account of this device out.",
        revoke_all,
        takes=inputs.OnScreen,
        gives=responses.Status,
        raises=(SessionChanged,),
        ends_accounts=True,
        ends_cookie=True,
    ),
    Endpoint(
        "POST",
        "/multi-session/forget",
        "Take an account that has expired, or made room, off this device.",
        forget,
        takes=inputs.Chosen,
        gives=responses.Status,
        raises=(InvalidSession,),
        ends_cookie=True,
    ),
)
