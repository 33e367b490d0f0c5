"""The pages under the Content-Security-Policy, which every other test here runs under too (see `violations`)."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from multisession_app.multi_session.security.headers import script_hashes
from tests.support.people import WORDS, choose, expect_account, expect_signed_out, join, switch, user_button
from tests.support.running import until
from tests.support.server import Server

ROUTES = ["/", "/auth/sign-in", "/auth/sign-up", "/settings/account", "/settings/account/"]
BUILT = ".web/build/client"

# In a task of its own: what a debugger evaluates is allowed whatever the policy says.
ATTEMPT = """(code) => new Promise((tell) => setTimeout(() => {
  try { tell(String(new Function(code)())) } catch (error) { tell(error.name) }
}))"""
INJECT = """(code) => {
  const script = document.createElement("script");
  script.textContent = code;
  document.head.append(script);
}"""


def test_what_the_policy_refuses_is_heard(page: Page, violations: list[str]) -> None:
    """Without this, that no other test hears anything would mean nothing."""
    page.goto("/auth/sign-in")
    page.evaluate(INJECT, "window.injected = true")
    until(lambda: page.evaluate("true") and violations, "the violation to be reported")
    assert violations == [f"script-src-elem inline on {page.url}"]
    assert page.evaluate("window.injected") is None
    violations.clear()


@pytest.mark.standard("ASVS 3.4.3")
def test_no_text_becomes_a_script(page: Page, violations: list[str]) -> None:
    """Neither by eval nor as a handler in markup: what is typed into the app stays text."""
    page.goto("/")
    expect_signed_out(page)
    assert page.evaluate(ATTEMPT, "return 1") == "EvalError"
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=data:, onerror=\"window.injected = 1\">')")
    until(lambda: page.evaluate("true") and len(violations) == 2, "both to be reported")
    assert [text.split(" on ")[0] for text in violations] == ["script-src eval", "script-src-attr inline"]
    assert page.evaluate("window.injected") is None
    violations.clear()


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_comes_alive_under_its_policy(
    page: Page, context: BrowserContext, base_url: str, path: str
) -> None:
    """Under each of its addresses; the account is there only once the scripts have run and the socket is open."""
    [ada] = join(context, base_url, "Ada")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    answer = page.goto(path)
    assert answer is not None
    assert "'unsafe-eval'" not in answer.headers["content-security-policy"]
    assert "'sha256-" in answer.headers["content-security-policy"]
    expect_account(page, ada)
    assert said == []


def test_an_unknown_address_comes_alive_too(page: Page) -> None:
    """It is another document than all the pages, with scripts of its own."""
    answer = page.goto("/no/such/page")
    assert answer is not None
    assert (answer.status, "'sha256-" in answer.headers["content-security-policy"]) == (404, True)
    expect_signed_out(page)


def test_moving_between_pages_needs_nothing_that_the_first_one_refuses(
    page: Page, context: BrowserContext, base_url: str
) -> None:
    """The policy of the page that was loaded stays while the browser draws the others."""
    ada, grace = join(context, base_url, "Ada", "Grace")
    page.goto("/")
    switch(page, ada)
    choose(page, WORDS.settings)
    expect(page).to_have_url(f"{base_url}/settings/account")
    switch(page, grace)
    choose(page, WORDS.sign_out_all)
    expect_signed_out(page)
    expect(user_button(page)).to_have_count(0)


@pytest.mark.standard("ASVS 3.4.6")
def test_no_page_can_be_framed(page: Page, base_url: str) -> None:
    """Not even by one of ours: nobody clicks in a frame what another page has put around it."""
    page.goto("/")
    expect_signed_out(page)
    page.evaluate("""() => {
      const frame = document.createElement("iframe");
      frame.src = "/auth/sign-in";
      document.body.append(frame);
    }""")
    frame = until(lambda: page.evaluate("true") and page.frames[1:], "the frame")[0]
    frame.wait_for_load_state()
    assert not frame.url.startswith(base_url)


def test_what_the_server_sends(page: Page, server: Server, base_url: str) -> None:
    """The real one: each built page with the hashes of its own scripts, and files that need no second look."""
    built = Path(server.root, BUILT)
    for path, file in {
        "/": "index.html",
        "/settings/account": "settings/account/index.html",
        "/settings/account/": "settings/account/index.html",
        "/settings/account.html": "settings/account.html",
        "/no/such/page": "404.html",
    }.items():
        for encoding in ("identity", "gzip", "br"):
            answer = page.request.get(base_url + path, headers={"Accept-Encoding": encoding})
            assert answer.text() == (built / file).read_text()
            assert answer.headers["cache-control"] == "no-store"
            for source in script_hashes(answer.text()):
                assert source in answer.headers["content-security-policy"]
    for asset in (built / "assets").glob("*.js"):
        answer = page.request.get(f"{base_url}/assets/{asset.name}")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable", asset.name


def test_pages_may_reach_an_api_at_an_address_of_its_own(server: Server, tmp_path: Path) -> None:
    """Where API_URL names another origin, and only there: the routes, and the websocket."""
    elsewhere = Server(tmp_path, {"REFLEX_API_URL": "https://api.example.com:8443/"}, built_by=server)
    try:
        elsewhere.start()
        own, other = (httpx.get(url).headers["content-security-policy"] for url in (server.url, elsewhere.url))
    finally:
        elsewhere.stop()
    assert "connect-src 'self';" in own
    assert "connect-src 'self' https://api.example.com:8443 wss://api.example.com:8443;" in other
