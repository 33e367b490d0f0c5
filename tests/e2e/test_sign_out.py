"""The account settings, and the ways out: one account, another one, all of this browser."""

import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from multisession_app import pages
from multisession_app.multi_session.websocket.state import UNKNOWN
from tests.support.devices import KIT, Device, value
from tests.support.people import (
    WORDS,
    Person,
    choose,
    expect_account,
    expect_notice,
    expect_refusal,
    expect_signed_out,
    join,
    open_accounts,
    open_menu,
    session_ids,
    sign_up,
    switch,
    user_button,
)


@pytest.fixture
def people(context: BrowserContext, base_url: str) -> list[Person]:
    """Ada, Grace and Alan, signed in on this browser; Alan is active."""
    return join(context, base_url, "Ada", "Grace", "Alan")


@pytest.fixture
def tabs(page: Page, context: BrowserContext, people: list[Person]) -> list[Page]:
    """Two tabs of the browser, both showing Alan."""
    both = [page, context.new_page()]
    for tab in both:
        tab.goto("/settings/account")
        expect_account(tab, people[2])
    return both


def row(page: Page, person: Person) -> Locator:
    """Find a person's row in the "Manage accounts" card."""
    return page.get_by_role("list", name=WORDS.manage_accounts).get_by_role("listitem").filter(has_text=person.email)


def test_settings_show_the_profile_and_every_account(page: Page, people: list[Person]) -> None:
    """Name, picture and a row for each account; the active one can only sign out."""
    ada, _, alan = people
    page.goto("/settings/account")
    expect(page.get_by_role("heading", name=WORDS.settings)).to_be_visible()
    expect(page.get_by_label(WORDS.name, exact=True)).to_have_value("Alan")
    expect(page.get_by_label(WORDS.picture)).to_have_value("")
    expect(page.get_by_role("heading", name=WORDS.manage_accounts)).to_be_visible()
    expect(page.get_by_text(WORDS.manage_accounts_description)).to_be_visible()
    expect(page.get_by_role("list", name=WORDS.manage_accounts).get_by_role("listitem")).to_have_count(3)
    expect(row(page, alan).get_by_role("button")).to_have_count(1)
    expect(row(page, alan).get_by_role("button", name=WORDS.sign_out)).to_be_visible()
    expect(row(page, ada).get_by_role("button", name=re.compile("^Switch"))).to_be_visible()
    expect(row(page, ada).get_by_role("button", name=WORDS.sign_out)).to_be_visible()


def test_a_new_name_is_seen_in_every_tab(tabs: list[Page], people: list[Person]) -> None:
    """Saving the profile says so, and the other tab shows it without being asked."""
    page, second = tabs
    page.get_by_label(WORDS.name, exact=True).fill("Alan Turing")
    page.get_by_role("button", name=WORDS.save, exact=True).click()
    expect_notice(page, WORDS.saved)
    for tab in tabs:
        expect_account(tab, Person("Alan Turing", email=people[2].email))
    second.reload()
    expect(second.get_by_label(WORDS.name, exact=True)).to_have_value("Alan Turing")


def test_a_bad_picture_address_is_refused_with_its_reason(page: Page, people: list[Person]) -> None:
    """Only https addresses: nothing else is saved."""
    page.goto("/settings/account")
    page.get_by_label(WORDS.picture).fill("javascript:alert(1)")
    page.get_by_role("button", name=WORDS.save, exact=True).click()
    expect_refusal(page, WORDS.invalid_image)
    page.reload()
    expect(page.get_by_label(WORDS.picture)).to_have_value("")


def test_switching_from_the_settings(page: Page, people: list[Person]) -> None:
    """The row's button switches, and the form then holds the other account's name."""
    page.goto("/settings/account")
    row(page, people[0]).get_by_role("button", name=re.compile("^Switch")).click()
    expect_account(page, people[0])
    expect(page.get_by_label(WORDS.name, exact=True)).to_have_value("Ada")


def test_signing_out_one_of_the_others(tabs: list[Page], people: list[Person]) -> None:
    """It leaves both lists and nobody else is touched."""
    row(tabs[0], people[0]).get_by_role("button", name=WORDS.sign_out).click()
    expect_notice(tabs[0], WORDS.signed_out_last.format(name="Ada"))
    for tab in tabs:
        expect(row(tab, people[0])).to_have_count(0)
        expect_account(tab, people[2])
    expect(open_accounts(tabs[1]).get_by_role("menuitemradio")).to_have_count(2)


def test_signing_out_hands_over_to_the_account_used_last(tabs: list[Page], people: list[Person]) -> None:
    """Ada was used just before Alan, so she takes over, and both tabs say what happened."""
    ada, grace, alan = people
    switch(tabs[0], ada)
    switch(tabs[0], alan)
    expect_account(tabs[1], alan)
    choose(tabs[0], WORDS.sign_out)
    for tab in tabs:
        expect_account(tab, ada)
        expect_notice(tab, WORDS.signed_out_now.format(name="Alan", next="Ada"))
    choose(tabs[1], WORDS.sign_out)
    for tab in tabs:
        expect_account(tab, grace)
        expect_notice(tab, WORDS.signed_out_now.format(name="Ada", next="Grace"))


@pytest.mark.standard("ASVS 7.4.4", "OWASP Session 10", "NIST 5.1 (5)")
def test_every_page_of_the_app_has_the_way_out(page: Page, people: list[Person]) -> None:
    """In the user button, which is seen without scrolling."""
    routes = re.findall(r'route="(/[^"]*)"', Path(pages.__file__).read_text("utf-8"))
    assert "/settings/security" in routes
    for route in routes:
        page.goto(route)
        expect_account(page, people[2])
        expect(user_button(page)).to_be_in_viewport()
        expect(open_menu(page).get_by_role("menuitem", name=WORDS.sign_out, exact=True)).to_be_in_viewport()


def test_the_last_account_to_sign_out_leaves_a_signed_out_page(
    page: Page, context: BrowserContext, base_url: str
) -> None:
    """With one account there is no "Sign out of all accounts", and "Sign out" ends signed out."""
    [ada] = join(context, base_url, "Ada")
    page.goto("/")
    expect_account(page, ada)
    choose(page, WORDS.sign_out)
    expect_signed_out(page)
    expect_notice(page, WORDS.signed_out_last.format(name="Ada"))


@pytest.mark.parametrize("where", ["menu", "settings"])
def test_signing_out_of_all_accounts_empties_every_tab(
    tabs: list[Page], context: BrowserContext, base_url: str, where: str
) -> None:
    """Each tab is a signed-out page that says why and offers to sign in; a reload does not bring anyone back."""
    if where == "menu":
        choose(tabs[0], WORDS.sign_out_all)
    else:
        tabs[0].get_by_role("main").get_by_role("button", name=WORDS.sign_out_all).click()
    for tab in tabs:
        expect_signed_out(tab)
        expect_notice(tab, WORDS.signed_out_everyone)
        expect(tab.get_by_role("heading", name=WORDS.signed_out_title)).to_be_visible()
        expect(tab.get_by_role("link", name=WORDS.sign_in)).to_be_visible()
    assert session_ids(context, base_url) == {}
    tabs[1].reload()
    expect_signed_out(tabs[1])


@pytest.mark.parametrize("is_hesitant", [False, True], ids=["at once", "after the row has gone"])
def test_a_double_click_signs_one_account_out(page: Page, people: list[Person], is_hesitant: bool) -> None:
    """The row below moves up under the pointer; the second click was not meant for it."""
    ada, grace, alan = people
    page.goto("/settings/account")
    expect_account(page, alan)
    button = row(page, grace).get_by_role("button", name=WORDS.sign_out)
    button.scroll_into_view_if_needed()
    place = button.bounding_box()
    assert place
    at = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.click(*at)
    if is_hesitant:
        expect(row(page, grace)).to_have_count(0)
    page.mouse.click(*at)
    expect_notice(page, WORDS.signed_out_last.replace("{name}", "Grace"))
    expect(row(page, grace)).to_have_count(0)
    expect(row(page, ada)).to_be_visible()
    expect(row(page, alan)).to_be_visible()


def test_who_made_room_is_named(page: Page, context: BrowserContext, base_url: str) -> None:
    """The sixth account is let in, and the person is told who had to go."""
    join(context, base_url, "Ada", "Grace", "Alan", "Edsger", "Barbara")
    page.goto("/")
    sixth = sign_up(page, "Donald", path="/auth/sign-up?add=1")
    expect_account(page, sixth)
    expect_notice(page, WORDS.made_room.replace("{next}", "Donald").replace("{name}", "Ada"))


def test_who_made_room_is_named_to_a_tab_that_was_left_in_the_middle(new_device: Callable[[], Device]) -> None:
    """Its page was loaded anew before it had shown the account that it was at."""
    device = new_device()
    device.join("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald")
    with device.tab(f"{uuid.uuid4()}~{UNKNOWN}") as tab:
        notice = str(value(tab.variables, KIT, "notice"))
    assert notice == WORDS.made_room.replace("{next}", "Donald").replace("{name}", "Ada")
