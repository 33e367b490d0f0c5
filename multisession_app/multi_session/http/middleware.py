"""The ASGI middleware around the whole app.

It checks the origin, takes the cookie out of the headers, names the Reflex state tree, and adds the security headers to
every answer.
"""

from __future__ import annotations

import logging
from pathlib import Path

from starlette.datastructures import Headers

from ..actions.multi_session import MultiSession
from ..actions.state_trees import tree_token
from ..actions.tabs import HEADER, Change
from ..errors import AddressTooLong, HeadersTooLarge, MultiSessionError, NotFound, ServerError, SessionChanged
from ..options import BASE_PATH, HEADERS_LIMIT, PATH_LIMIT, QUERY_LIMIT, Options
from ..queries.device_secrets import hash_secret
from ..queries.devices import ProvenDevice
from ..security.cookies import cookie_name, take_cookie
from ..security.headers import SecurityHeaders
from ..security.origins import SAFE_METHODS, UNKNOWN_PROXY, RequestOrigin
from .context import RequestContext
from .refusals import log_refusal
from .responses import refusal
from .socket_flow import Message, Receive, Send
from .sockets import App, Scope, Sockets, split_tab

logger = logging.getLogger(__name__)

TAB_HEADER = b"reflex-client-token"


class DeviceMiddleware:
    """Wraps the whole app, so that nothing inside sees the secret and every state tree belongs to an account."""

    def __init__(self, app: App, kit: MultiSession, *, event_path: str = "/_event", pages: Path | None = None) -> None:
        """Wrap `app`.

        `event_path` is where Reflex's websocket is mounted, `pages` the folder of built pages that `app` serves.
        """
        self._app = app
        self._kit = kit
        self._sockets = Sockets(app, kit)
        self._headers = SecurityHeaders(kit.options, pages)
        self._event_path = event_path.rstrip("/")
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer the refusal."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        options = self._kit.options
        origin = RequestOrigin.of(scope, options)
        if origin.through_unknown_proxy and not self._has_warned:
            self._has_warned = True
            logger.warning(UNKNOWN_PROXY)
        name = cookie_name(options, is_https=origin.is_https)
        # Only the kit's routes have this limit: what the app's own ones take is the app's concern.
        is_too_large = _is_ours(scope["path"]) and _size_of(scope["headers"]) > HEADERS_LIMIT
        secret, headers = _take_secret(scope["headers"], name)
        user_agent = Headers(scope=scope).get("user-agent", "")
        secret_hash = hash_secret(secret) if secret else None
        context = RequestContext(self._kit, name, secret_hash, origin, user_agent, self._kit.now())
        protocol = "ws" if scope["type"] == "websocket" else "http"
        # The scheme that the browser sees: behind a proxy that ends https, the file server would redirect to http.
        scheme = protocol + "s" * origin.is_https
        scope = {**scope, "scheme": scheme, "headers": headers, "multi_session": context}
        answer = None
        if scope["type"] == "http":
            send = answer = _Answer(send, self._headers, scope["path"], is_https=origin.is_https)
        try:
            if is_too_large:
                raise HeadersTooLarge
            if _is_too_long(scope):
                raise AddressTooLong
            origin.check(options, has_cookie=secret is not None)
            if not self._is_for_events(scope):
                await self._request(scope, receive, send, context)
            elif scope["type"] == "websocket":
                await self._sockets.open(scope, receive, send, context)
            else:
                # An HTTP request that asks for an upgrade without being one makes engine.io 4.15 answer 500.
                raise NotFound
        except MultiSessionError as error:
            log_refusal(error, scope["path"], origin)
            await _refuse(scope, receive, send, error, options)
        except Exception as error:
            if answer is None:
                raise
            # The server would log the outermost frames only, all errors as if from one place.
            logger.error("A request failed.", exc_info=error)
            if answer.has_begun:
                raise
            await _refuse(scope, receive, send, ServerError(), options)

    def _is_for_events(self, scope: Scope) -> bool:
        # engine.io answers at every path below too, and under whatever root the app is mounted. A socket that is missed
        # here could name any state tree.
        return f"{self._event_path}/" in f"{scope['path']}/"

    async def _request(self, scope: Scope, receive: Receive, send: Send, context: RequestContext) -> None:
        named_tab = Headers(scope=scope).get(TAB_HEADER.decode())
        if scope["type"] == "http" and named_tab is not None:
            tab, shown = split_tab(named_tab)
            # A page reads in its tab's name by itself, not because a person asks for it: that is no use of the account.
            device = await context.device(is_use=scope["method"] not in SAFE_METHODS)
            session_id = device.active_id if device else ""
            await self._call_back(tab, device, session_id)
            if scope["method"] not in SAFE_METHODS and shown not in {None, session_id}:
                raise SessionChanged
            tree = tree_token(device, session_id, tab)
            scope["headers"] = [(k, tree.encode() if k == TAB_HEADER else v) for k, v in scope["headers"]]
            try:
                await self._app(scope, receive, send)
            finally:
                # An upload makes a tree, whether or not its tab has a socket.
                self._kit.tabs.on_close(device.id if device else "", tree)
            return
        await self._app(scope, receive, send)

    async def _call_back(self, tab: str, device: ProvenDevice | None, session_id: str) -> None:
        # The tab may ask with a newer cookie than its socket has, since another tab of the browser has signed in. To
        # name a foreign tab is harmless: only sockets without a device or of the same device are moved or closed, and
        # none gets to see more than its own cookie opens.
        if device is not None and session_id:
            # It has had no cookie yet, or one that was deleted when nobody was left on that device.
            await self._kit.pubsub.publish(Change(device.id, None, 0, tab=tab))
        for connection in list(self._kit.tabs.connections.values()):
            if connection.identity.tab != tab:
                continue
            if device is not None and connection.identity.device == device.id and connection.session_id != session_id:
                if connection.identity.generation < device.generation:
                    self._kit.tabs.kick(connection)
                else:
                    self._kit.tabs.leave(connection)


class _Answer:
    """The `send` of an HTTP request, which adds the security headers."""

    def __init__(self, send: Send, headers: SecurityHeaders, path: str, *, is_https: bool) -> None:
        self._send, self._headers, self._path, self._is_https = send, headers, path, is_https
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            present = [*message.get("headers", ())]
            message = {**message, "headers": self._headers.complete(present, self._path, is_https=self._is_https)}
        await self._send(message)


def _is_ours(path: str) -> bool:
    return f"{path}/".startswith(f"{BASE_PATH}/")


def _is_too_long(scope: Scope) -> bool:
    path = scope.get("raw_path") or scope["path"]
    return len(path) > PATH_LIMIT or len(scope.get("query_string", b"")) > QUERY_LIMIT


def _size_of(headers: list[tuple[bytes, bytes]]) -> int:
    return sum(len(key) + len(value) for key, value in headers)


def _take_secret(headers: list[tuple[bytes, bytes]], name: str) -> tuple[str | None, list[tuple[bytes, bytes]]]:
    kept = []
    cookies = []
    for key, value in headers:
        lower = key.lower()
        if lower == b"cookie":
            cookies.append(value)
        elif not lower.replace(b"_", b"-").startswith(HEADER.encode()):
            kept.append((lower, value))
    secret, rest = take_cookie(b"; ".join(cookies), name)
    if rest:
        kept.append((b"cookie", rest))
    return secret, kept


async def _refuse(scope: Scope, receive: Receive, send: Send, error: MultiSessionError, options: Options) -> None:
    answer = refusal(error, options.words)
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        # A close before the accept makes the server answer 403.
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": bytes(answer.body).decode()})
        return
    await answer(scope, receive, send)
