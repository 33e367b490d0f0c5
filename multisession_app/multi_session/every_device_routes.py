"""The routes of one account's sessions on all its devices."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from .answering import NOTHING_KEPT, Handler, signed_in_on_screen
from .multi_session import MultiSession
from .wire import event_json, read_body, session_json, text_of


def every_device_routes(multi_session: MultiSession) -> list[tuple[str, str, Handler]]:
    """Return the method, path and handler of each route."""
    routes = _Routes(multi_session)
    return [
        ("GET", "/list-sessions", routes.list_sessions),
        ("GET", "/list-security-events", routes.list_security_events),
        ("POST", "/revoke-session", routes.revoke_session),
        ("POST", "/revoke-other-sessions", routes.revoke_other_sessions),
        ("POST", "/revoke-sessions", routes.revoke_sessions),
    ]


class _Routes:
    def __init__(self, multi_session: MultiSession) -> None:
        self._kit = multi_session

    async def list_sessions(self, request: Request) -> JSONResponse:
        device = await signed_in_on_screen(request, {})
        sessions = await self._kit.list_sessions(device)
        return JSONResponse([{**session_json(session), "isCurrent": session.is_current} for session in sessions])

    async def list_security_events(self, request: Request) -> JSONResponse:
        device = await signed_in_on_screen(request, {})
        events, next_id = await self._kit.list_security_events(device, request.query_params.get("before", ""))
        return JSONResponse({"events": [event_json(event) for event in events], "next": next_id or None})

    async def revoke_session(self, request: Request) -> JSONResponse:
        body = await read_body(request)
        session_id = text_of(body, "token")
        await self._kit.revoke_session(await signed_in_on_screen(request, body), session_id)
        return JSONResponse({"status": True})

    async def revoke_other_sessions(self, request: Request) -> JSONResponse:
        body = await read_body(request, optional=True)
        await self._kit.revoke_other_sessions(await signed_in_on_screen(request, body))
        return JSONResponse({"status": True})

    async def revoke_sessions(self, request: Request) -> JSONResponse:
        body = await read_body(request, optional=True)
        await self._kit.revoke_sessions(await signed_in_on_screen(request, body))
        return JSONResponse({"status": True}, headers=NOTHING_KEPT)
