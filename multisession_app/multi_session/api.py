"""The HTTP door, on Better Auth's wire, and the only writer of cookies."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from . import answers
from .answering import Endpoint, Reply, cookie_for, presented
from .errors import MethodNotAllowed, MultiSessionError, NotFound
from .every_device_routes import every_device_routes
from .multi_session import MultiSession
from .openapi import describe
from .options import BASE_PATH
from .presenting import DOWN
from .this_device_routes import this_device_routes
from .user_routes import user_routes
from .wire import read_body, refusal

# When an account has left by more than a click: what no-store does not reach, such as pictures and pages kept for the
# back button.
_NOTHING_KEPT = {"Clear-Site-Data": '"cache"'}

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
        Endpoint("GET", "/ok", "Answer if the process is up and its database answers.", own.ok, gives=answers.Ok),
        Endpoint(
            "GET", "/ready", "Name what is down, with 503 if anything is.", own.ready, answers.Ready, or_status=503
        ),
        Endpoint("GET", "/openapi.json", "Return this description.", own.openapi, gives=dict[str, Any]),
    ]


class _Routes:
    def __init__(self, multi_session: MultiSession) -> None:
        self._kit = multi_session

    async def ok(self, request: Request, body: None) -> Reply:
        await self._kit.ping()
        return Reply(answers.Ok())

    async def ready(self, request: Request, body: None) -> Reply:
        found = await self._kit.readiness()
        is_ready = DOWN not in found.values()
        return Reply(answers.Ready(ok=is_ready, **found), status=200 if is_ready else 503)

    async def openapi(self, request: Request, body: None) -> Reply:
        return Reply(self._description)

    @cached_property
    def _description(self) -> dict[str, Any]:
        return describe(endpoints(self._kit))


class Address:
    """One address, with all its methods: an ASGI app, since a `Route` of a function answers other methods in text."""

    def __init__(self, multi_session: MultiSession, here: dict[str, Endpoint]) -> None:
        """Answer by the endpoints that are `here`, by their methods."""
        self._words = multi_session.options.localization
        self._here = {method: (endpoint, TypeAdapter(endpoint.gives)) for method, endpoint in here.items()}
        self._allow = ", ".join([*here, *(["HEAD"] if "GET" in here else []), "OPTIONS"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer every refusal too, and keep all answers out of caches."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except MultiSessionError as error:
            asking = presented(request)
            where = asking.origin.ip_address
            logger.info("Refused %r from %s (%s): %s", scope["path"], where, asking.who, error.code)
            response = refusal(error, self._words)
        response.headers["Cache-Control"] = "no-store"
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if not self._here:
            raise NotFound
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": self._allow})
        # What has no body for HEAD is the server's concern (RFC 9110, 9.3.2).
        method = "GET" if request.method == "HEAD" else request.method
        if method not in self._here:
            raise MethodNotAllowed(self._allow)
        endpoint, gives = self._here[method]
        body = await read_body(request, endpoint.takes) if endpoint.takes else None
        reply = await endpoint.handler(request, body)
        headers = dict(_NOTHING_KEPT) if endpoint.ends_accounts else {}
        if reply.secret:
            headers["Set-Cookie"] = cookie_for(request, reply.secret)
        return Response(gives.dump_json(reply.value, by_alias=True), reply.status, headers, "application/json")
