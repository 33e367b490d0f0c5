"""The HTTP door, on Better Auth's wire, and the only writer of cookies."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from ..actions.devices import DOWN
from ..actions.multi_session import MultiSession
from ..options import BASE_PATH
from . import responses
from .device_session_routes import this_device_routes
from .endpoint import Address, Endpoint, Reply
from .openapi import describe
from .user_routes import user_routes
from .user_session_routes import every_device_routes

logger = logging.getLogger(__name__)


def api(multi_session: MultiSession) -> Starlette:
    """Return the routes. They need the gate around them, which puts `Presented` into the scope."""
    addresses: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints(multi_session):
        addresses.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    routes = [Route(BASE_PATH + path, Address(multi_session, here)) for path, here in addresses.items()]
    nothing = Address(multi_session, {})
    return Starlette(routes=[*routes, Route(BASE_PATH, nothing), Route(BASE_PATH + "/{path:path}", nothing)])


def endpoints(multi_session: MultiSession) -> list[Endpoint]:
    """Return the table of all routes."""
    own = _Routes(multi_session)
    return [
        *user_routes(multi_session),
        *this_device_routes(multi_session),
        *every_device_routes(multi_session),
        Endpoint("GET", "/ok", "Answer if the process is up and its database answers.", own.ok, gives=responses.Ok),
        Endpoint(
            "GET", "/ready", "Name what is down, with 503 if anything is.", own.ready, responses.Ready, or_status=503
        ),
        Endpoint("GET", "/openapi.json", "Return this description.", own.openapi, gives=dict[str, Any]),
    ]


class _Routes:
    def __init__(self, multi_session: MultiSession) -> None:
        self._kit = multi_session

    async def ok(self, request: Request, body: None) -> Reply:
        await self._kit.ping()
        return Reply(responses.Ok())

    async def ready(self, request: Request, body: None) -> Reply:
        found = await self._kit.readiness()
        is_ready = DOWN not in found.values()
        return Reply(responses.Ready(ok=is_ready, **found), status=200 if is_ready else 503)

    async def openapi(self, request: Request, body: None) -> Reply:
        return Reply(self._description)

    @cached_property
    def _description(self) -> dict[str, Any]:
        return describe(endpoints(self._kit))
