"""What a route is declared by, and how a request to it is answered."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..actions.multi_session import MultiSession
from ..errors import MethodNotAllowed, MultiSessionError, NotFound, ServerError
from ..security.origins import SAFE_METHODS
from .context import RequestContext, context_of, cookie_for, no_cookie_for, waiting_for_turn
from .inputs import Body, read_body
from .refusals import log_refusal
from .responses import refusal

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """What a handler returns, the device's new secret for the cookie if there is one, and the HTTP status.

    With `is_short` that cookie ends with the browser.
    """

    value: Any
    secret: str = field(default="", repr=False)
    is_short: bool = False
    status: int = 200


@dataclass(frozen=True)
class Endpoint:
    """One method of one path. The routes and their OpenAPI description are both made from it.

    `handler` gets the running kit, the request and its body in the shape `takes`. `gives` is the type of its
    `Reply.value`. `raises` are the refusals that are not common to all routes. `or_status` is a second status with the
    same type. With `takes_password` it waits for its turn. With `ends_accounts` the browser is told to clear its cache.
    With `ends_cookie` the answer deletes the cookie if it opens nothing any more.
    """

    method: str
    path: str
    summary: str
    handler: Callable[[MultiSession, Request, Any], Awaitable[Reply]]
    gives: Any
    takes: type[Body] | None = None
    raises: tuple[type[MultiSessionError], ...] = ()
    query: dict[str, str] = field(default_factory=dict)
    takes_password: bool = False
    sets_cookie: bool = False
    ends_accounts: bool = False
    ends_cookie: bool = False
    or_status: int = 200


# Clears what no-store does not reach, such as pictures and pages kept for the back button.
_NOTHING_KEPT = {"Clear-Site-Data": '"cache"'}


class MethodRouter:
    """One path with all its methods. It is an ASGI app, since a `Route` of a function answers other methods in text."""

    def __init__(self, *endpoints: Endpoint) -> None:
        """Answer by these endpoints, one for each method. Without any, every request is refused as `NotFound`."""
        self._endpoints = {endpoint.method: (endpoint, TypeAdapter(endpoint.gives)) for endpoint in endpoints}
        self._allow = ", ".join([*self._endpoints, *(["HEAD"] if "GET" in self._endpoints else []), "OPTIONS"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or say why it is refused; no answer is cached."""
        context = RequestContext.of(scope)
        try:
            response = await self._answer(context.kit, Request(scope, receive))
        except MultiSessionError as error:
            log_refusal(error, scope["path"], context.origin, context.who)
            response = refusal(error, context.kit.options.words)
        except Exception as error:
            # Here, since Starlette would answer in text, and the server would log the outermost frames only.
            logger.error("A request failed.", exc_info=error)
            response = refusal(ServerError(), context.kit.options.words)
        response.headers["Cache-Control"] = "no-store"
        await response(scope, receive, send)

    async def _answer(self, kit: MultiSession, request: Request) -> Response:
        if not self._endpoints:
            raise NotFound
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": self._allow})
        # For HEAD the server leaves the body out (RFC 9110, 9.3.2).
        method = "GET" if request.method == "HEAD" else request.method
        if method not in self._endpoints:
            raise MethodNotAllowed(self._allow)
        endpoint, gives = self._endpoints[method]
        body = await read_body(request, endpoint.takes) if endpoint.takes else None
        # Before anything is looked up: the database too is held up by a flood.
        async with waiting_for_turn(kit, request, body) if endpoint.takes_password else nullcontext():
            reply = await endpoint.handler(kit, request, body)
        headers = dict(_NOTHING_KEPT) if endpoint.ends_accounts else {}
        if reply.secret:
            headers["Set-Cookie"] = cookie_for(request, reply.secret, is_short=reply.is_short)
        elif endpoint.ends_cookie and await _is_cookie_over(kit, request, ends_all=endpoint.ends_accounts):
            headers["Set-Cookie"] = no_cookie_for(request)
        return Response(gives.dump_json(reply.value, by_alias=True), reply.status, headers, "application/json")


async def _is_cookie_over(kit: MultiSession, request: Request, *, ends_all: bool) -> bool:
    # The device as it was before the handler. What ends one account at most need not ask if there were two.
    if (device := await context_of(request).device()) is None:
        return False
    ends_at_most = 0 if request.method in SAFE_METHODS else 1
    if len(device.sessions) + len(device.remembered) > ends_at_most and not ends_all:
        return False
    return await kit.devices.end_cookie(device)
