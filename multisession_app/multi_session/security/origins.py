"""Which page a request comes from, and whether that page may ask."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from starlette.datastructures import Headers

from ..errors import InvalidOrigin, MissingOrigin
from ..options import Options

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
UNKNOWN_PROXY = (
    "X-Forwarded-For or X-Forwarded-Proto has come, but no proxy is trusted: nobody can sign in through one that ends "
    "https, the addresses shown are the proxy's, and sign-ins and sign-ups are not limited for each address. If there "
    "are proxies in front, set REFLEX_TRUSTED_PROXY_HOPS to their number."
)
"""What the log says of a request `through_unknown_proxy`."""

_OWN_FETCHES = {"same-origin", "none"}
_FORWARDED = _FOR, _PROTO = "x-forwarded-for", "x-forwarded-proto"


@dataclass(frozen=True)
class RequestOrigin:
    """Which page a request comes from and by which way, as far as the trusted proxies say.

    `through_unknown_proxy`: the address may be that of a proxy, and so of everyone behind it, since no proxy is
    trusted and forwarded values have come from inside a private network. One that comes from the open internet says
    nothing: any visitor can send the header.
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
        # Traefik too names a websocket's own one.
        scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
        client = scope.get("client")
        return cls(
            method=scope.get("method", "WEBSOCKET"),
            origin=headers.get("origin"),
            own_origin=f"{scheme}://{headers.get('host', '')}",
            fetch_site=headers.get("sec-fetch-site"),
            is_https=scheme == "https",
            ip_address=_forwarded(headers, _FOR, hops) or (client[0] if client else ""),
            through_unknown_proxy=not hops and any(name in headers for name in _FORWARDED) and not _is_public(client),
        )

    @property
    def is_cross_site(self) -> bool:
        """Whether the page belongs to another site, as the browser sees it: only it knows where sites begin."""
        return self.fetch_site == "cross-site"

    def check(self, options: Options, *, has_cookie: bool) -> None:
        """Refuse the pages of other sites (OWASP CSRF and WebSocket cheat sheets).

        A foreign Origin is refused on GET too: CORS of the host app may be open to all. A changing request that
        says nothing of its page is refused if it bears the cookie; without one it is a script's, or a webhook.

        Raises:
            InvalidOrigin, MissingOrigin: as they say.
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
    # Each trusted proxy appends one; what stands further left came from outside. One that replaces the header
    # instead leaves fewer values than hops.
    return values[-min(hops, len(values))]


@dataclass(frozen=True)
class Source:
    """Where something comes from, as the person will see it in the list of devices.

    `through_unknown_proxy`: `origins.RequestOrigin`.
    """

    user_agent: str = ""
    ip_address: str = ""
    through_unknown_proxy: bool = False


NOWHERE = Source()
"""Of what nobody did, or that nobody is told."""
