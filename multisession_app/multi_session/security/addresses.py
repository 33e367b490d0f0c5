"""What an IP address is, and which networks it belongs to."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from ..options import ADDRESS_MAX, NETWORKS


def canonical(text: str) -> str:
    """Return an IP address in its one spelling, without the port that some proxies forward too; "" for anything else.

    Nor is a zone kept (RFC 4007, 11): it names an interface of the sender, in whatever words.
    """
    text = text.strip()
    if not text or len(text) > ADDRESS_MAX:
        return ""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(_unmapped(ip_address(text.partition("%")[0])))
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def networks_of(address: str) -> tuple[tuple[int, str], ...]:
    """Return the networks by which an address is counted, each with its number of `NETWORKS`, widest first.

    An IPv4 address is one visitor. Of IPv6 a household is given a /64 at least, a customer up to a /48 (RFC 6177).
    """
    try:
        ip = _unmapped(ip_address(address))
    except ValueError:
        return ((1, address),)
    if isinstance(ip, IPv4Address):
        return ((1, str(ip)),)
    return tuple(
        (times, str(IPv6Network((ip.packed, prefix), strict=False))) for prefix, times in sorted(NETWORKS.items())
    )


def visitor_at(address: str) -> str:
    """Return what counts as one visitor: an IPv4 address, or the IPv6 network (/64) that a household is given."""
    return networks_of(address)[-1][1]


def _unmapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    # A server that listens on both sees IPv4 addresses mapped into IPv6 (RFC 4291, 2.5.5.2), all of them in one /64.
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip
