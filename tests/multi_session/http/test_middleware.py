"""What the gate lets in, and what it takes away and puts in on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.tabs import Identity
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from tests.support.browser import Browser
from tests.support.handshakes import Inside, call_socket

pytestmark = pytest.mark.sqlite

OURS = "x-multi-session-"


@dataclass
class Scene:
    """A visitor who is signed in, and a gate around an app that keeps what it sees."""

    visitor: Browser
    inside: Inside
    gate: DeviceMiddleware

    def ask(self, method: str, headers: dict[str, str | None] | None = None, path: str = "//app/page") -> int:
        """Ask the inner app through the gate and return the status."""
        through = self.visitor.copy()
        through.app = self.gate
        return through.ask(method, path, headers).status_code


@pytest.fixture
def scene(visitor: Browser, multi_session: MultiSession) -> Scene:
    """Return a signed-in visitor before a gate."""
    visitor.sign_up("ada")
    inside = Inside()
    return Scene(visitor, inside, DeviceMiddleware(inside, multi_session))


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """Return the list of what is sent to the database."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def test_own_page_gets_in(scene: Scene) -> None:
    """With every method."""
    assert [scene.ask(method) for method in ("GET", "HEAD", "POST", "DELETE")] == [200] * 4


@pytest.mark.standard("OWASP CSRF 1")
@pytest.mark.parametrize("origin", ["null", "https://evil.example", "https://app.test", "http://app.test:81"])
def test_foreign_page_gets_403_on_every_method(scene: Scene, origin: str) -> None:
    """The host app's CORS may be open to all; nothing inside is called."""
    assert [scene.ask(method, {"Origin": origin}) for method in ("GET", "HEAD", "POST")] == [403] * 3
    assert scene.inside.scopes == []


def test_change_with_a_cookie_and_without_origin_gets_403(scene: Scene) -> None:
    """Reading does not need one."""
    assert scene.ask("POST", {"Origin": None}) == 403
    assert scene.ask("GET", {"Origin": None}) == 200


@pytest.mark.standard("OWASP CSRF 1")
def test_cross_site_change_without_a_cookie_gets_403(scene: Scene) -> None:
    """Login CSRF; a script without either header is no browser."""
    scene.visitor.cookies.clear()
    assert scene.ask("POST", {"Origin": None, "Sec-Fetch-Site": "cross-site"}) == 403
    assert scene.ask("POST", {"Origin": None, "Sec-Fetch-Site": "same-site"}) == 403
    assert scene.ask("POST", {"Origin": None}) == 200


def test_refusal_is_json_with_a_code_and_stays_out_of_caches(scene: Scene) -> None:
    """As every answer of the kit."""
    answer = scene.visitor.get("/get-session", {"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "INVALID_ORIGIN")
    assert answer.headers["cache-control"] == "no-store"
    assert scene.visitor.post("/sign-out", None, {"Origin": "null"}).json()["code"] == "MISSING_OR_NULL_ORIGIN"


@pytest.mark.standard("ASVS 4.4.2", "OWASP WebSocket 2")
@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "https://app.test"])
def test_websocket_of_a_foreign_page_is_refused(scene: Scene, multi_session: MultiSession, origin: str | None) -> None:
    """Browsers let every page open a socket to everywhere, with cookies."""
    assert call_socket(multi_session, scene.visitor, headers={"origin": origin}) is None
    assert multi_session.tabs.connections == {}


def test_websocket_of_an_own_page_gets_in(scene: Scene, multi_session: MultiSession) -> None:
    """And is forgotten when it closes."""
    assert call_socket(multi_session, scene.visitor) is not None
    assert multi_session.tabs.connections == {}


def test_forwarded_host_and_scheme_make_no_own_origin(scene: Scene) -> None:
    """Without trusted proxies anyone could name themselves the app."""
    forged: dict[str, str | None] = {
        "Origin": "https://evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "Forwarded": "host=evil.example;proto=https",
    }
    assert scene.ask("GET", forged) == 403
    assert scene.ask("POST", {"Origin": "https://app.test", "X-Forwarded-Proto": "https"}) == 403


def test_forwarded_scheme_counts_behind_a_trusted_proxy(
    kit_with: Callable[..., MultiSession], client: Callable[..., Browser]
) -> None:
    """The page is on https though the proxy asks by http, so the cookie is the strict one."""
    visitor = client(kit_with(trusted_proxy_hops=1))
    headers = {"Origin": "https://app.test", "X-Forwarded-Proto": "https"}
    answer = visitor.post(
        "/sign-up/email",
        {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery staple"},
        headers,
    )
    assert answer.status_code == 200
    assert answer.headers["set-cookie"].startswith("__Host-app_device=")
    assert answer.headers["set-cookie"].endswith("; Secure")


@pytest.mark.standard("ASVS 3.3.1", "ASVS 3.3.3", "NIST 5.1 (2)")
def test_cookie_on_https_has_the_prefix_and_the_plain_name_opens_nothing(
    multi_session: MultiSession, client: Callable[..., Browser]
) -> None:
    """A network attacker can plant the plain one from http."""
    visitor = client(multi_session, scheme="https")
    visitor.sign_up("ada")
    assert (visitor.cookie.name, visitor.cookie.secure) == ("__Host-app_device", True)
    assert visitor.active() == "ada"
    planted = client(multi_session, scheme="https")
    planted.cookies.set("app_device", visitor.secret, domain="app.test", path="/")
    assert planted.active() is None


def test_inner_app_never_sees_the_cookie_but_its_own(scene: Scene, multi_session: MultiSession) -> None:
    """Neither in a request nor in a handshake, under whichever name."""
    cookie = f"theme=dark; app_device={scene.visitor.secret}; __host-app_device=x; lang=de"
    scene.visitor.cookies.clear()
    assert scene.ask("GET", {"Cookie": cookie}) == 200
    assert scene.inside.headers()["cookie"] == "theme=dark; lang=de"
    seen = call_socket(multi_session, scene.visitor, headers={"cookie": cookie})
    assert seen is not None
    assert seen.headers()["cookie"] == "theme=dark; lang=de"


def test_nothing_inside_holds_the_secret(scene: Scene, multi_session: MultiSession) -> None:
    """Not the scope, not the connection; what a crash report or a pickle could carry away."""
    assert scene.ask("GET") == 200
    seen = call_socket(multi_session, scene.visitor)
    assert seen is not None
    for scope in [*scene.inside.scopes, *seen.scopes]:
        assert scene.visitor.secret not in repr(scope)
    assert "cookie" not in scene.inside.headers()


@pytest.mark.standard("ASVS 7.2.1", "ASVS 4.1.3")
@pytest.mark.parametrize("spelling", ["x-multi-session-", "X-MULTI-SESSION-", "x_multi_session_", "X-Multi_Session-"])
def test_forged_header_is_dropped(scene: Scene, multi_session: MultiSession, spelling: str) -> None:
    """They are how the inside knows who acts; underscores pass for hyphens in some servers."""
    for name in ("device", "session", "generation", "connection", "anything"):
        assert scene.ask("POST", {spelling + name: "forged"}) == 200
        assert not [key for key in scene.inside.headers() if key.replace("_", "-").startswith(OURS)]
        seen = call_socket(multi_session, scene.visitor, headers={spelling + name: "forged"})
        assert seen is not None
        assert "forged" not in repr(seen.scopes[-1]["headers"])


def test_socket_is_told_who_acts(scene: Scene, multi_session: MultiSession) -> None:
    """By public ids; Acting reads them back."""
    seen = call_socket(multi_session, scene.visitor)
    assert seen is not None
    acting = Identity.read(seen.headers())
    assert acting.session == scene.visitor.listed()[0]["id"]
    assert acting.device
    assert acting.generation == 0
    assert acting.connection


@pytest.mark.standard("ASVS 4.4.4")
def test_signed_out_socket_acts_for_nobody(client: Callable[..., Browser], multi_session: MultiSession) -> None:
    """Without a cookie and with an unknown one."""
    for visitor in (client(), client().holding("x" * 43)):
        seen = call_socket(multi_session, visitor)
        assert seen is not None
        acting = Identity.read(seen.headers())
        assert (acting.device, acting.session, acting.generation) == ("", "", 0)


def test_static_request_looks_nothing_up(scene: Scene, statements: list[str]) -> None:
    """Files pass with a cookie and cost nothing."""
    statements.clear()
    assert scene.ask("GET", path="//assets/app.js") == 200
    assert statements == []


@pytest.mark.standard("ASVS 7.6.2")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("value", [None, "", "x" * 43, "x" * 7_000, "x" * 10_000])
def test_reading_makes_no_cookie_and_no_row(
    client: Callable[..., Browser], database: Database, world: Any, method: str, value: str | None
) -> None:
    """A prefetch or a crawler leaves nothing behind, nor does an unknown cookie get a new one."""
    visitor = client() if value is None else client().holding(value)
    for path in ("/get-session", "/multi-session/list-device-sessions", "/ok", "/nowhere"):
        assert "set-cookie" not in visitor.ask(method, path).headers
    assert set(map(len, world.everything().values())) == {0}


def test_lifespan_passes(multi_session: MultiSession) -> None:
    """The gate is around all of it."""
    from tests.support.running import run

    seen: list[str] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    run(DeviceMiddleware(inner, multi_session)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]
