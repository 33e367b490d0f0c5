"""Turns a `User-Agent` into the names that a person would use for the browser and its system."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, TypeVar

import anyio
import anyio.to_thread
from ua_parser import parse_os, parse_user_agent

from ..localization import Localization, filled
from ..options import DEVICE_NAME_MAX, USER_AGENT_MAX, USER_AGENTS_KEPT

T = TypeVar("T")
Kind = Literal["desktop", "phone", "tablet", "unknown"]

# "Chrome Mobile iOS", "Mobile Safari" and "Chrome" are one browser to the person who uses it.
_VARIANT = re.compile(r"\b(Mobile|iOS|UI/WKWebView|WebView)\b")
_DESKTOP = re.compile(r"Windows NT|Macintosh|X11;")


@dataclass(frozen=True)
class DeviceName:
    """The names of browser and system without versions, "" if unknown. A program such as curl counts as a browser.

    They are not proved. A browser may send any text: an iPad that asks for desktop pages calls itself a Mac.
    """

    browser: str
    system: str
    kind: Kind


async def off_the_loop(describe_all: Callable[[], T]) -> T:
    """Run, in a thread, what describes user agents: each that is new takes up to 10 ms of regular expressions.

    One such thread runs at a time, since Python would share one core among several and the event loop.
    """
    return await anyio.to_thread.run_sync(describe_all, limiter=_limiter())


@cache
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(1)


def describe(user_agent: str) -> DeviceName:
    """Read any `User-Agent` (RFC 9110, 10.1.5). Names are printable and at most `DEVICE_NAME_MAX` characters long."""
    # Cut first: the text is matched with some hundred regular expressions, and the rest of a long one adds nothing.
    return _describe(user_agent[:USER_AGENT_MAX])


@lru_cache(maxsize=USER_AGENTS_KEPT)
def _describe(user_agent: str) -> DeviceName:
    text = "".join(sign for sign in user_agent if sign.isprintable())
    # Not the rules for devices, which are as many as both others, for a model that nobody reads here.
    found_browser, found_system = parse_user_agent(text), parse_os(text)
    browser = _VARIANT.sub("", found_browser.family) if found_browser else ""
    system = found_system.family if found_system else ""
    is_ipad = "iPad;" in text
    is_tablet = is_ipad or "Tablet" in text or (system == "Android" and "Mobile" not in text)
    kind: Kind = "unknown"
    if is_tablet:
        kind = "tablet"
    elif "Mobile" in text:
        kind = "phone"
    elif _DESKTOP.search(text):
        kind = "desktop"
    if is_ipad:
        system = "iPadOS"
    elif system == "Mac OS X":
        system = "macOS"
    return DeviceName(_cut(browser), _cut(system), kind)


def device_name(user_agent: str, words: Localization) -> str:
    """Return a name such as "Firefox on Linux", or the browser alone if the system is unknown."""
    device = describe(user_agent)
    browser = device.browser or words.unknown_browser
    return filled(words.device_name, browser=browser, system=device.system) if device.system else browser


def _cut(name: str) -> str:
    # Some of ua-parser's rules copy a name from the text, at any length.
    return " ".join(name.split())[:DEVICE_NAME_MAX].rstrip()
