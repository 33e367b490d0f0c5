"""What the routes do not take: nothing breaks, nothing changes, nothing is made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.http import inputs
from multisession_app.multi_session.options import BODY_LIMIT
from tests.multi_session.http.test_api import NAMING, POSTING, PROVING, READING, SIGNED_IN_ONLY
from tests.support.browser import JSON, PASSWORD, Browser, email_of
from tests.support.world import Clock, World

pytestmark = pytest.mark.sqlite

TAKING_BODIES = ["/sign-up/email", "/sign-in/email", *NAMING, "/revoke-session", *PROVING]
WITHOUT_BODIES = [path for path in POSTING if path not in TAKING_BODIES]
MALFORMED = [b"", b"{", b"null", b"5", b'"text"', b"[]", b"[" * 8000, b'{"a":' * 2600, b"\xff\xfe", b"\xef\xbb\xbf{}"]
MALFORMED += [b"NaN", b'{"sessionToken":' + b"9" * 5000 + b"}", b"{}"]
WRONG = ["null", "5", "true", "[]", '["x"]', '{"$ne":""}', r'"\ud800"', r'"a\u0000b"', "1e999", ""]
ALL = [("GET", path) for path in [*READING, *SIGNED_IN_ONLY[:2], "/ok", "/ready"]] + [
    ("POST", path) for path in POSTING
]


@pytest.fixture
def two(visitor: Browser, world: World) -> Browser:
    """Return a visitor with two accounts whose cookie is in use."""
    visitor.sign_up("ada")
    visitor.sign_up("bob")
    visitor.names()
    return visitor


@pytest.mark.standard("ASVS 3.5.3", "OWASP CSRF 3")
@pytest.mark.parametrize(("method", "path"), ALL)
def test_wrong_method_is_refused(two: Browser, world: World, method: str, path: str) -> None:
    """State never changes on GET."""
    before = world.everything()
    for other in {"GET", "POST", "PUT", "DELETE", "PATCH"} - {method}:
        assert two.ask(other, path, {"Origin": two.origin}).status_code == 405
    assert world.everything() == before


@pytest.mark.parametrize("path", TAKING_BODIES)
def test_malformed_body_is_refused(two: Browser, world: World, path: str) -> None:
    """400 with a code, never a 500."""
    before = world.everything()
    for raw in MALFORMED:
        answer = two.ask("POST", path, {"Content-Type": JSON}, content=raw)
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR"), raw[:20]
        assert answer.headers["cache-control"] == "no-store"
    assert world.everything() == before


@pytest.mark.parametrize(
    ("path", "field"),
    [("/sign-up/email", "name"), *((path, field) for path in TAKING_BODIES[:2] for field in ("email", "password"))],
)
def test_wrong_type_is_refused(two: Browser, world: World, path: str, field: str) -> None:
    """Numbers, lists, half characters, NUL, nothing at all."""
    before = world.everything()
    for value in WRONG:
        parts = {"name": '"Eve"', "email": '"eve@example.com"', "password": f'"{PASSWORD}"', field: value}
        raw = "{" + ", ".join(f'"{key}": {text}' for key, text in parts.items() if text) + "}"
        answer = two.ask("POST", path, {"Content-Type": JSON}, content=raw.encode())
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR"), value
    assert world.everything() == before


@pytest.mark.parametrize("path", NAMING)
def test_session_id_of_a_wrong_type_is_refused(two: Browser, world: World, path: str) -> None:
    """Under either name."""
    before = world.everything()
    for value in WRONG:
        for field in ("sessionToken", "sessionId"):
            raw = f'{{"{field}": {value}}}' if value else "{}"
            answer = two.ask("POST", path, {"Content-Type": JSON}, content=raw.encode())
            assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR"), value
    assert world.everything() == before


@pytest.mark.parametrize("path", NAMING)
@pytest.mark.parametrize("kind", ["unknown", "foreign", "revoked", "empty", "long", "sql", "secret", "user"])
def test_other_session_id_is_refused_alike(
    two: Browser, client: Callable[..., Browser], world: World, path: str, kind: str
) -> None:
    """Nothing in the answer tells one from another, and nothing changed."""
    cleo = two.sign_up("cleo")
    two.post("/multi-session/revoke", {"sessionToken": cleo})
    stranger = client()
    ids = {
        "unknown": "00000000-0000-4000-8000-000000000000",
        "foreign": stranger.sign_up("eve"),
        "revoked": cleo,
        "empty": "",
        "long": "x" * 10_000,
        "sql": "' OR '1'='1",
        "secret": two.secret,
        "user": two.listed()[0]["user"]["id"],
    }
    stranger.names()
    before = world.everything()
    answer = two.post(path, {"sessionToken": ids[kind]})
    unknown = two.post(path, {"sessionToken": "x"})
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_SESSION_TOKEN")
    assert answer.json() == unknown.json()
    assert world.everything() == before


@pytest.mark.parametrize("path", NAMING)
def test_expired_session_id_is_refused_alike(visitor: Browser, clock: Clock, world: World, path: str) -> None:
    """As an unknown one."""
    ada = visitor.sign_up("ada")
    clock.advance(days=20)
    visitor.sign_up("bob")
    visitor.names()
    clock.advance(days=10)
    visitor.names()
    before = world.everything()
    assert visitor.post(path, {"sessionToken": ada}).json()["code"] == "INVALID_SESSION_TOKEN"
    assert world.everything() == before


@pytest.mark.parametrize(
    "value", [None, "", "x" * 43, "x" * 7_000, "%00", "a b", "'; DROP TABLE", '"q"', "=;=", "\xff"]
)
def test_cookie_that_opens_nothing_is_signed_out(
    client: Callable[..., Browser], world: World, value: str | None
) -> None:
    """Garbage is as good as none: no error, no row, no new cookie."""
    stranger = client()
    headers: dict[str, Any] = {"Cookie": f"app_device={value}".encode("latin-1")} if value is not None else {}
    body = {"sessionToken": "x", "token": "x", "email": email_of("ada"), "password": PASSWORD}
    body |= {"currentPassword": PASSWORD, "newPassword": PASSWORD}
    answers: dict[str, Any] = {READING[0]: None, READING[1]: [], "/ok": {"ok": True}, "/sign-out": {"success": True}}
    answers["/ready"] = {"ok": True, "database": "up", "redis": "unused"}
    codes = {**dict.fromkeys(NAMING, "INVALID_SESSION_TOKEN"), "/sign-in/email": "INVALID_EMAIL_OR_PASSWORD"}
    codes |= dict.fromkeys(SIGNED_IN_ONLY, "UNAUTHORIZED")
    for method, path in ALL:
        if path == "/sign-up/email":
            continue
        answer = stranger.get(path, headers) if method == "GET" else stranger.post(path, body, headers)
        if path in codes:
            assert (answer.status_code, answer.json()["code"]) == (401, codes[path])
        else:
            assert (answer.status_code, answer.json()) == (200, answers.get(path, {"status": True}))
        assert "set-cookie" not in answer.headers
    assert set(map(len, world.everything().values())) == {0}


@pytest.mark.standard("ASVS 3.5.2", "OWASP CSRF 2")
@pytest.mark.parametrize("path", POSTING)
def test_form_of_another_site_is_refused(two: Browser, world: World, path: str) -> None:
    """Only JSON, which no form can send, on every route."""
    before = world.everything()
    body = b'{"email": "ada@example.com", "password": "correct horse battery staple", "sessionToken": "x"}'
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "text/json"):
        answer = two.ask("POST", path, {"Content-Type": kind}, content=body)
        assert (answer.status_code, answer.json().get("code")) == (415, "UNSUPPORTED_MEDIA_TYPE"), kind
    assert world.everything() == before


def test_body_of_no_stated_length_is_not_passed_over(two: Browser) -> None:
    """It names the session on screen: without it everyone would be signed out from the page of another account."""

    async def body() -> AsyncIterator[bytes]:
        yield b'{"sessionId": "another"}'

    names = two.names()
    assert two.ask("POST", "/multi-session/revoke-all", content=body()).status_code == 415
    assert two.ask("POST", "/multi-session/revoke-all", {"Content-Type": JSON}, content=body()).status_code == 409
    assert two.names() == names


@pytest.mark.standard("ASVS 3.5.2")
@pytest.mark.parametrize("path", TAKING_BODIES)
def test_body_without_a_content_type_is_refused(two: Browser, path: str) -> None:
    """A blob has none."""
    assert two.ask("POST", path, content=b"{}").status_code == 415


@pytest.mark.parametrize("path", WITHOUT_BODIES)
def test_route_that_needs_no_body_takes_none(two: Browser, path: str) -> None:
    """As upstream's client posts them."""
    assert two.ask("POST", path).status_code == 200
    assert two.ask("POST", path, {"Content-Type": "application/json"}).status_code == 200


def test_json_with_a_charset_is_taken(visitor: Browser) -> None:
    """Some clients say it."""
    headers: dict[str, str | None] = {"Content-Type": "Application/JSON; charset=utf-8"}
    answer = visitor.ask("POST", "/multi-session/revoke", headers, content=b'{"sessionToken": "x"}')
    assert answer.status_code == 401


@pytest.mark.parametrize("path", TAKING_BODIES)
def test_too_large_body_is_refused(two: Browser, world: World, path: str) -> None:
    """413 before it is parsed, wherever the rest of it is; at the limit it is still read."""
    before = world.everything()
    for size, status in ((BODY_LIMIT + 1, 413), (1_000_000, 413)):
        answer = two.ask("POST", path, {"Content-Type": JSON}, content=b" " * size)
        assert (answer.status_code, answer.json()["code"]) == (status, "PAYLOAD_TOO_LARGE")
    fitting = b'{"sessionToken": "x", "email": "x", "password": "x"}'.ljust(BODY_LIMIT)
    assert two.ask("POST", path, {"Content-Type": JSON}, content=fitting).status_code in {400, 401}
    # That a password was wrong is written down.
    assert world.everything() | {"security_event": []} == before | {"security_event": []}


@pytest.mark.parametrize("is_dripping", [False, True])
def test_body_that_does_not_arrive_is_given_up(
    two: Browser, world: World, monkeypatch: pytest.MonkeyPatch, *, is_dripping: bool
) -> None:
    """408, and the connection is closed; whoever sends a byte now and then gets no more time."""
    monkeypatch.setattr(inputs, "BODY_TIMEOUT", timedelta(milliseconds=50))
    before = world.everything()

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        while is_dripping:
            await asyncio.sleep(0.01)
            yield b" "
        await asyncio.Event().wait()

    answer = two.ask("POST", "/sign-in/email", {"Content-Type": JSON}, content=body())
    assert (answer.status_code, answer.json()["code"]) == (408, "REQUEST_TIMEOUT")
    assert answer.headers["Connection"] == "close"
    assert world.everything() == before


@pytest.mark.standard("ASVS 3.5.1", "OWASP CSRF 2", "OWASP CSRF 5", "NIST 5.1 (4)")
@pytest.mark.parametrize("path", POSTING)
def test_foreign_page_changes_nothing(two: Browser, world: World, path: str) -> None:
    """CSRF, with the cookie."""
    before = world.everything()
    body = {"sessionToken": two.listed()[1]["id"], "name": "E", "email": email_of("ada"), "password": PASSWORD}
    for origin in ("https://evil.example", "null", None):
        assert two.post(path, body, {"Origin": origin}).status_code == 403, origin
    assert world.everything() == before


@pytest.mark.standard("ASVS 7.6.2", "OWASP CSRF 5")
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": None, "Sec-Fetch-Site": "cross-site"}]
)
def test_login_csrf_is_refused(
    visitor: Browser, client: Callable[..., Browser], headers: dict[str, str | None]
) -> None:
    """A foreign page cannot sign a browser without a cookie in as the attacker."""
    visitor.sign_up("eve")
    victim = client()
    body = {"email": email_of("eve"), "password": PASSWORD}
    answer = victim.post("/sign-in/email", body, headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "INVALID_ORIGIN")
    assert "set-cookie" not in answer.headers


def test_page_on_an_allowed_origin_may_post(
    kit_with: Callable[..., MultiSession], client: Callable[..., Browser]
) -> None:
    """As when the pages come from a CDN."""
    visitor = client(kit_with(allowed_origins=("https://www.example.com",)))
    visitor.sign_up("ada")
    answer = visitor.post("/sign-out", None, {"Origin": "https://www.example.com", "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
