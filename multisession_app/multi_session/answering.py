"""What the routes share: what a route is, who asks, and from where."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.requests import Request

from .bodies import Body, OnScreen
from .cookies import set_cookie
from .device_secrets import PresentedDevice
from .errors import MultiSessionError, SessionChanged
from .options import USER_AGENT_MAX
from .presented import Presented
from .security_events import Origin
from .user_sessions import signed_in


@dataclass(frozen=True)
class Reply:
    """What a handler gives, and the device's new secret for the cookie if there is one."""

    value: Any
    secret: str = field(default="", repr=False)
    status: int = 200


@dataclass(frozen=True)
class Endpoint:
    """One method of one address. The routes and their description are both made from it.

    `handler` gets the request and its body in the shape `takes`, `gives` is the type of its `Reply.value`, `raises`
    are the refusals of its own. `or_status` is a second one under which it gives the same. With `ends_accounts` the
    browser is to keep nothing of what it has shown.
    """

    method: str
    path: str
    summary: str
    handler: Callable[[Request, Any], Awaitable[Reply]]
    gives: Any
    takes: type[Body] | None = None
    raises: tuple[type[MultiSessionError], ...] = ()
    query: dict[str, str] = field(default_factory=dict)
    sets_cookie: bool = False
    ends_accounts: bool = False
    or_status: int = 200


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
