"""Without a connection, after sleep, and on the way back: nothing is sent in secret, and nothing old is shown."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from multisession_app.multi_session.options import COVER_AFTER
from tests.support.devices import notes_of
from tests.support.people import (
    WORDS,
    Person,
    account_item,
    expect_account,
    expect_notice,
    expect_signed_out,
    join,
    open_accounts,
    open_menu,
    post,
    session_ids,
    switch,
)
from tests.support.server import Server

LONG = int(COVER_AFTER.total_seconds() * 1000) + 1000


@pytest.fixture
def people(context: BrowserContext, base_url: str) -> list[Person]:
    """Ada and Grace, signed in on this browser; Grace is active."""
    return join(context, base_url, "Ada", "Grace")


@pytest.fixture
def home(page: Page, people: list[Person]) -> Page:
    """Grace's notes, one of them on screen; the page's clock can be moved."""
    page.clock.install()
    page.goto("/")
    expect_account(page, people[1])
    page.get_by_label("New note").fill("Grace's note")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_role("listitem").filter(has_text="Grace's note")).to_be_visible()
    return page


def cover(page: Page) -> object:
    """Find what stands before a page that may be out of date."""
    return page.get_by_text(WORDS.covered)


def test_a_banner_says_that_there_is_no_connection(home: Page, context: BrowserContext) -> None:
    """Calmly, as a status, and it goes by itself."""
    context.set_offline(True)
    expect_notice(home, WORDS.offline)
    context.set_offline(False)
    expect(home.get_by_role("status").filter(has_text=WORDS.offline)).to_have_count(0)


def test_what_cannot_be_sent_says_so_and_is_not_sent_later(
    home: Page, context: BrowserContext, base_url: str, people: list[Person], server: Server
) -> None:
    """A switch, a note, a sign-out: refused in words; when the connection is back nothing of it happens."""
    home.get_by_label("New note").fill("typed before")
    accounts = open_accounts(home)
    context.set_offline(True)
    account_item(accounts, people[0]).click()
    expect_notice(home, WORDS.not_sent)
    home.keyboard.press("Escape")
    home.keyboard.press("Escape")
    home.get_by_role("button", name="Save note").click()
    home.get_by_role("button", name="Delete note").click()
    context.set_offline(False)
    expect(home.get_by_role("status").filter(has_text=WORDS.offline)).to_have_count(0)
    # What comes after them in the queue has come; so would they have.
    home.get_by_label("New note").fill("typed after")
    home.get_by_role("button", name="Save note").click()
    expect(home.get_by_role("listitem").filter(has_text="typed after")).to_be_visible()
    expect_account(home, people[1])
    assert sorted(notes_of(server, people[1])) == ["Grace's note", "typed after"]
    assert next(iter(session_ids(context, base_url))) == people[1].email


def test_a_link_is_refused_too(home: Page, context: BrowserContext, people: list[Person]) -> None:
    """The page it leads to was never loaded: the browser's own error would take the place of what was typed."""
    home.get_by_label("New note").fill("typed before")
    context.set_offline(True)
    expect_notice(home, WORDS.offline)
    open_menu(home).get_by_role("menuitem", name=WORDS.settings).click()
    expect_notice(home, WORDS.not_sent)
    expect(home.get_by_label("New note")).to_have_value("typed before")
    context.set_offline(False)


def test_a_stopped_server_is_no_connection_either(home: Page, server: Server, people: list[Person]) -> None:
    """The banner comes when the socket cannot be opened again, and goes with it."""
    server.stop()
    try:
        home.clock.run_for(1000)
        expect_notice(home, WORDS.offline)
    finally:
        server.start()
    home.clock.run_for(5000)
    expect(home.get_by_role("status").filter(has_text=WORDS.offline)).to_have_count(0)
    switch(home, people[0])


@pytest.mark.standard("OWASP Session 13")
def test_a_page_without_connection_for_long_is_covered(
    home: Page, context: BrowserContext, base_url: str, people: list[Person]
) -> None:
    """And shown again when it is sure that its account has not ended."""
    context.set_offline(True)
    expect_notice(home, WORDS.offline)
    home.clock.run_for(LONG)
    expect(home.get_by_text(WORDS.covered)).to_be_visible()
    home.keyboard.press("Escape")
    expect(home.get_by_text(WORDS.covered)).to_be_visible()
    context.set_offline(False)
    home.clock.run_for(4000)
    expect(home.get_by_text(WORDS.covered)).to_be_hidden()
    expect_account(home, people[1])
    expect(home.get_by_role("listitem").filter(has_text="Grace's note")).to_be_visible()


def test_a_covered_page_never_shows_an_account_that_has_ended(
    home: Page, new_context: Callable[..., BrowserContext], context: BrowserContext, base_url: str, people: list[Person]
) -> None:
    """Signed out meanwhile: the cover goes when the page shows nobody's data any more."""
    twin = new_context(storage_state=context.storage_state())
    context.set_offline(True)
    expect_notice(home, WORDS.offline)
    home.clock.run_for(LONG)
    expect(home.get_by_text(WORDS.covered)).to_be_visible()
    assert post(twin, base_url, "/sign-out", {}).ok
    home.evaluate(
        """([covered, note]) => { window.shown = false; setInterval(() => {
             const isCovered = document.querySelector("dialog[open]") !== null;
             if (!isCovered && document.body.innerText.includes(note)) window.shown = true; }, 50); }""",
        [WORDS.covered, "Grace's note"],
    )
    context.set_offline(False)
    home.clock.run_for(4000)
    expect_signed_out(home)
    home.clock.run_for(4000)
    expect(home.get_by_text(WORDS.covered)).to_be_hidden()
    assert home.evaluate("window.shown") in {False, None}
    expect(home.get_by_text("Grace's note")).to_have_count(0)


def test_waking_from_sleep_asks_first(home: Page, people: list[Person]) -> None:
    """The clock jumps on, no timer has run meanwhile: covered until the server has said who is signed in."""
    home.route("**/api/auth/get-session", lambda route: route.abort())
    home.clock.fast_forward(LONG)
    home.clock.run_for(4000)
    expect(home.get_by_text(WORDS.covered)).to_be_visible()
    home.unroute("**/api/auth/get-session")
    home.clock.run_for(4000)
    expect(home.get_by_text(WORDS.covered)).to_be_hidden()
    expect_account(home, people[1])


def test_the_page_cache_keeps_a_blank_page(home: Page, people: list[Person]) -> None:
    """Left blank when it is put away, and loaded anew when it comes out."""
    home.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    expect(home.get_by_text("Grace's note")).to_be_hidden()
    with home.expect_navigation():
        home.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect_account(home, people[1])


def test_back_never_shows_who_has_signed_out_meanwhile(home: Page, context: BrowserContext, base_url: str) -> None:
    """The page was left by an address of its own, and everyone signed out from elsewhere."""
    home.goto(f"{base_url}/api/auth/ok")
    assert post(context, base_url, "/sign-out", {}).ok
    home.go_back()
    expect_signed_out(home)
    expect(home.get_by_text("Grace's note")).to_have_count(0)
