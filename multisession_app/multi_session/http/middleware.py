"""The ASGI middleware around the whole app.

It checks the origin, takes the cookie out of the headers, names the Reflex state tree, and adds the security headers to
every answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers

from ..actions.multi_session import MultiSession
from ..actions.state_trees import tree_token
from ..actions.tabs import HEADER, Change, Connection
from ..errors import HeadersTooLarge, MultiSessionError, NotFound, SessionChanged
from ..options import BASE_PATH, HEADERS_LIMIT, TAB_TOKEN_MAX, Options
from ..queries.device_secrets import hash_secret
from ..queries.devices import ProvenDevice
from ..security.cookies import cookie_name, take_cookie
from ..security.headers import SecurityHeaders
from ..security.origins import SAFE_METHODS, UNKNOWN_PROXY, RequestOrigin
from .context import RequestContext
from .responses import refusal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)

TAB_HEADER = b"reflex-client-token"
# Reflex 0.10.1 tells a duplicated tab its new token in this socket.io packet.
_DUPLICATE = '["new_token",'


class DeviceMiddleware:
    """Wraps the whole app, so that nothing inside sees the secret and every state tree belongs to an account."""

    def __init__(self, app: App, kit: MultiSession, *, event_path: str = "/_event", pages: Path | None = None) -> None:
        """Wrap `app`.

        `event_path` is where Reflex's websocket is mounted, `pages` the folder of built pages that `app` serves.
        """
        self._app = app
        self._kit = kit
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
        context = RequestContext(self._kit, name, hash_secret(secret) if secret else None, origin)
        protocol = "ws" if scope["type"] == "websocket" else "http"
        # The scheme that the browser sees: behind a proxy that ends https, the file server would redirect to http.
        scheme = protocol + "s" * origin.is_https
        scope = {**scope, "scheme": scheme, "headers": headers, "multi_session": context}
        if scope["type"] == "http":
            send = self._completing(send, scope["path"], is_https=origin.is_https)
        try:
            if is_too_large:
                raise HeadersTooLarge
            origin.check(options, has_cookie=secret is not None)
            if not self._is_for_events(scope):
                await self._request(scope, receive, send, context)
            elif scope["type"] == "websocket":
                await self._socket(scope, receive, send, context)
            else:
                # An HTTP request that asks for an upgrade without being one makes engine.io 4.15 answer 500.
                raise NotFound
        except MultiSessionError as error:
            logger.info("Refused %r from %s: %s", scope["path"], origin.ip_address, error.code)
            await _refuse(scope, receive, send, error, options)

    def _completing(self, send: Send, path: str, *, is_https: bool) -> Send:
        async def send_complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = [*message.get("headers", ())]
                message = {**message, "headers": self._headers.complete(present, path, is_https=is_https)}
            await send(message)

        return send_complete

    def _is_for_events(self, scope: Scope) -> bool:
        # engine.io answers at every path below too, and under whatever root the app is mounted. A socket that is missed
        # here could name any state tree.
        return f"{self._event_path}/" in f"{scope['path']}/"

    async def _request(self, scope: Scope, receive: Receive, send: Send, context: RequestContext) -> None:
        named_tab = Headers(scope=scope).get(TAB_HEADER.decode())
        if scope["type"] == "http" and named_tab is not None:
            tab, shown = _split_tab(named_tab)
            # A page reads in its tab's name by itself, not because a person asks for it: that is no use of the account.
            device = await context.device(is_use=scope["method"] not in SAFE_METHODS)
            session_id = device.active_id if device else ""
            await self._call_back(tab, device, session_id)
            if scope["method"] not in SAFE_METHODS and shown not in {None, session_id}:
                raise SessionChanged
            tree = tree_token(device, session_id, tab)
            scope["headers"] = [(k, tree.encode() if k == TAB_HEADER else v) for k, v in scope["headers"]]
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

    async def _socket(self, scope: Scope, receive: Receive, send: Send, context: RequestContext) -> None:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        tab, shown = _split_tab(query.get("token", [""])[0])
        tabs = self._kit.tabs
        connection = Connection.of(tab, shown)
        kicked = asyncio.create_task(connection.kicked.wait())
        # Registered before the look-up, so that a change in between marks it stale.
        tabs.add(connection)
        try:
            await self._kit.devices.bind(connection, context.secret_hash)
            query["token"] = [connection.tree]
            scope["query_string"] = "&".join(f"{quote(k)}={quote(v[0])}" for k, v in query.items()).encode()
            scope["headers"] = [*scope["headers"], *connection.identity.headers()]
            await self._app(scope, _until_kicked(receive, kicked), _watch(send, connection))
        finally:
            tabs.remove(connection)
            kicked.cancel()


def _is_ours(path: str) -> bool:
    return f"{path}/".startswith(f"{BASE_PATH}/")


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


def _split_tab(token: str) -> tuple[str, str | None]:
    # "~" and the session on screen are the kit's: `MultiSessionState` sends them in Reflex's `new_token` packet.
    tab, mark, shown = token[:TAB_TOKEN_MAX].partition("~")
    return tab, shown if mark else None


def _until_kicked(receive: Receive, kicked: asyncio.Task[Any]) -> Receive:
    # Reflex 0.10.1 under granian: `sio.disconnect` makes the client stay away and `websocket.close` has no effect
    # before the app returns. A disconnect message from "the browser" ends both sides, and the client comes back.
    has_begun = False

    async def receive_or_end() -> Message:
        nonlocal has_begun
        if not has_begun:
            # engine.io 4.15 cannot begin with a disconnect.
            has_begun = True
            return await receive()
        message = asyncio.ensure_future(receive())
        try:
            await asyncio.wait((kicked, message), return_when=asyncio.FIRST_COMPLETED)
            return {"type": "websocket.disconnect", "code": 1012} if kicked.done() else message.result()
        finally:
            message.cancel()

    return receive_or_end


def _watch(send: Send, connection: Connection) -> Send:
    async def send_and_watch(message: Message) -> None:
        await send(message)
        # A duplicated tab: Reflex has put its state under a name that no later connection or upload of this tab would
        # reach. So the tab is to reconnect with its new token.
        if _DUPLICATE in (message.get("text") or "")[:64] and "~" not in message["text"]:
            connection.kicked.set()

    return send_and_watch


async def _refuse(scope: Scope, receive: Receive, send: Send, error: MultiSessionError, options: Options) -> None:
    answer = refusal(error, options.words)
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        # A close before the accept makes the server answer 403.
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": bytes(answer.body).decode()})
        return
    await answer(scope, receive, send)
