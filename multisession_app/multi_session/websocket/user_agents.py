"""Turns a `User-Agent` into the names that a person would use for the browser and its system."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ua_parser import parse

from ..localization import Localization, filled
from ..options import DEVICE_NAME_MAX, USER_AGENT_MAX

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


def describe(user_agent: str) -> DeviceName:
    """Read any `User-Agent` (RFC 9110, 10.1.5). Names are printable and at most `DEVICE_NAME_MAX` characters long."""
    # Cut first: the text is matched with some hundred regular expressions, and the rest of a long one adds nothing.
    text = "".join(sign for sign in user_agent[:USER_AGENT_MAX] if sign.isprintable())
    found = parse(text)
    browser = _VARIANT.sub("", found.user_agent.family) if found.user_agent else ""
    system = found.os.family if found.os else ""
    is_ipad = found.device is not None and found.device.family == "iPad"
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
