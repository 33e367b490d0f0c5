"""Which page a request comes from, and whether that page may ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from starlette.datastructures import Headers

from ..errors import InvalidOrigin, MissingOrigin
from ..options import ADDRESS_MAX, Options
from .addresses import canonical

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
UNKNOWN_PROXY = (
    "X-Forwarded-For or X-Forwarded-Proto has come, but no proxy is trusted: nobody can sign in through one that ends "
    "https, the addresses shown are the proxy's, and sign-ins and sign-ups are not limited for each address. If there "
    "are proxies in front, set REFLEX_TRUSTED_PROXY_HOPS to their number."
)
"""The warning in the log at the first request `through_unknown_proxy`."""

_OWN_FETCHES = {"same-origin", "none"}
_FORWARDED = _FOR, _PROTO = "x-forwarded-for", "x-forwarded-proto"


@dataclass(frozen=True)
class RequestOrigin:
    """Which page a request comes from, and its scheme and address, as far as trusted proxies tell.

    `through_unknown_proxy`: forwarded values came from inside a private network, but no proxy is trusted. So the
    address may be that of a proxy, and of everyone behind it. Forwarded values from a public address say nothing: any
    visitor can send the header.
    """

    method: str
    origin: str | None
    own_origin: str
    fetch_site: str | None
    is_https: bool
    ip_address: str
    through_unknown_proxy: bool = False

    @classmethod
    def of(cls, scope: MutableMapping[str, Any], options: Options) -> RequestOrigin:
        """Read an ASGI scope; forwarded values count only within `trusted_proxy_hops`."""
        headers = Headers(raw=scope["headers"])
        hops = options.trusted_proxy_hops or 0
        scheme = (_forwarded(headers, _PROTO, hops) or scope["scheme"]).lower()
        # ASGI, and Traefik too, give a websocket a scheme of its own; origins have that of the page.
        scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
        client = scope.get("client")
        # What is no address is the word of somebody who is not to choose what is counted, stored and logged.
        peer = client[0][:ADDRESS_MAX] if client else ""
        address = canonical(_forwarded(headers, _FOR, hops) or "") or canonical(peer) or peer
        return cls(
            method=scope.get("method", "WEBSOCKET"),
            origin=headers.get("origin"),
            own_origin=f"{scheme}://{headers.get('host', '')}",
            fetch_site=headers.get("sec-fetch-site"),
            is_https=scheme == "https",
            ip_address=address,
            through_unknown_proxy=not hops and any(name in headers for name in _FORWARDED) and not _is_public(client),
        )

    @property
    def is_cross_site(self) -> bool:
        """Whether the browser says that the page belongs to another site; only browsers know where a site ends."""
        return self.fetch_site == "cross-site"

    def check(self, options: Options, *, has_cookie: bool) -> None:
        """Refuse the pages of other sites (OWASP CSRF and WebSocket cheat sheets).

        A foreign Origin is refused on GET too, since the host app's CORS may be open to all. A changing request without
        an Origin is refused if it has the cookie; without the cookie it comes from a script or a webhook.

        Raises:
            InvalidOrigin: the page has another origin, or the browser says that it belongs to another site.
            MissingOrigin: the Origin is "null", or is missing where it is required.
        """
        allowed = {self.own_origin, *options.allowed_origins}
        if self.origin is not None:
            if self.origin == "null":
                raise MissingOrigin
            if self.origin not in allowed:
                raise InvalidOrigin
        elif self.method not in SAFE_METHODS:
            if self.fetch_site is not None and self.fetch_site not in _OWN_FETCHES:
                raise InvalidOrigin
            if has_cookie:
                raise MissingOrigin


def _is_public(client: tuple[str, int] | None) -> bool:
    try:
        return ip_address(client[0] if client else "").is_global
    except ValueError:
        return False


def _forwarded(headers: Headers, name: str, hops: int) -> str | None:
    values = [value.strip() for value in ",".join(headers.getlist(name)).split(",") if value.strip()]
    if not hops or not values:
        return None
    # Each trusted proxy appends one value; those further left came from outside. A proxy that replaces the header
    # leaves fewer values than hops.
    return values[-min(hops, len(values))]


@dataclass(frozen=True)
class Source:
    """Where a request comes from, as the person sees it in the list of devices.

    `through_unknown_proxy`: see `RequestOrigin`. `gone` ends when the client has gone away, if that can be known.
    """

    user_agent: str = ""
    ip_address: str = ""
    through_unknown_proxy: bool = False
    gone: Callable[[], Awaitable[None]] | None = field(default=None, compare=False, repr=False)


NOWHERE = Source()
"""The source of an event that nobody caused, or that is not shown."""
