"""The routes of one account's sessions on all its devices."""

from __future__ import annotations

from starlette.requests import Request

from ..actions.multi_session import MultiSession
from ..errors import InvalidSession, NotSignedIn, SessionChanged, SessionNotFresh
from ..queries.devices import PresentedDevice
from . import inputs, responses
from .context import signed_in_on_screen
from .endpoint import Endpoint, Reply

_ENDING = NotSignedIn, SessionChanged, SessionNotFresh, InvalidSession


def every_device_routes(multi_session: MultiSession) -> list[Endpoint]:
    """Return the routes."""
    routes = _Routes(multi_session)
    return [
        Endpoint(
            "GET",
            "/list-sessions",
            "Return the active user's sessions on every device: this device's first, then the one used last.",
            routes.list_sessions,
            gives=list[responses.UserSession],
            raises=(NotSignedIn,),
        ),
        Endpoint(
            "GET",
            "/list-security-events",
            "Return the active user's recent security activity, newest first.",
            routes.list_security_events,
            gives=responses.SecurityEvents,
            raises=(NotSignedIn,),
            query={"before": "The id to go on from, as an earlier answer gave it."},
        ),
        Endpoint(
            "POST",
            "/revoke-session",
            "End one of the active user's sessions, on this device or, with a fresh password, on another.",
            routes.revoke_session,
            takes=inputs.Token,
            gives=responses.Status,
            raises=_ENDING,
        ),
        Endpoint(
            "POST",
            "/revoke-other-sessions",
            "End the active user's sessions on all other devices.",
            routes.revoke_other_sessions,
            takes=inputs.OnScreen,
            gives=responses.Status,
            raises=_ENDING,
        ),
        Endpoint(
            "POST",
            "/revoke-sessions",
            "End the active user's sessions on all devices, this one included.",
            routes.revoke_sessions,
            takes=inputs.OnScreen,
            gives=responses.Status,
            raises=_ENDING,
            ends_accounts=True,
        ),
    ]


class _Routes:
    def __init__(self, multi_session: MultiSession) -> None:
        self._kit = multi_session

    async def list_sessions(self, request: Request, body: None) -> Reply:
        sessions = await self._kit.list_sessions(await _signed_in(request))
        return Reply([responses.UserSession.of(session) for session in sessions])

    async def list_security_events(self, request: Request, body: None) -> Reply:
        device = await _signed_in(request)
        events, next_id = await self._kit.list_security_events(device, request.query_params.get("before", ""))
        listed = [responses.SecurityEvent.of(event) for event in events]
        return Reply(responses.SecurityEvents(events=listed, next=next_id or None))

    async def revoke_session(self, request: Request, body: inputs.Token) -> Reply:
        await self._kit.revoke_session(await signed_in_on_screen(request, body), body.token)
        return Reply(responses.Status())

    async def revoke_other_sessions(self, request: Request, body: inputs.OnScreen) -> Reply:
        await self._kit.revoke_other_sessions(await signed_in_on_screen(request, body))
        return Reply(responses.Status())

    async def revoke_sessions(self, request: Request, body: inputs.OnScreen) -> Reply:
        await self._kit.revoke_sessions(await signed_in_on_screen(request, body))
        return Reply(responses.Status())


async def _signed_in(request: Request) -> PresentedDevice:
    return await signed_in_on_screen(request, inputs.OnScreen())
