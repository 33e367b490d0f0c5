"""Pages on one site and the API on another, as `reflex deploy` hosts an app."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.support.main_flow import two_people_come_switch_and_go
from tests.support.people import (
    API,
    WORDS,
    Person,
    expect_account,
    expect_refusal,
    fill_sign_up,
    sign_up,
    submit_sign_up,
)
from tests.support.two_origins import Hosted


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory, browser_name: str) -> Iterator[Hosted]:
    """Export the app and serve both halves; for a browser, by which pytest groups tests, so that it is done once."""
    server = Hosted(tmp_path_factory.mktemp("hosted"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def context(hosted: Hosted, browser: Browser) -> Iterator[BrowserContext]:
    """Open the pages where they are."""
    context = browser.new_context(base_url=hosted.url)
    yield context
    context.close()


def test_everything_works_where_third_party_cookies_are_blocked(context: BrowserContext) -> None:
    """The cookie is kept for this pair of sites alone, so there is nothing to block."""

    def block(page: Page) -> None:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCookieControls", {"enableThirdPartyCookieRestriction": True})

    context.on("page", block)
    two_people_come_switch_and_go(context.new_page())


@pytest.mark.standard("ASVS 3.3.2")
def test_the_cookie_is_for_this_pair_of_sites_alone(page: Page, hosted: Hosted) -> None:
    """Another site that shows or asks the same server does not bear it; script reads it nowhere."""
    ada = sign_up(page, "Ada")
    cookies: list[Any] = page.context.cookies()
    [cookie] = cookies
    kept = {name: cookie[name] for name in ("domain", "path", "httpOnly", "secure", "sameSite")}
    assert kept == {"domain": "127.0.0.1", "path": "/", "httpOnly": True, "secure": True, "sameSite": "None"}
    assert cookie["partitionKey"] == "http://localhost"
    assert page.evaluate("document.cookie") == ""
    page.goto(f"{hosted.api}{API}/get-session")
    assert page.evaluate("document.body.innerText") == "null"
    page.goto("/")
    expect_account(page, ada)


def test_only_the_pages_origin_may_ask(hosted: Hosted) -> None:
    """It is named in every answer, refusals too; any other is answered 403 and can read nothing."""
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for path in (f"{API}/sign-in/email", f"{API}/get-session", "/_upload"):
        for origin in (hosted.url, hosted.url.replace("localhost", "127.0.0.1"), "http://localhost", "null"):
            sent = {"Origin": origin}
            answers = [
                httpx.options(hosted.api + path, headers=sent | ask),
                httpx.post(hosted.api + path, headers=sent, content=b"no JSON"),
                httpx.get(hosted.api + path, headers=sent),
            ]
            allowed = {answer.headers.get("access-control-allow-origin") for answer in answers}
            if origin == hosted.url:
                assert allowed == {origin}
                assert {answer.headers["access-control-allow-credentials"] for answer in answers} == {"true"}
            else:
                assert allowed == {None}
                assert {answer.status_code for answer in answers} <= {400, 403}


def test_a_browser_that_refuses_the_cookie_says_so_once(page: Page) -> None:
    """A sentence and a form that can be sent again, not a page that loads itself for ever."""

    def refuse(route: Route) -> None:
        answer = route.fetch()
        # Playwright has put the cookie into the browser's jar by itself.
        page.context.clear_cookies()
        route.fulfill(response=answer, headers={k: v for k, v in answer.headers.items() if k != "set-cookie"})

    page.goto("/auth/sign-up")
    page.route("**/sign-up/email", refuse)
    asked: list[str] = []
    # What the page asks for: whether and when a browser wants the icon is its own business.
    own = {"document", "fetch", "xhr"}
    page.on("request", lambda request: asked.append(request.url) if request.resource_type in own else None)
    fill_sign_up(page, Person("Ada"))
    submit_sign_up(page)
    expect_refusal(page, WORDS.cookies_blocked)
    assert [address.rpartition("/")[2] for address in asked] == ["email", "get-session"]
