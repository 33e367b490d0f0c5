"""What the HTTP middleware passes to the routes: who asks, from where, and on which device."""

from __future__ import annotations

from collections.abc import MutableMapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from starlette.requests import Request

from ..actions.multi_session import MultiSession
from ..errors import SessionChanged
from ..options import USER_AGENT_MAX
from ..queries.devices import ProvenDevice
from ..queries.user_sessions import signed_in
from ..security.cookies import delete_cookie, set_cookie
from ..security.origins import RequestOrigin, Source
from ..security.validation import as_stored, masked
from .inputs import OnScreen


@dataclass
class RequestContext:
    """What is known of a request, in `scope["multi_session"]`.

    The device is looked up at the first call of `device`, so static files cost no look-up. `arrived_at` is when its
    headers were there; `email` is the one in the request's body, for the log only.
    """

    kit: MultiSession
    cookie_name: str
    secret_hash: str | None
    origin: RequestOrigin
    user_agent: str
    arrived_at: datetime
    email: str = ""
    _device: list[ProvenDevice | None] = field(default_factory=list)

    @classmethod
    def of(cls, scope: MutableMapping[str, Any]) -> RequestContext:
        """Return what the middleware has put into an ASGI scope."""
        found = scope["multi_session"]
        assert isinstance(found, cls)  # noqa: S101 - fails only if the app is put together without the middleware
        return found

    async def device(self, *, is_use: bool = True) -> ProvenDevice | None:
        """Return the device that the cookie proves, None without a valid one; looked up once for each request."""
        if not self._device:
            find, found = self.kit.devices.find, None
            if self.secret_hash:
                found = await find(self.secret_hash, is_use=is_use, by=self.source, arrived_at=self.arrived_at)
            self._device.append(found)
        return self._device[0]

    @property
    def source(self) -> Source:
        """Where the request comes from, cut to what is stored."""
        user_agent = "".join(c for c in self.user_agent if c.isprintable())
        return Source(user_agent[:USER_AGENT_MAX], self.origin.ip_address, self.origin.through_unknown_proxy)

    @property
    def who(self) -> str:
        """Who asks, for the log: the e-mail in the body, masked, else the active user's id, else "nobody"."""
        device = self._device[0] if self._device else None
        return masked(self.email) if self.email else (device.active_user_id if device else "") or "nobody"


def context_of(request: Request) -> RequestContext:
    """Return what the middleware knows of a request."""
    return RequestContext.of(request.scope)


async def device_or_empty(request: Request) -> ProvenDevice:
    """Return the device; for an unknown cookie one without sessions, so that any id is refused as a foreign one."""
    device = await context_of(request).device()
    return device or ProvenDevice(id="", state_key="", generation=-1, is_first_use=False, sessions=())


async def device_on_screen(request: Request, body: OnScreen) -> ProvenDevice | None:
    """Return the device that a request comes from, None without a valid cookie.

    Raises:
        SessionChanged: the page showed another account than the active one.
    """
    device = await context_of(request).device()
    if body.session_id is not None and body.session_id != (device.active_id if device else ""):
        raise SessionChanged
    return device


async def signed_in_on_screen(request: Request, body: OnScreen) -> ProvenDevice:
    """Return the device that a request comes from, on which an account is active.

    Raises:
        NotSignedIn: no account is active.
        SessionChanged: see `device_on_screen`.
    """
    device = await device_on_screen(request, body)
    signed_in(device)
    return cast(ProvenDevice, device)


def source_of(request: Request) -> Source:
    """Return where a request comes from, cut to what is stored."""

    async def gone() -> None:
        # The body has been read, so nothing else can come.
        while (await request.receive())["type"] != "http.disconnect":
            pass

    return replace(context_of(request).source, gone=gone)


def waiting_for_turn(kit: MultiSession, request: Request, body: Any) -> AbstractAsyncContextManager[None]:
    """Return the turn of a request that bears a password, by its cookie, whether or not that proves a device.

    Raises:
        ServerBusy: see `PasswordQueue.turn`.
    """
    secret_hash = context_of(request).secret_hash
    known = kit.password_queue.device_of(secret_hash)
    who = known or secret_hash or as_stored(getattr(body, "email", ""))
    return kit.password_queue.turn(source_of(request), who, is_known=bool(known))


def cookie_for(request: Request, secret: str, *, is_short: bool) -> str:
    """Return the Set-Cookie header that hands the device its new secret; with `is_short` for this browser session."""
    context = context_of(request)
    return set_cookie(context.cookie_name, secret, is_short=is_short, is_cross_site=context.origin.is_cross_site)


def no_cookie_for(request: Request) -> str:
    """Return the Set-Cookie header that deletes the device's cookie."""
    context = context_of(request)
    return delete_cookie(context.cookie_name, is_cross_site=context.origin.is_cross_site)
