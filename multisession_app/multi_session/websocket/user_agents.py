"""What a browser calls itself, in the words that a person would use for it."""

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
    """Browser and system by name and without versions, "" for what is not known; a program such as curl is a browser.

    A browser may say what it likes, and some do: an iPad that asks for desktop pages calls itself a Mac.
    """

    browser: str
    system: str
    kind: Kind


def describe(user_agent: str) -> DeviceName:
    """Read a `User-Agent` (RFC 9110, 10.1.5); whatever it holds, each name is printable and of limited length."""
    # Cut first, since the rules are some hundred regular expressions; the rest of a long one says nothing more.
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
    """Return browser and system as "Firefox on Linux", as far as they are known."""
    device = describe(user_agent)
    browser = device.browser or words.unknown_browser
    return filled(words.device_name, browser=browser, system=device.system) if device.system else browser


def _cut(name: str) -> str:
    # Some rules take a name out of what was sent.
    return " ".join(name.split())[:DEVICE_NAME_MAX].rstrip()
