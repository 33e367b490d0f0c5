"""What the list of sessions calls a browser."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, strategies as st

from multisession_app.multi_session.localization import Localization
from multisession_app.multi_session.options import DEVICE_NAME_MAX, USER_AGENT_MAX, USER_AGENTS_KEPT
from multisession_app.multi_session.websocket import user_agents
from multisession_app.multi_session.websocket.user_agents import describe, device_name

WORDS = Localization()
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
MOBILE_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {MOBILE_WEBKIT}"
IPAD = f"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) {MOBILE_WEBKIT}"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
SEEN = [
    (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36", "Chrome on Linux", "desktop"),
    (f"{MAC} {WEBKIT} Chrome/131.0.0.0 Safari/537.36", "Chrome on macOS", "desktop"),
    (f"{WINDOWS}) {WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.70", "Edge on Windows", "desktop"),
    (f"{WINDOWS}) {WEBKIT} Chrome/131.0.0.0 Safari/537.36 OPR/117.0.0.0", "Opera on Windows", "desktop"),
    (f"{WINDOWS}; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Windows", "desktop"),
    ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Ubuntu", "desktop"),
    (f"{MAC} {MOBILE_WEBKIT} Version/18.1 Safari/605.1.15", "Safari on macOS", "desktop"),
    (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/131.0.0.0", "Chrome on Chrome OS", "desktop"),
    ("Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko", "IE on Windows", "desktop"),
    (f"{IPHONE} Version/18.1 Mobile/15E148 Safari/604.1", "Safari on iOS", "phone"),
    (f"{IPHONE} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1", "Chrome on iOS", "phone"),
    (f"{IPHONE} FxiOS/133.0 Mobile/15E148 Safari/605.1.15", "Firefox on iOS", "phone"),
    (f"{IPHONE} EdgiOS/131.0.2903.68 Version/18.0 Mobile/15E148 Safari/604.1", "Edge on iOS", "phone"),
    (f"{IPAD} Version/17.5 Mobile/15E148 Safari/604.1", "Safari on iPadOS", "tablet"),
    (f"{IPAD} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1", "Chrome on iPadOS", "tablet"),
    (
        f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36",
        "Chrome on Android",
        "phone",
    ),
    (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/131.0.0.0 Safari/537.36", "Chrome on Android", "tablet"),
    ("Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0", "Firefox on Android", "phone"),
    ("Mozilla/5.0 (Android 14; Tablet; rv:133.0) Gecko/133.0 Firefox/133.0", "Firefox on Android", "tablet"),
    (
        f"Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) {WEBKIT} SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile "
        "Safari/537.36",
        "Samsung Internet on Android",
        "phone",
    ),
    (f"{IPHONE} Mobile/15E148", "Safari on iOS", "phone"),
    (
        f"Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) {WEBKIT} Version/4.0 Chrome/131.0.0.0 Mobile Safari/537.36",
        "Chrome on Android",
        "phone",
    ),
    ("curl/8.5.0", "curl", "unknown"),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot", "unknown"),
    ("Mozilla/5.0 (X11; Linux x86_64)", "Unknown browser on Linux", "desktop"),
    ("", "Unknown browser", "unknown"),
    ("node", "Unknown browser", "unknown"),
    ("<script>alert(1)</script>", "Unknown browser", "unknown"),
    ("<img src=x onerror=alert(1)> Firefox/133.0", "Firefox", "unknown"),
]


@pytest.mark.parametrize(("user_agent", "name", "kind"), SEEN)
def test_a_browser_is_called_as_people_call_it(user_agent: str, name: str, kind: str) -> None:
    """By its own name and its system's, without versions and variants; what nobody knows is said to be unknown."""
    assert device_name(user_agent, WORDS) == name
    assert describe(user_agent).kind == kind


def test_each_user_agent_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows bear it; and no more are kept than a number that is known."""
    parsed: list[str] = []
    monkeypatch.setattr(user_agents, "parse_user_agent", lambda text: parsed.append(text))
    for _ in range(3):
        assert describe("Once/1.0").browser == describe("Once/1.0" + " " * USER_AGENT_MAX).browser == ""
    assert len(parsed) == 2
    assert user_agents._describe.cache_info().maxsize == USER_AGENTS_KEPT


def test_the_words_around_the_names_can_be_replaced() -> None:
    """As every other word."""
    words = Localization(unknown_browser="Unbekannter Browser", device_name="{system}: {browser}")
    assert device_name("Mozilla/5.0 (X11; Linux x86_64)", words) == "Linux: Unbekannter Browser"


@given(st.text(max_size=USER_AGENT_MAX))
def test_no_user_agent_breaks_the_list(user_agent: str) -> None:
    """Whatever was sent at a sign-in is shown for months."""
    device = describe(user_agent)
    for name in (device.browser, device.system):
        assert len(name) <= DEVICE_NAME_MAX
        assert name == "" or name.isprintable()


@pytest.mark.parametrize("sign", ["a", "a/1 ", "(", " ", ";Linux", "Mobile", "\u202e", "\0"])
def test_a_name_that_was_sent_is_cut(sign: str) -> None:
    """A bot may have any name, and as much of it as a header holds; nor does it keep the server busy."""
    start = time.monotonic()
    device = describe(f"Mozilla/5.0 (X11; {sign * 100_000}bot/1.0) {sign * 100}")
    assert len(device.browser) <= DEVICE_NAME_MAX and len(device.system) <= DEVICE_NAME_MAX
    assert time.monotonic() - start < 1
    device = describe(f"{'A' * 200}bot/1.0")
    assert len(device.browser) <= DEVICE_NAME_MAX
