"""Sessions whose time is over, and those that made room: what their tabs say, and what is left of them on screen."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.devices import change_behind_its_back
from tests.support.people import (
    WORDS,
    Person,
    account_item,
    choose,
    expect_account,
    expect_notice,
    expect_signed_out,
    fill_sign_in,
    join,
    open_accounts,
    session_ids,
    sign_up,
    submit_sign_in,
    switch,
)
from tests.support.server import Server

Expire = Callable[..., None]


@pytest.fixture
def people(context: BrowserContext, base_url: str) -> list[Person]:
    """Ada and Grace, signed in on this browser; Grace is active."""
    return join(context, base_url, "Ada", "Grace")


@pytest.fixture
def expire(server: Server, context: BrowserContext, base_url: str) -> Expire:
    """What lets the time of a person's session here be over, now or soon."""

    def over(person: Person, soon: timedelta = timedelta(0)) -> None:
        when = (datetime.now(UTC) + soon).strftime("%Y-%m-%d %H:%M:%S.%f")
        change_behind_its_back(server, session_ids(context, base_url)[person.email], f"expires_at = '{when}'")

    return over


def remembered(page: Page, person: Person) -> Locator:
    """Find a person's row among those who have to sign in again."""
    return account_item(open_accounts(page), person).filter(has_text=WORDS.signed_out_account)


@pytest.mark.standard("OWASP Session 13")
def test_every_tab_says_by_itself_that_the_time_is_over(
    page: Page, context: BrowserContext, people: list[Person], expire: Expire
) -> None:
    """The account used last takes over, and nobody had to click; a reload does not say it again."""
    other = context.new_page()
    for tab in (page, other):
        tab.goto("/")
        expect_account(tab, people[1])
    expire(people[1], timedelta(seconds=1))
    for tab in (page, other):
        # Whatever reads the session reads the new time too.
        tab.get_by_label("New note").fill("typed by Grace")
    for tab in (page, other):
        expect_account(tab, people[0])
        expect_notice(tab, "The session of Grace has expired")
        expect_notice(tab, "You are now using Ada")
        expect(tab.get_by_label("New note")).to_have_value("")
    page.reload()
    expect_account(page, people[0])
    expect(page.get_by_role("status").filter(has_text="Grace")).to_have_count(0)


def test_the_last_account_leaves_the_way_back_in(
    page: Page, context: BrowserContext, base_url: str, expire: Expire
) -> None:
    """Its e-mail is filled in, the password is next, and after it the remembered row is gone."""
    [ada] = join(context, base_url, "Ada")
    page.goto("/settings/account")
    expect_account(page, ada)
    expire(ada)
    page.get_by_role("button", name=WORDS.save, exact=True).click()
    expect_signed_out(page)
    expect_notice(page, WORDS.signed_out_account)
    page.get_by_role("button", name=WORDS.account, exact=True).click()
    page.get_by_role("menuitem").filter(has_text=ada.email).click()
    expect(page.get_by_label(WORDS.email, exact=True)).to_have_value(ada.email)
    expect(page.get_by_label(WORDS.password, exact=True)).to_be_focused()
    assert ada.email not in page.url
    page.keyboard.type(ada.password)
    page.keyboard.press("Enter")
    expect_account(page, ada)
    expect(remembered(page, ada)).to_have_count(0)


def test_an_expired_account_stays_in_the_switcher_until_it_is_removed(
    page: Page, people: list[Person], expire: Expire
) -> None:
    """Marked in words in the menu and on the card; removed with one click, and nothing of it comes back."""
    expire(people[0])
    page.goto("/settings/account")
    row = page.get_by_role("listitem").filter(has_text=people[0].email)
    expect(row).to_contain_text(WORDS.signed_out_account)
    expect(row.get_by_role("button", name="Switch")).to_have_count(0)
    item = remembered(page, people[0])
    expect(item).to_have_attribute("aria-checked", "false")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    row.get_by_role("button", name=f"{WORDS.remove_account}: Ada").click()
    expect(row).to_have_count(0)
    expect_notice(page, "Ada is removed")
    page.reload()
    expect_account(page, people[1])
    expect(row).to_have_count(0)


def test_the_sixth_account_says_who_made_room_in_every_tab(
    page: Page, context: BrowserContext, base_url: str, people: list[Person]
) -> None:
    """The one used longest ago; it stays in the switcher and can come back."""
    more = join(context, base_url, "Alan", "Barbara", "Edsger")
    other = context.new_page()
    other.goto("/")
    expect_account(other, more[2])
    frances = sign_up(page, "Frances", path="/auth/sign-up?add=1")
    for tab in (page, other):
        expect_account(tab, frances)
        expect_notice(tab, "Ada was signed out to make room")
    account_item(open_accounts(page), people[0]).filter(has_text=WORDS.signed_out_account).click()
    expect(page.get_by_label(WORDS.email, exact=True)).to_have_value(people[0].email)
    page.get_by_label(WORDS.password, exact=True).fill(people[0].password)
    submit_sign_in(page)
    expect_account(page, people[0])
    expect_notice(page, "Grace was signed out to make room")
    switch(other, more[0])
    expect(other.get_by_role("status").filter(has_text="room")).to_have_count(0)


def test_who_signed_out_by_hand_leaves_no_trace(page: Page, people: list[Person]) -> None:
    """Neither of the two ways keeps the e-mail on this browser."""
    page.goto("/")
    choose(page, WORDS.sign_out)
    expect_account(page, people[0])
    expect(account_item(open_accounts(page), people[1])).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    choose(page, WORDS.sign_out)
    expect_signed_out(page)
    page.get_by_role("button", name=WORDS.account, exact=True).click()
    expect(page.get_by_role("menuitem", name=WORDS.sign_in, exact=True)).to_be_visible()
    expect(page.get_by_role("menuitem").filter(has_text="@")).to_have_count(0)


def test_signing_out_of_all_forgets_the_expired_too(page: Page, people: list[Person], expire: Expire) -> None:
    """And empties the browser's cache."""
    expire(people[0])
    sign_up(page, "Alan", path="/auth/sign-up?add=1")
    with page.expect_response(lambda answer: answer.url.endswith("/revoke-all")) as answer:
        choose(page, WORDS.sign_out_all)
    assert answer.value.header_value("Clear-Site-Data") == '"cache"'
    expect_signed_out(page)
    expect_notice(page, WORDS.signed_out_everyone)
    page.goto("/auth/sign-in")
    expect(page.get_by_label(WORDS.email, exact=True)).to_have_value("")
    expect(page.get_by_text("@example.com")).to_have_count(0)


def test_the_id_of_a_foreign_account_fills_nothing_in(
    page: Page, new_context: Callable[..., BrowserContext], base_url: str, server: Server
) -> None:
    """The link to sign in again tells an e-mail only on the device that remembers it."""
    elsewhere = new_context()
    [eve] = join(elsewhere, base_url, "Eve")
    theirs = session_ids(elsewhere, base_url)[eve.email]
    change_behind_its_back(server, theirs, "expires_at = created_at")
    sign_up(page, "Ada")
    page.goto(f"/auth/sign-in?add=1&account={theirs}")
    expect(page.get_by_label(WORDS.email, exact=True)).to_have_value("")
    expect(page.get_by_text(eve.email)).to_have_count(0)


def test_signing_in_as_someone_else_leaves_the_remembered(page: Page, people: list[Person], expire: Expire) -> None:
    """The form shows them above, signed out too."""
    expire(people[0])
    expire(people[1])
    page.goto("/auth/sign-in")
    expect(page.get_by_role("link", name=WORDS.sign_in_again)).to_have_count(2)
    fill_sign_in(page, people[0])
    submit_sign_in(page)
    expect_account(page, people[0])
    expect(remembered(page, people[1])).to_be_visible()
