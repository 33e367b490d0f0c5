"""What is asked for where there is nothing, by methods that are not there, and with headers that are odd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from multisession_app.multi_session.options import HEADERS_LIMIT
from tests.multi_session.http.test_routes import ANSWERS
from tests.support.browser import Browser
from tests.support.running import run
from tests.support.world import World

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "BREW"]


@pytest.mark.parametrize("route", ANSWERS)
def test_address_names_its_methods(visitor: Browser, world: World, route: str) -> None:
    """To OPTIONS, and to whoever asks by another method: 405 in JSON, with Allow."""
    own, path = route.split()
    allowed = {own, "OPTIONS"} | ({"HEAD"} if own == "GET" else set())
    told = visitor.ask("OPTIONS", path)
    assert (told.status_code, set(told.headers["allow"].split(", ")), told.content) == (204, allowed, b"")
    assert told.headers["cache-control"] == "no-store"
    for method in set(METHODS) - allowed:
        answer = visitor.ask(method, path)
        assert answer.status_code == 405, method
        assert method == "HEAD" or answer.json()["code"] == "METHOD_NOT_ALLOWED"
        assert set(answer.headers["allow"].split(", ")) == allowed
    assert set(map(len, world.everything().values())) == {0}


@pytest.mark.parametrize("path", [route.split()[1] for route in ANSWERS if route.startswith("GET")])
def test_head_is_a_get_without_a_body(visitor: Browser, path: str) -> None:
    """Same status, same headers."""
    visitor.sign_up("ada")
    visitor.names()
    get, head = visitor.get(path), visitor.ask("HEAD", path)
    assert (head.status_code, head.headers, head.content) == (200, get.headers, b"")


@pytest.mark.parametrize("path", ["", "/", "/nowhere", "/get-session/", "/sign-in", "/multi-session", "/ok/../nowhere"])
def test_unknown_address_is_a_404_in_json(visitor: Browser, path: str) -> None:
    """By every method, instead of a page of the app or of its 404."""
    for method in METHODS:
        answer = visitor.ask(method, path)
        assert answer.status_code == 404, method
        assert answer.headers["cache-control"] == "no-store"
        assert method == "HEAD" or answer.json()["code"] == "NOT_FOUND"


def test_headers_over_the_limit_are_refused(visitor: Browser, world: World) -> None:
    """Together, however many they are, before anything is looked up; what is large enough for a browser passes."""
    visitor.sign_up("ada")
    before = world.everything()
    many: dict[str, str | None] = {f"x-{number}": "x" * 80 for number in range(100)}
    ways: list[dict[str, str | None]] = [{"X": "x" * HEADERS_LIMIT}, {"Cookie": "a=" + "x" * HEADERS_LIMIT}, many]
    for headers in ways:
        for method, path in (("GET", "/get-session"), ("POST", "/sign-out"), ("GET", "/nowhere")):
            answer = visitor.ask(method, path, headers)
            assert (answer.status_code, answer.json()["code"]) == (431, "REQUEST_HEADER_FIELDS_TOO_LARGE")
            assert answer.headers["cache-control"] == "no-store"
    assert world.everything() == before
    assert visitor.ask("GET", "/get-session", {"X": "x" * (HEADERS_LIMIT - 1000)}).json()["user"]["name"] == "ada"


@pytest.mark.parametrize(
    ("cookies", "is_believed"),
    [
        ("app_device={}", True),
        ("app_device={}; app_device={}", True),
        ("theme=dark; app_device={};lang=de", True),
        ("app_device={}; app_device=other", False),
        ("app_device=other; app_device={}", False),
        ("app_device={}; app_device=", False),
        ("App_Device={}", False),
        ("__Host-app_device={}", False),
        ('app_device="{}"', False),
        ("app_device={}\\", False),
        ("app_device={} x", False),
        ("app_device={}, theme=dark", False),
        ("app_device={}; \x01\x7f\xff=\xfe; =; ;;", True),
        ("app_device={}\xff", False),
    ],
)
def test_cookies_of_our_name(visitor: Browser, client: Callable[..., Browser], cookies: str, is_believed: bool) -> None:
    """The one value opens the device, even twice; of two values neither is believed, and odd bytes open nothing."""
    visitor.sign_up("ada")
    header: dict[str, Any] = {"Cookie": cookies.replace("{}", visitor.secret).encode("latin-1")}
    answer = client().get("/get-session", header)
    assert answer.status_code == 200
    assert (answer.json() is not None) == is_believed
    assert "set-cookie" not in answer.headers


def test_cookie_sent_in_two_headers(visitor: Browser) -> None:
    """HTTP/2 lets a browser split them (RFC 9113, 8.2.3)."""
    visitor.sign_up("ada")
    secret = visitor.secret
    visitor.cookies.clear()
    headers: Any = [("Cookie", "theme=dark"), ("Cookie", f"app_device={secret}")]
    assert _get_with(visitor, headers)["user"]["name"] == "ada"
    assert _get_with(visitor, [*headers, ("Cookie", "app_device=other")]) is None


def _get_with(visitor: Browser, headers: list[tuple[str, str]]) -> Any:
    async def get() -> Any:
        transport = httpx.ASGITransport(visitor.app)
        async with httpx.AsyncClient(transport=transport, base_url=visitor.origin) as http:
            return (await http.get("/api/auth/get-session", headers=headers)).json()

    return run(get())
