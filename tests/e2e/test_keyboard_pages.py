"""The pages by the keyboard alone: what can be reached, what it is called, and where the focus is afterwards."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.keys import button, go, tab_to
from tests.support.people import (
    WORDS,
    Person,
    expect_account,
    expect_notice,
    expect_signed_out,
    join,
    moving,
)
from tests.support.screens import expire
from tests.support.server import Server

IS_SEEN = """() => {
  const { left, top, width, height } = document.activeElement.getBoundingClientRect();
  const seen = document.elementFromPoint(left + width / 2, top + height / 2);
  return document.activeElement.contains(seen);
}"""


@pytest.fixture
def people(context: BrowserContext, base_url: str) -> list[Person]:
    """Ada, Grace and Alan, signed in on this browser; Alan is active."""
    return join(context, base_url, "Ada", "Grace", "Alan")


def link(page: Page, name: str) -> Locator:
    """Find a link in the page's main part."""
    return page.get_by_role("main").get_by_role("link", name=name, exact=True)


def of(action: str, person: Person) -> str:
    """Name what can be done with one of several accounts."""
    return f"{action}: {person.name}"


def test_each_row_of_the_card_can_be_reached_and_told_apart(
    page: Page, context: BrowserContext, server: Server, people: list[Person]
) -> None:
    """In the order in which they are seen, each with the account's name."""
    ada, grace, alan = people
    expire(server, context, ada)
    page.goto("/settings/account")
    tab_to(page, button(page, of(WORDS.sign_out, alan)))
    go(page, "Tab", button(page, of(WORDS.switch_account, grace)))
    go(page, "Tab", button(page, of(WORDS.sign_out, grace)))
    go(page, "Tab", link(page, of(WORDS.sign_in_again, ada)))
    go(page, "Tab", button(page, of(WORDS.remove_account, ada)))
    go(page, "Tab", link(page, WORDS.add_account))
    go(page, "Tab", button(page, WORDS.sign_out_all))


def test_the_focus_stays_in_the_list_when_a_row_goes(
    page: Page, context: BrowserContext, server: Server, people: list[Person]
) -> None:
    """On the list, not on the next row: a second Enter was not meant for that one."""
    ada, grace, alan = people
    expire(server, context, ada)
    page.goto("/settings/account")
    accounts = page.get_by_role("list", name=WORDS.manage_accounts)
    for action, person, said in [
        (WORDS.sign_out, grace, WORDS.signed_out_last),
        (WORDS.remove_account, ada, WORDS.removed),
    ]:
        tab_to(page, button(page, of(action, person)))
        page.keyboard.press("Enter")
        expect_notice(page, said.format(name=person.name))
        expect(accounts).to_be_focused()
        page.keyboard.press("Enter")
        go(page, "Tab", button(page, of(WORDS.sign_out, alan)))
    expect(accounts.get_by_role("listitem")).to_have_count(1)


def test_switching_from_the_card_keeps_the_focus_on_the_page(page: Page, people: list[Person]) -> None:
    """Its content is made anew for the other account, and begins there."""
    page.goto("/settings/account")
    tab_to(page, button(page, of(WORDS.switch_account, people[0])))
    with moving(page):
        page.keyboard.press("Enter")
        expect_account(page, people[0])
    expect(page.get_by_role("main")).to_be_focused()
    go(page, "Tab", link(page, "Account"))


def test_a_dismissed_notice_gives_the_focus_back(page: Page, people: list[Person]) -> None:
    """To where it was before: notices come before the page, and behind its last button."""
    page.goto("/settings/account")
    name, dismiss = page.get_by_label(WORDS.name, exact=True), page.get_by_role("button", name=WORDS.dismiss)
    tab_to(page, name)
    page.keyboard.press("Enter")
    expect_notice(page, WORDS.saved)
    expect(name).to_be_focused()
    tab_to(page, button(page, WORDS.sign_out_all))
    tab_to(page, dismiss)
    go(page, "Enter", button(page, WORDS.sign_out_all))
    expect(dismiss).to_have_count(0)


def test_no_notice_covers_what_has_the_focus(page: Page, people: list[Person]) -> None:
    """On a low screen, where the page scrolls below the notice (WCAG 2.4.11)."""
    page.set_viewport_size({"width": 390, "height": 420})
    page.goto("/settings/account")
    tab_to(page, button(page, of(WORDS.sign_out, people[0])))
    page.keyboard.press("Enter")
    expect_notice(page, WORDS.signed_out_last.format(name="Ada"))
    tab_to(page, page.get_by_role("banner").get_by_role("link"))
    last, stops = button(page, WORDS.sign_out_all), 0
    while not last.evaluate("(last) => last === document.activeElement"):
        page.keyboard.press("Tab")
        assert page.evaluate(IS_SEEN), page.evaluate("document.activeElement.outerHTML")
        stops += 1
    assert stops >= 9


def test_who_is_signed_in_chooses_by_keys(page: Page, people: list[Person]) -> None:
    """To go on as the active account, as another, or with one more."""
    ada, grace, _ = people
    page.goto("/auth/sign-in")
    others = [f"{WORDS.continue_as.format(name=person.name)}, {person.email}" for person in (grace, ada)]
    tab_to(page, link(page, WORDS.continue_as.format(name="Alan")))
    for other in others:
        go(page, "Tab", button(page, other))
    go(page, "Tab", link(page, WORDS.add_account))
    go(page, "Shift+Tab", button(page, others[1]))
    with moving(page):
        page.keyboard.press("Enter")
        expect_account(page, ada)
    expect(page.get_by_role("heading", name="Notes of Ada")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()


def test_remembered_accounts_on_the_sign_in_page_by_keys(
    page: Page, context: BrowserContext, server: Server, people: list[Person]
) -> None:
    """Before the form: to sign in again, or to remove one, which leaves the focus in their list."""
    ada, grace, alan = people
    expire(server, context, *people)
    page.goto("/auth/sign-in")
    expect_signed_out(page)
    expect(page.get_by_label(WORDS.email, exact=True)).to_be_focused()
    rows = page.get_by_role("list", name=WORDS.signed_out_account)
    tab_to(page, button(page, of(WORDS.remove_account, grace)))
    page.keyboard.press("Enter")
    expect_notice(page, WORDS.removed.format(name="Grace"))
    expect(rows).to_be_focused()
    expect(rows.get_by_role("listitem")).to_have_text([re.compile(alan.email), re.compile(ada.email)])
    tab_to(page, link(page, of(WORDS.sign_in_again, ada)))
    go(page, "Enter", page.get_by_label(WORDS.password, exact=True))
    expect(page.get_by_label(WORDS.email, exact=True)).to_have_value(ada.email)
    page.keyboard.type(ada.password)
    page.keyboard.press("Enter")
    expect_account(page, ada)
