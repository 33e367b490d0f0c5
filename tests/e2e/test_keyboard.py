"""The user button's menu by the keyboard alone, as the ARIA Authoring Practices have a menu button."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.keys import go, tab_to
from tests.support.people import (
    WORDS,
    Person,
    account_item,
    expect_account,
    expect_notice,
    expect_signed_out,
    join,
    moving,
    user_button,
)
from tests.support.screens import expect_theme, expire
from tests.support.server import Server


@pytest.fixture
def people(page: Page, context: BrowserContext, base_url: str) -> list[Person]:
    """Ada, Grace and Alan, signed in on this browser; the page shows Alan."""
    people = join(context, base_url, "Ada", "Grace", "Alan")
    page.goto("/")
    expect_account(page, people[2])
    return people


def item(page: Page, name: str) -> Locator:
    """Find an item of the open menus."""
    return page.get_by_role("menuitem", name=name, exact=True)


def open_by_keys(page: Page, button: Locator | None = None, *, key: str = "Enter") -> None:
    """Go to the button by Tab and open its menu."""
    tab_to(page, button or user_button(page))
    go(page, key, page.get_by_role("menuitem").first)


def open_accounts_by_keys(page: Page) -> None:
    """Open the menu, and in it "Switch Account" by its first letters."""
    open_by_keys(page)
    go(page, "s", item(page, WORDS.switch_account))
    go(page, "ArrowRight", page.get_by_role("menuitemradio").first)


def open_themes_by_keys(page: Page) -> None:
    """Open the menu, and in it the themes."""
    open_by_keys(page)
    go(page, "t", item(page, WORDS.theme))
    go(page, "ArrowRight", page.get_by_role("menuitemradio").first)


@pytest.mark.parametrize("key", ["Enter", "Space", "ArrowDown"])
def test_the_menu_opens_on_its_first_item(page: Page, people: list[Person], key: str) -> None:
    """The button says that it has a menu, and whether it is open; the menu has the button's name."""
    button = user_button(page)
    expect(button).to_have_attribute("aria-haspopup", "menu")
    expect(button).to_have_attribute("aria-expanded", "false")
    open_by_keys(page, key=key)
    expect(item(page, WORDS.settings)).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("menu")).to_have_accessible_name(re.compile(f"^{WORDS.account_menu}: Alan"))


def test_arrows_home_end_and_letters_move_in_the_menu(page: Page, people: list[Person]) -> None:
    """Past the last item comes the first."""
    open_by_keys(page)
    for key, name in [
        ("ArrowUp", WORDS.sign_out_all),
        ("ArrowDown", WORDS.settings),
        ("ArrowDown", WORDS.switch_account),
        ("End", WORDS.sign_out_all),
        ("Home", WORDS.settings),
        ("t", WORDS.theme),
    ]:
        go(page, key, item(page, name))


def test_the_accounts_open_to_the_side_with_the_active_one_checked(page: Page, people: list[Person]) -> None:
    """ArrowRight opens them and ArrowLeft leads back; nothing is switched by moving in them (WCAG 3.2.1)."""
    ada, grace, alan = people
    open_accounts_by_keys(page)
    parent = item(page, WORDS.switch_account)
    expect(parent).to_have_attribute("aria-haspopup", "menu")
    expect(parent).to_have_attribute("aria-expanded", "true")
    accounts = page.get_by_role("menu").last
    expect(accounts.get_by_role("group", name=WORDS.switch_account)).to_be_visible()
    for person in people:
        is_active = "true" if person == alan else "false"
        expect(account_item(accounts, person)).to_have_attribute("aria-checked", is_active)
    expect(account_item(accounts, alan)).to_be_focused()
    go(page, "ArrowDown", account_item(accounts, grace))
    go(page, "End", item(page, WORDS.add_account))
    go(page, "ArrowUp", account_item(accounts, ada))
    go(page, "ArrowLeft", parent)
    expect(parent).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("menu")).to_have_count(1)
    expect_account(page, alan)


@pytest.mark.parametrize("key", ["Escape", "Tab", "Shift+Tab"])
@pytest.mark.parametrize("where", ["menu", "submenu"])
def test_the_menu_is_left_to_its_button(page: Page, people: list[Person], key: str, where: str) -> None:
    """From a submenu as well, whole; Tab then goes on from the button."""
    if where == "menu":
        open_by_keys(page)
    else:
        open_accounts_by_keys(page)
    go(page, key, user_button(page))
    expect(page.get_by_role("menu")).to_have_count(0)
    go(page, "Tab", page.get_by_label("New note"))


def test_switching_leaves_the_focus_on_the_button(page: Page, people: list[Person]) -> None:
    """It then has the other account's name, and the status region says so."""
    open_accounts_by_keys(page)
    go(page, "g", account_item(page.get_by_role("menu").last, people[1]))
    with moving(page):
        page.keyboard.press("Enter")
        expect_account(page, people[1])
    expect_notice(page, WORDS.switched.format(name="Grace"))
    expect(user_button(page)).to_be_focused()


def test_a_theme_is_chosen_by_keys(page: Page, people: list[Person]) -> None:
    """And is the checked one from then on."""
    for name, theme in [(WORDS.theme_dark, "dark"), (WORDS.theme_light, "light")]:
        open_themes_by_keys(page)
        choice = page.get_by_role("menuitemradio", name=name)
        go(page, name[0].lower(), choice)
        go(page, "Enter", user_button(page))
        expect_theme(page, theme)
        open_themes_by_keys(page)
        expect(choice).to_have_attribute("aria-checked", "true")
        go(page, "Escape", user_button(page))


def test_a_page_that_was_chosen_has_the_focus(page: Page, people: list[Person]) -> None:
    """The menu goes with the old page; the focus is in the new one, not lost."""
    open_by_keys(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=WORDS.settings)).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()
    go(page, "Tab", page.get_by_role("navigation").get_by_role("link", name="Account"))


def test_signing_out_by_keys_keeps_the_focus(page: Page, people: list[Person]) -> None:
    """On the button while somebody takes over; on the page once nobody is left."""
    open_by_keys(page)
    go(page, "End", item(page, WORDS.sign_out_all))
    go(page, "ArrowUp", item(page, WORDS.sign_out))
    with moving(page):
        page.keyboard.press("Enter")
        expect_account(page, people[1])
    expect(user_button(page)).to_be_focused()
    go(page, "Enter", item(page, WORDS.settings))
    go(page, "End", item(page, WORDS.sign_out_all))
    page.keyboard.press("Enter")
    expect_signed_out(page)
    expect(page.get_by_role("main")).to_be_focused()


def test_the_signed_out_menu_by_keys(page: Page) -> None:
    """Its first item leads to the form, with the focus in the first field."""
    page.goto("/")
    open_by_keys(page, page.get_by_role("button", name=WORDS.account, exact=True))
    for key, name in [("ArrowDown", WORDS.sign_up), ("End", WORDS.theme), ("Home", WORDS.sign_in)]:
        go(page, key, item(page, name))
    go(page, "Enter", page.get_by_label(WORDS.email, exact=True))


@pytest.mark.parametrize("is_alone", [True, False], ids=["nobody else signed in", "somebody else signed in"])
def test_a_remembered_account_is_chosen_by_keys(
    page: Page, context: BrowserContext, server: Server, people: list[Person], is_alone: bool
) -> None:
    """In words, not by colour; it leads to the form with the e-mail filled in and the focus in the password."""
    expire(server, context, *(people if is_alone else people[:1]))
    page.goto("/")
    if is_alone:
        open_by_keys(page, page.get_by_role("button", name=WORDS.account, exact=True))
        row = page.get_by_role("menuitem").filter(has_text=people[0].email)
    else:
        open_accounts_by_keys(page)
        row = page.get_by_role("menuitemradio").filter(has_text=people[0].email)
    expect(row).to_have_accessible_name(re.compile(WORDS.signed_out_account))
    page.keyboard.type("ada")
    expect(row).to_be_focused()
    go(page, "Enter", page.get_by_label(WORDS.password, exact=True))
    expect(page.get_by_label(WORDS.email, exact=True)).to_have_value(people[0].email)
