"""The sign-in page of somebody who is signed in, and of a browser that is full."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.people import (
    WORDS,
    Person,
    expect_account,
    expect_notice,
    expect_refusal,
    expect_signed_out,
    fill_sign_in,
    join,
    post,
    session_ids,
    submit_sign_in,
)
from tests.support.server import Server

SETTINGS = re.compile("/settings/account/?$")


@pytest.fixture
def people(context: BrowserContext, base_url: str) -> list[Person]:
    """Ada and Grace, signed in on this browser; Grace is active."""
    return join(context, base_url, "Ada", "Grace")


def test_who_is_signed_in_is_asked_how_to_go_on(page: Page, people: list[Person]) -> None:
    """As the active account, with one click, to where they wanted to go; no form in the way."""
    page.goto("/auth/sign-in?next=/settings/account")
    main = page.get_by_role("main")
    expect(main.get_by_role("heading", name=WORDS.already_signed_in)).to_be_visible()
    expect(main).to_contain_text(people[1].email)
    expect(page.get_by_label(WORDS.password, exact=True)).to_have_count(0)
    page.get_by_role("link", name="Continue as Grace").click()
    page.wait_for_url(SETTINGS)
    expect_account(page, people[1])


def test_another_account_goes_on_with_one_click(page: Page, people: list[Person]) -> None:
    """Switched, and at the page that was wanted."""
    page.goto("/auth/sign-in?next=/settings/account")
    page.get_by_role("button", name=f"Continue as Ada, {people[0].email}").click()
    page.wait_for_url(SETTINGS)
    expect_account(page, people[0])
    expect(page.get_by_label(WORDS.name, exact=True)).to_have_value("Ada")


def test_add_account_leads_to_the_form_and_keeps_the_aim(
    page: Page, new_context: Callable[..., BrowserContext], base_url: str, people: list[Person]
) -> None:
    """It says that the others stay, and they do."""
    [alan] = join(new_context(), base_url, "Alan")
    page.goto("/auth/sign-in?next=/settings/account")
    page.get_by_role("link", name=WORDS.add_account).click()
    expect(page.get_by_text(WORDS.add_account_hint)).to_be_visible()
    expect(page.get_by_label(WORDS.email, exact=True)).to_be_focused()
    fill_sign_in(page, alan)
    submit_sign_in(page)
    page.wait_for_url(SETTINGS)
    expect_account(page, alan)
    expect(page.get_by_role("listitem").filter(has_text="@example.com")).to_have_count(3)


def test_the_door_of_add_account_is_the_form(page: Page, people: list[Person]) -> None:
    """`?add=1` asks nothing first."""
    page.goto("/auth/sign-in?add=1")
    expect(page.get_by_role("heading", name=WORDS.add_account_title)).to_be_visible()
    expect(page.get_by_label(WORDS.email, exact=True)).to_be_focused()


def test_there_is_no_flash_of_the_form_for_who_is_signed_in(page: Page, people: list[Person]) -> None:
    """Until the accounts are known there is a placeholder, not a form that goes away under the first key."""
    page.add_init_script(
        """new MutationObserver(() => { if (document.querySelector("input[name=password]")) window.flashed = true; })
             .observe(document, { childList: true, subtree: true });"""
    )
    page.goto("/auth/sign-in")
    expect(page.get_by_role("heading", name=WORDS.already_signed_in)).to_be_visible()
    assert page.evaluate("window.flashed") is None


def test_signing_out_elsewhere_turns_the_question_into_the_form(
    page: Page, context: BrowserContext, base_url: str, people: list[Person]
) -> None:
    """Nobody is left to continue as."""
    page.goto("/auth/sign-in")
    expect(page.get_by_role("heading", name=WORDS.already_signed_in)).to_be_visible()
    post(context, base_url, "/sign-out", {})
    expect_signed_out(page)
    expect(page.get_by_role("heading", name=WORDS.sign_in_title)).to_be_visible()


@pytest.fixture(scope="module")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of an app where nobody is signed out to make room for a third."""
    server = Server(tmp_path_factory.mktemp("strict"))
    settings = server.root / "rxconfig.py"
    plain = settings.read_text()
    strict = plain.replace("MultiSessionPlugin()", "MultiSessionPlugin(maximum_sessions=2, revoke_oldest_on_max=False)")
    assert strict != plain
    settings.write_text(strict)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def strict_context(strict_server: Server, browser: Browser) -> Iterator[Callable[[], BrowserContext]]:
    """What opens a browser before that server."""
    with ExitStack() as closing:

        def make() -> BrowserContext:
            context = browser.new_context(base_url=strict_server.url)
            closing.callback(context.close)
            return context

        yield make


def test_a_full_browser_offers_to_sign_one_out_and_go_on(
    strict_server: Server, strict_context: Callable[[], BrowserContext]
) -> None:
    """The page says so before the form is filled in; what was typed stays while one signs out."""
    url = strict_server.url
    context = strict_context()
    [alan] = join(strict_context(), url, "Alan")
    ada, grace = join(context, url, "Ada", "Grace")
    page = context.new_page()
    page.goto("/auth/sign-in?add=1")
    room = page.get_by_role("group", name=WORDS.full_title)
    expect(room).to_contain_text("2 accounts are signed in")
    fill_sign_in(page, alan)
    submit_sign_in(page)
    expect_refusal(page, "There is no room for another account")
    assert set(session_ids(context, url)) == {ada.email, grace.email}
    # The active one: the tab itself comes back as the other account.
    room.get_by_role("button", name=f"{WORDS.sign_out}: Grace").click()
    expect_account(page, ada)
    expect_notice(page, "Grace is signed out")
    expect(room).to_have_count(0)
    expect(page.get_by_label(WORDS.email, exact=True)).to_have_value(alan.email)
    expect(page.get_by_label(WORDS.password, exact=True)).to_have_value(alan.password)
    submit_sign_in(page)
    expect_account(page, alan)
    assert set(session_ids(context, url)) == {ada.email, alan.email}


def test_who_is_there_already_may_sign_in_again_on_a_full_browser(
    strict_server: Server, strict_context: Callable[[], BrowserContext]
) -> None:
    """It takes no further room."""
    url = strict_server.url
    context = strict_context()
    ada, _ = join(context, url, "Ada", "Grace")
    page = context.new_page()
    page.goto("/auth/sign-in?add=1")
    fill_sign_in(page, ada)
    submit_sign_in(page)
    expect_account(page, ada)
