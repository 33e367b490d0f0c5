"""What the middleware hands on to the routes: who asks, from where, and on which device."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.requests import Request

from ..actions.multi_session import MultiSession
from ..errors import SessionChanged
from ..options import USER_AGENT_MAX
from ..queries.devices import ProvenDevice
from ..queries.user_sessions import signed_in
from ..security.cookies import set_cookie
from ..security.origins import RequestOrigin, Source
from ..security.validation import masked
from .inputs import OnScreen


@dataclass
class RequestContext:
    """What a request brought along, in `scope["multi_session"]`; the device is looked up when it is asked for.

    Static files never ask, so they cost no look-up. `email` is the one that a request names, for the log alone.
    """

    kit: MultiSession
    cookie_name: str
    secret_hash: str | None
    origin: RequestOrigin
    email: str = ""
    _device: list[ProvenDevice | None] = field(default_factory=list)

    @classmethod
    def of(cls, scope: MutableMapping[str, Any]) -> RequestContext:
        """Return what the middleware has put into an ASGI scope."""
        found = scope["multi_session"]
        assert isinstance(found, cls)  # noqa: S101 - the middleware is missing: a mistake in the wiring
        return found

    async def device(self, *, is_use: bool = True) -> ProvenDevice | None:
        """Return the device that the cookie proves, None without a valid one; looked up once for each request."""
        if not self._device:
            found = await self.kit.devices.find(self.secret_hash, is_use=is_use) if self.secret_hash else None
            self._device.append(found)
        return self._device[0]

    @property
    def who(self) -> str:
        """Say in the log who asks, as far as that is known: the user's id, or the e-mail that they gave, masked."""
        device = self._device[0] if self._device else None
        return masked(self.email) if self.email else (device.active_user_id if device else "") or "nobody"


def context_of(request: Request) -> RequestContext:
    """Return what the middleware knows of a request."""
    return RequestContext.of(request.scope)


async def device_or_empty(request: Request) -> ProvenDevice:
    """Return the device, or for an unknown cookie one without sessions, so that the refusal is that of a foreign id."""
    device = await context_of(request).device()
    return device or ProvenDevice(id="", state_key="", generation=-1, is_first_use=False, sessions=())


async def device_on_screen(request: Request, body: OnScreen) -> ProvenDevice | None:
    """Return the device that a request comes from.

    Raises:
        SessionChanged: the page that posts showed another account than the active one.
    """
    device = await context_of(request).device()
    if body.session_id is not None and body.session_id != (device.active_id if device else ""):
        raise SessionChanged
    return device


async def signed_in_on_screen(request: Request, body: OnScreen) -> ProvenDevice:
    """Return the device that a request comes from, which acts as somebody.

    Raises:
        NotSignedIn: no account is active.
        SessionChanged: `device_on_screen`.
    """
    device = await device_on_screen(request, body)
    signed_in(device)
    return cast(ProvenDevice, device)


def source_of(request: Request) -> Source:
    """Return where a request comes from, as far as it is kept."""
    user_agent = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())
    origin = context_of(request).origin
    return Source(user_agent[:USER_AGENT_MAX], origin.ip_address[:64], origin.through_unknown_proxy)


def cookie_for(request: Request, secret: str) -> str:
    """Return the Set-Cookie header that hands the device its new secret."""
    context = context_of(request)
    return set_cookie(context.cookie_name, secret, is_cross_site=context.origin.is_cross_site)
