"""The routes of one account's sessions on all its devices."""

from __future__ import annotations

from starlette.requests import Request

from ..actions.multi_session import MultiSession
from ..errors import InvalidSession, NotSignedIn, SessionChanged, SessionNotFresh
from ..queries.devices import ProvenDevice
from . import inputs, responses
from .context import signed_in_on_screen
from .endpoint import Endpoint, Reply

_ENDING = NotSignedIn, SessionChanged, SessionNotFresh, InvalidSession


async def list_sessions(kit: MultiSession, request: Request, body: None) -> Reply:
    """Return the active user's sessions."""
    sessions = await kit.user_sessions.list_sessions(await _signed_in(request))
    return Reply([responses.UserSession.of(session) for session in sessions])


async def list_security_events(kit: MultiSession, request: Request, body: None) -> Reply:
    """Return a page of the active user's security events."""
    device = await _signed_in(request)
    events, next_id = await kit.user_sessions.list_security_events(device, request.query_params.get("before", ""))
    listed = [responses.SecurityEvent.of(event) for event in events]
    return Reply(responses.SecurityEvents(events=listed, next=next_id or None))


async def revoke_session(kit: MultiSession, request: Request, body: inputs.Token) -> Reply:
    """End one session of the active user."""
    await kit.user_sessions.revoke_session(await signed_in_on_screen(request, body), body.token)
    return Reply(responses.Status())


async def revoke_other_sessions(kit: MultiSession, request: Request, body: inputs.OnScreen) -> Reply:
    """End the active user's sessions on other devices."""
    await kit.user_sessions.revoke_other_sessions(await signed_in_on_screen(request, body))
    return Reply(responses.Status())


async def revoke_sessions(kit: MultiSession, request: Request, body: inputs.OnScreen) -> Reply:
    """End the active user's sessions everywhere."""
    await kit.user_sessions.revoke_sessions(await signed_in_on_screen(request, body))
    return Reply(responses.Status())


async def _signed_in(request: Request) -> ProvenDevice:
    return await signed_in_on_screen(request, inputs.OnScreen())


USER_SESSION_ROUTES = (
    Endpoint(
        "GET",
        "/list-sessions",
        "Return the active user's sessions on every device: this device's first, then the one used last.",
        list_sessions,
        gives=list[responses.UserSession],
        raises=(NotSignedIn,),
    ),
    Endpoint(
        "GET",
        "/list-security-events",
        "Return the active user's recent security activity, newest first.",
        list_security_events,
        gives=responses.SecurityEvents,
        raises=(NotSignedIn,),
        query={"before": "The id to go on from, as an earlier answer gave it."},
    ),
    Endpoint(
        "POST",
        "/revoke-session",
        "End one of the active user's sessions, on this device or, with a fresh password, on another.",
        revoke_session,
        takes=inputs.Token,
        gives=responses.Status,
        raises=_ENDING,
        ends_cookie=True,
    ),
    Endpoint(
        "POST",
        "/revoke-other-sessions",
        "End the active user's sessions on all other devices.",
        revoke_other_sessions,
        takes=inputs.OnScreen,
        gives=responses.Status,
        raises=_ENDING,
    ),
    Endpoint(
        "POST",
        "/revoke-sessions",
        "End the active user's sessions on all devices, this one included.",
        revoke_sessions,
        takes=inputs.OnScreen,
        gives=responses.Status,
        raises=_ENDING,
        ends_accounts=True,
        ends_cookie=True,
    ),
)
