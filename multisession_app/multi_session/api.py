"""The HTTP door, on Better Auth's wire, and the only writer of cookies."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .answering import Handler
from .errors import MultiSessionError
from .every_device_routes import every_device_routes
from .multi_session import MultiSession
from .options import BASE_PATH
from .this_device_routes import this_device_routes
from .user_routes import user_routes
from .wire import refusal


def api(multi_session: MultiSession) -> Starlette:
    """Return the routes. They need the gate around them, which puts `Presented` into the scope."""

    async def ok(request: Request) -> JSONResponse:
        await multi_session.ping()
        return JSONResponse({"ok": True})

    table: list[tuple[str, str, Handler]] = [
        *user_routes(multi_session),
        *this_device_routes(multi_session),
        *every_device_routes(multi_session),
        ("GET", "/ok", ok),
    ]
    return Starlette(
        routes=[
            Route(BASE_PATH + path, _answering(handler, multi_session), methods=[method])
            for method, path, handler in table
        ]
    )


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
