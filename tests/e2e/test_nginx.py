"""https behind nginx, configured as docs/deploy.md says."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect

from tests.support.main_flow import two_people_come_switch_and_go
from tests.support.nginx import NAME, Nginx
from tests.support.people import API, Person, sign_up
from tests.support.server import HOST, Server

SITE = f"https://{NAME}"
FORGED_ADDRESS = "203.0.113.66"
FORGED = {
    "X-Forwarded-For": FORGED_ADDRESS,
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example",
    "X-Real-IP": FORGED_ADDRESS,
    "Forwarded": f"for={FORGED_ADDRESS};proto=http;host=evil.example",
}
# Where a visitor is, as seen from the machine that also runs proxy and server.
ELSEWHERE = "127.0.0.2"


@pytest.fixture(scope="module")
def nginx(server: Server, tmp_path_factory: pytest.TempPathFactory, browser_name: str) -> Iterator[Nginx]:
    """Put nginx before a server that knows of it; for a browser, by which pytest groups tests, so that it is once."""
    folder = tmp_path_factory.mktemp("nginx")
    behind = Server(folder / "server", {"REFLEX_TRUSTED_PROXY_HOPS": "1"}, built_by=server)
    proxy = Nginx(folder, behind.port)
    try:
        behind.start()
        proxy.start()
        yield proxy
    finally:
        proxy.stop()
        behind.stop()


@pytest.fixture(scope="module")
def far_browser(nginx: Nginx, browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """Start a browser for which the name and the ports of the site lead to nginx."""
    ports = {443: nginx.https_port, 80: nginx.http_port}
    rules = ", ".join(f"MAP {NAME}:{port} {HOST}:{own}" for port, own in ports.items())
    arguments = [*browser_type_launch_args.get("args", ()), f"--host-resolver-rules={rules}"]
    browser = browser_type.launch(**browser_type_launch_args | {"args": arguments})
    yield browser
    browser.close()


@pytest.fixture
def context(far_browser: Browser) -> Iterator[BrowserContext]:
    """Open pages of the site; nobody has signed its certificate."""
    context = far_browser.new_context(base_url=SITE, ignore_https_errors=True)
    yield context
    context.close()


def visitor(nginx: Nginx, address: str = HOST) -> httpx.Client:
    """Make a visitor without a browser who comes to nginx from an address."""
    transport = httpx.HTTPTransport(verify=nginx.trust, local_address=address)
    return httpx.Client(
        base_url=f"https://{HOST}:{nginx.https_port}", headers={"Host": NAME, "Origin": SITE}, transport=transport
    )


def sign_in(client: httpx.Client, person: Person) -> httpx.Response:
    """Sign in with forged headers."""
    body = {"email": person.email, "password": person.password}
    return client.post(f"{API}/sign-in/email", json=body, headers=FORGED)


@pytest.mark.standard("ASVS 4.4.1", "OWASP WebSocket 1")
def test_everything_works_on_https(page: Page) -> None:
    """From the plain address on, with the websocket on wss."""
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(f"http://{NAME}/auth/sign-up?next=/")
    assert page.url.startswith(f"{SITE}/auth/sign-up")
    two_people_come_switch_and_go(page)
    assert sockets
    assert {address.partition("?")[0] for address in sockets} == {f"wss://{NAME}/_event/"}


@pytest.mark.standard("ASVS 3.3.1", "ASVS 3.3.3", "OWASP Session 5", "NIST 5.1.1")
def test_the_cookie_is_one_that_only_this_host_can_have_set(page: Page) -> None:
    """By its name, which browsers hold to being Secure and of this host alone."""
    sign_up(page, "Ada")
    [cookie] = page.context.cookies()
    assert cookie["name"].startswith("__Host-")
    kept = {name: cookie.get(name) for name in ("domain", "path", "httpOnly", "secure", "sameSite")}
    assert kept == {"domain": NAME, "path": "/", "httpOnly": True, "secure": True, "sameSite": "Lax"}


@pytest.mark.standard("ASVS 4.1.3")
def test_a_visitor_is_where_nginx_saw_it_whatever_it_says(page: Page, nginx: Nginx) -> None:
    """In the list of sessions on screen; scheme and host are nginx's word too."""
    ada = sign_up(page, "Ada")
    with visitor(nginx, ELSEWHERE) as elsewhere:
        answer = sign_in(elsewhere, ada)
        assert answer.status_code == 200
        assert answer.headers["set-cookie"].startswith("__Host-")
        assert answer.headers["strict-transport-security"]
        foreign = elsewhere.post(f"{API}/sign-out", headers=FORGED | {"Origin": "http://evil.example"})
        assert foreign.status_code == 403
    page.goto("/settings/security")
    expect(page.get_by_text(ELSEWHERE).first).to_be_visible()
    expect(page.get_by_text(HOST).first).to_be_visible()
    expect(page.get_by_text(FORGED_ADDRESS)).to_have_count(0)


def test_nobody_is_sent_back_to_http(nginx: Nginx) -> None:
    """What the server answers is for pages on https, addresses that it makes itself too."""
    with visitor(nginx) as somebody:
        answer = somebody.get("/auth/sign-in?next=/")
    assert (answer.status_code, answer.headers["location"]) == (307, f"{SITE}/auth/sign-in/?next=/")


def test_a_server_that_knows_of_no_proxy_believes_none(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nobody gets in through it, the log says what to set, and who comes directly cannot pretend to be one."""
    proxy = Nginx(tmp_path_factory.mktemp("nginx"), server.port)
    ada = Person("Ada")
    body = {"name": ada.name, "email": ada.email, "password": ada.password}
    try:
        proxy.start()
        with visitor(proxy) as through:
            assert through.post(f"{API}/sign-up/email", json=body).json()["code"] == "INVALID_ORIGIN"
    finally:
        proxy.stop()
    assert "REFLEX_TRUSTED_PROXY_HOPS" in server.log
    with httpx.Client(base_url=server.url, headers={"Origin": server.url}) as direct:
        forged = FORGED | {"X-Forwarded-Proto": "https"}
        answer = direct.post(f"{API}/sign-up/email", json=body, headers=forged)
        assert answer.status_code == 200
        assert not answer.headers["set-cookie"].startswith("__Host-")
        assert "strict-transport-security" not in answer.headers
        assert direct.get(f"{API}/get-session", headers=forged).json()["session"]["ipAddress"] == HOST
