"""The table of all routes, most of them Better Auth's, and the app that serves them."""

from __future__ import annotations

from functools import cache
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from ..actions.health import DOWN
from ..actions.multi_session import MultiSession
from ..options import BASE_PATH
from . import responses
from .device_session_routes import DEVICE_SESSION_ROUTES
from .endpoint import Endpoint, MethodRouter, Reply
from .openapi import describe
from .user_routes import USER_ROUTES
from .user_session_routes import USER_SESSION_ROUTES


async def ok(kit: MultiSession, request: Request, body: None) -> Reply:
    """Answer if the database does."""
    await kit.health.ping()
    return Reply(responses.Ok())


async def ready(kit: MultiSession, request: Request, body: None) -> Reply:
    """Name what is down."""
    found = await kit.health.readiness()
    is_ready = DOWN not in found.values()
    return Reply(responses.Ready(ok=is_ready, **found), status=200 if is_ready else 503)


async def openapi(kit: MultiSession, request: Request, body: None) -> Reply:
    """Describe all routes."""
    return Reply(_description(kit.options.password_minimum))


@cache
def _description(password_minimum: int) -> dict[str, Any]:
    return describe(ENDPOINTS, password_minimum=password_minimum)


ENDPOINTS = (
    *USER_ROUTES,
    *DEVICE_SESSION_ROUTES,
    *USER_SESSION_ROUTES,
    Endpoint("GET", "/ok", "Answer if the process is up and its database answers.", ok, gives=responses.Ok),
    Endpoint("GET", "/ready", "Name what is down, with 503 if anything is.", ready, responses.Ready, or_status=503),
    Endpoint("GET", "/openapi.json", "Return this description.", openapi, gives=dict[str, Any]),
)


def _routes() -> list[Route]:
    by_path: dict[str, list[Endpoint]] = {}
    for endpoint in ENDPOINTS:
        by_path.setdefault(endpoint.path, []).append(endpoint)
    nothing = MethodRouter()
    return [
        *(Route(BASE_PATH + path, MethodRouter(*endpoints)) for path, endpoints in by_path.items()),
        Route(BASE_PATH, nothing),
        Route(BASE_PATH + "/{path:path}", nothing),
    ]


# Made once: the shapes of all answers are compiled with them.
_ROUTES = _routes()


def api() -> Starlette:
    """Return the routes as an app. It needs `DeviceMiddleware` around it."""
    return Starlette(routes=_ROUTES)
