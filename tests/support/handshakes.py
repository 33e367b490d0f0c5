"""The inside of the gate as a test sees it: an app that keeps what it was called with, and a websocket to it."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from starlette.responses import PlainTextResponse

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from tests.support.browser import HOST, Browser
from tests.support.running import run

Scope = MutableMapping[str, Any]


class Inside:
    """Answers every request and accepts every socket, and keeps their scopes."""

    def __init__(self) -> None:
        """Nobody has called yet."""
        self.scopes: list[Scope] = []
        self.ends: list[Any] = []

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Keep the scope; hold a websocket open until it is told to end."""
        self.scopes.append(scope)
        if scope["type"] != "websocket":
            await PlainTextResponse("inside")(scope, receive, send)
            return
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        self.ends.append(await receive())

    def headers(self) -> dict[str, str]:
        """Return the headers of the newest call."""
        return {name.decode().lower(): value.decode("latin-1") for name, value in self.scopes[-1]["headers"]}


class Handshake:
    """A websocket to a gate, driven inside one event loop."""

    def __init__(self, gate: DeviceMiddleware, visitor: Browser, **more: Any) -> None:
        """Prepare; `more` as in `socket_scope`."""
        self._gate, self._scope = gate, socket_scope(visitor, **more)
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.task: asyncio.Task[None] | None = None

    async def open(self) -> str:
        """Connect and return the type of the first answer."""
        self._incoming.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(self._run())
        answer = await asyncio.wait_for(self.sent.get(), 10)
        return str(answer["type"])

    async def close(self) -> None:
        """Close it as a browser does, and wait for the app to be done."""
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await self.ended()

    async def ended(self) -> None:
        """Wait for the app to be done."""
        assert self.task is not None
        await asyncio.wait_for(self.task, 10)

    async def _run(self) -> None:
        await self._gate(self._scope, self._incoming.get, self.sent.put)  # type: ignore[arg-type]


def socket_scope(
    visitor: Browser,
    *,
    path: str = "/_event/",
    query: str = "token=tab&EIO=4&transport=websocket",
    headers: dict[str, str | None] | None = None,
    scheme: str = "ws",
) -> Scope:
    """Make the scope of a page's websocket; a header of None leaves out the one a browser sends."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.cookies.jar)
    sent = {"host": HOST, "origin": visitor.origin, "cookie": cookies or None, **(headers or {})}
    return {
        "type": "websocket",
        "scheme": scheme,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in sent.items() if value is not None],
        "client": ("192.0.2.1", 1),
        "extensions": {},
    }


def call_socket(multi_session: MultiSession, visitor: Browser, **more: Any) -> Inside | None:
    """Open and close a websocket; return what the inside saw, None when the gate refused."""
    inside = Inside()

    async def go() -> str:
        handshake = Handshake(DeviceMiddleware(inside, multi_session), visitor, **more)
        answer = await handshake.open()
        await (handshake.close() if answer == "websocket.accept" else handshake.ended())
        return answer

    return inside if run(go()) == "websocket.accept" else None
