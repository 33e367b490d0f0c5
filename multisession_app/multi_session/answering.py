"""What the routes share: who asks, from where, and the answer with the new cookie."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse

from .cookies import set_cookie
from .device_secrets import PresentedDevice
from .errors import SessionChanged
from .options import USER_AGENT_MAX
from .presented import Presented
from .security_events import Origin
from .user_sessions import signed_in

Handler = Callable[[Request], Awaitable[JSONResponse]]

# When an account has left by more than a click: what no-store does not reach, such as pictures and pages kept for the
# back button.
NOTHING_KEPT = {"Clear-Site-Data": '"cache"'}
"""The header of an answer after which a browser is to keep nothing of what it has shown."""


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


async def device_on_screen(request: Request, body: dict[str, Any]) -> PresentedDevice | None:
    """Return the device that a request comes from.

    Raises:
        SessionChanged: the page that posts showed another account than the active one.
    """
    device = await presented(request).device()
    on_screen = body.get("sessionId")
    if on_screen is not None and on_screen != (device.active_id if device else ""):
        raise SessionChanged
    return device


async def signed_in_on_screen(request: Request, body: dict[str, Any]) -> PresentedDevice:
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


def with_cookie(request: Request, answer: dict[str, Any], secret: str) -> JSONResponse:
    """Return the answer that hands the device its new secret."""
    return JSONResponse(answer, headers={"Set-Cookie": set_cookie(presented(request).cookie_name, secret)})
