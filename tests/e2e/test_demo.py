"""A demo's visitor: one click on the sign-in page, three accounts, and the page says what it is."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.axe import findings
from tests.support.people import Person, expect_signed_out, open_accounts, switch, user_button
from tests.support.screens import expect_theme, still
from tests.support.server import Server

BUTTON = "Try it with three accounts"


def users_of(server: Server) -> int:
    """Count the users in a server's database."""
    with closing(sqlite3.connect(server.database)) as db:
        return int(db.execute("SELECT count(*) FROM multi_session_user").fetchone()[0])


@pytest.fixture(scope="module")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the app as a demo."""
    server = Server(tmp_path_factory.mktemp("demo"), {"MULTISESSION_DEMO": "1"})
    try:
        server.start()
        # A demo too begins with no account that anybody might know the password of.
        assert users_of(server) == 0
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["light", "dark"])
def demo_page(request: pytest.FixtureRequest, demo_server: Server, browser: Browser) -> Iterator[Page]:
    """The sign-in page of a demo, in one theme and the other."""
    context = browser.new_context(base_url=demo_server.url, color_scheme=request.param)
    page = context.new_page()
    page.goto("/auth/sign-in")
    expect(page.get_by_role("region", name="Demo")).to_contain_text("This is a demo")
    still(page)
    expect_theme(page, request.param)
    yield page
    context.close()


def test_one_click_gives_three_accounts_to_switch_between(demo_page: Page) -> None:
    """The last one is on screen, with its notes; the switcher has the others; axe finds nothing before or after."""
    page = demo_page
    assert findings(page) == []
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_role("list", name="Notes").get_by_role("listitem")).to_have_count(2)
    rows = open_accounts(page).get_by_role("menuitemradio")
    expect(rows).to_have_count(3)
    other = rows.and_(page.locator("[aria-checked=false]")).first
    name, email = other.inner_text().split("\n")[-2:]
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    switch(page, Person(name, email))
    expect(page.get_by_role("list", name="Notes").get_by_role("listitem")).to_have_count(2)
    page.goto("/auth/sign-in")
    expect(page.get_by_role("link", name=f"Continue as {name}")).to_be_visible()
    expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)
    still(page)
    assert findings(page) == []


def test_people_are_swept_when_their_day_is_over(demo_server: Server, browser: Browser) -> None:
    """The server looks when it starts and every hour; the page that stands open is signed out by itself."""
    context = browser.new_context(base_url=demo_server.url)
    page = context.new_page()
    page.goto("/auth/sign-in")
    page.get_by_role("button", name=BUTTON).click()
    expect(user_button(page)).to_be_visible()
    demo_server.stop()
    with closing(sqlite3.connect(demo_server.database)) as db, db:
        db.execute("UPDATE multi_session_user SET created_at = '2026-01-01 00:00:00'")
    demo_server.start()
    expect_signed_out(page)
    assert users_of(demo_server) == 0
    page.goto("/auth/sign-in")
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    context.close()


@pytest.mark.standard("ASVS 6.3.2")
def test_an_app_that_is_no_demo_has_none_of_it(page: Page, context: BrowserContext, base_url: str) -> None:
    """Neither the words nor the route."""
    page.goto("/auth/sign-in")
    expect_signed_out(page)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("demo")).to_have_count(0)
    assert context.request.post(base_url + "/api/demo", data={}, headers={"Origin": base_url}).status in {404, 405}
    assert context.cookies() == []
