"""What the gate hands on to what stands behind it: the proved device, and as whom a socket acts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from starlette.requests import Request

from ..actions.multi_session import MultiSession
from ..errors import SessionChanged
from ..options import USER_AGENT_MAX
from ..queries.devices import PresentedDevice
from ..queries.user_sessions import signed_in
from ..security.cookies import set_cookie
from ..security.origins import Origin, RequestOrigin
from ..security.validation import masked
from .inputs import OnScreen


@dataclass
class Presented:
    """What a request brought along, in `scope["multi_session"]`; the device is looked up when it is asked for.

    Static files never ask, so they cost no look-up. `email` is the one that a request names, for the log alone.
    """

    cookie_name: str
    secret_hash: str | None
    origin: RequestOrigin
    _multi_session: MultiSession
    email: str = ""
    _device: list[PresentedDevice | None] = field(default_factory=list)

    async def device(self, *, is_use: bool = True) -> PresentedDevice | None:
        """Return the device that the cookie proves, None without a valid one; looked up once for each request."""
        if not self._device:
            found = await self._multi_session.present(self.secret_hash, is_use=is_use) if self.secret_hash else None
            self._device.append(found)
        return self._device[0]

    @property
    def who(self) -> str:
        """Say in the log who asks, as far as that is known: the user's id, or the e-mail that they gave, masked."""
        device = self._device[0] if self._device else None
        return masked(self.email) if self.email else (device.active_user_id if device else "") or "nobody"


def presented(request: Request) -> Presented:
    """Return what the gate hands on."""
    found = request.scope["multi_session"]
    assert isinstance(found, Presented)  # noqa: S101 - the gate is missing: a mistake in the wiring
    return found


async def held(request: Request) -> PresentedDevice:
    """Return the device, or for an unknown cookie one that holds nothing."""
    device = await presented(request).device()
    # The same refusal as for a foreign id.
    return device or PresentedDevice(id="", state_key="", generation=-1, is_first_use=False, sessions=())


async def device_on_screen(request: Request, body: OnScreen) -> PresentedDevice | None:
    """Return the device that a request comes from.

    Raises:
        SessionChanged: the page that posts showed another account than the active one.
    """
    device = await presented(request).device()
    if body.session_id is not None and body.session_id != (device.active_id if device else ""):
        raise SessionChanged
    return device


async def signed_in_on_screen(request: Request, body: OnScreen) -> PresentedDevice:
    """Return the device that a request comes from, which acts as somebody.

    Raises:
        NotSignedIn: no account is active.
        SessionChanged: `device_on_screen`.
    """
    device = await device_on_screen(request, body)
    signed_in(device)
    return cast(PresentedDevice, device)


def origin_of(request: Request) -> Origin:
    """Return where a request comes from, as far as it is kept."""
    user_agent = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())
    origin = presented(request).origin
    return Origin(user_agent[:USER_AGENT_MAX], origin.ip_address[:64], origin.through_unknown_proxy)


def cookie_for(request: Request, secret: str) -> str:
    """Return the Set-Cookie header that hands the device its new secret."""
    found = presented(request)
    return set_cookie(found.cookie_name, secret, is_cross_site=found.origin.is_cross_site)
