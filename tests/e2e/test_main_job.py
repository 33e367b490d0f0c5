"""Several accounts signed in on one browser, switched with one click: the promise itself, as a person meets it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, BrowserType, Page, expect

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
    open_menu,
    sign_up,
    submit_sign_in,
    switch,
    user_button,
)
from tests.support.server import Server

NewContext = Callable[..., BrowserContext]


@pytest.fixture
def people(context: BrowserContext, base_url: str) -> list[Person]:
    """Ada, Grace and Alan, signed in on this browser; Alan is active."""
    return join(context, base_url, "Ada", "Grace", "Alan")


def add_note(page: Page, text: str) -> None:
    """Write a note and see it listed."""
    page.get_by_label("New note").fill(text)
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_role("listitem").filter(has_text=text)).to_be_visible()


def test_three_people_join_through_the_forms(page: Page) -> None:
    """Each "Add Account" leads to the form, and whoever signs up there joins those who are signed in."""
    people = [sign_up(page, "Ada")]
    for name in ("Grace", "Alan"):
        open_accounts(page).get_by_role("menuitem", name=WORDS.add_account).click()
        expect(page.get_by_role("heading", name=WORDS.add_account_title)).to_be_visible()
        page.get_by_role("link", name=WORDS.sign_up).click()
        person = Person(name)
        people.append(person)
        page.get_by_label(WORDS.name, exact=True).fill(name)
        page.get_by_label(WORDS.email, exact=True).fill(person.email)
        page.get_by_label(WORDS.password, exact=True).fill(person.password)
        page.get_by_role("button", name=WORDS.sign_up, exact=True).click()
        expect_account(page, person)
    accounts = open_accounts(page)
    for person in people:
        checked = "true" if person.name == "Alan" else "false"
        expect(account_item(accounts, person)).to_have_attribute("aria-checked", checked)


def test_someone_who_has_an_account_joins_by_signing_in(page: Page, new_context: NewContext, base_url: str) -> None:
    """ "Add Account" takes an account made elsewhere, and the one that was there stays."""
    [grace] = join(new_context(), base_url, "Grace")
    ada = sign_up(page, "Ada")
    open_accounts(page).get_by_role("menuitem", name=WORDS.add_account).click()
    fill_sign_in(page, grace)
    submit_sign_in(page)
    expect_account(page, grace)
    switch(page, ada)


def test_the_menu_holds_all_it_should(page: Page, people: list[Person]) -> None:
    """Its items, in this order, and in the submenu every account with the active one checked, then the door."""
    page.goto("/")
    menu = open_menu(page)
    items = [
        WORDS.settings,
        WORDS.switch_account,
        WORDS.theme,
        WORDS.sign_out,
        WORDS.sign_out_all,
    ]
    expect(menu.get_by_role("menuitem")).to_have_text(items)
    menu.get_by_role("menuitem", name=WORDS.switch_account).click()
    rows = page.get_by_role("menu").last.get_by_role("menuitemradio")
    expect(rows).to_have_text([re.compile(person.email) for person in reversed(people)])
    expect(page.get_by_role("menuitemradio", checked=True)).to_have_text(re.compile(people[2].email))
    expect(page.get_by_role("menuitem", name=WORDS.add_account)).to_be_visible()


def test_notes_and_drafts_are_each_accounts_own(page: Page, people: list[Person]) -> None:
    """One click switches; the other's notes and half-written text are out of sight, and back with their account."""
    ada, _, alan = people
    page.goto("/")
    draft = page.get_by_label("New note")
    add_note(page, "Alan's note")
    draft.fill("Alan's draft")
    expect(page.get_by_role("button", name="Save note")).to_be_enabled()
    switch(page, ada)
    expect(page.get_by_role("heading", name="Notes of Ada")).to_be_visible()
    expect_notice(page, WORDS.switched.format(name="Ada"))
    expect(draft).to_have_value("")
    expect(page.get_by_text("Alan's note")).to_have_count(0)
    add_note(page, "Ada's note")
    draft.fill("Ada's draft")
    expect(page.get_by_role("button", name="Save note")).to_be_enabled()
    switch(page, alan)
    expect(draft).to_have_value("Alan's draft")
    expect(page.get_by_text("Alan's note")).to_be_visible()
    expect(page.get_by_text("Ada's note")).to_have_count(0)
    switch(page, ada)
    expect(draft).to_have_value("Ada's draft")


@pytest.mark.standard("OWASP Session 17")
def test_a_second_tab_follows_a_switch(page: Page, context: BrowserContext, people: list[Person]) -> None:
    """It does so by itself, there and back, whichever tab was clicked in."""
    ada, grace, _ = people
    second = context.new_page()
    for tab in (page, second):
        tab.goto("/")
    switch(page, ada)
    expect_account(second, ada)
    expect_notice(second, WORDS.switched.format(name="Ada"))
    switch(second, grace)
    expect_account(page, grace)


def test_a_signed_out_tab_follows_a_sign_in(page: Page, context: BrowserContext) -> None:
    """Signing in brings the other tab along, which had no account to hear about."""
    second = context.new_page()
    second.goto("/")
    expect_signed_out(second)
    ada = sign_up(page, "Ada")
    expect_account(second, ada)


def test_other_devices_are_left_alone(
    page: Page, context: BrowserContext, new_context: NewContext, base_url: str, people: list[Person]
) -> None:
    """What happens on one browser, up to signing out of all, changes nothing on another with the same account."""
    other = new_context()
    [eve] = join(other, base_url, "Eve")
    elsewhere = other.new_page()
    elsewhere.goto("/auth/sign-in?add=1")
    fill_sign_in(elsewhere, people[0])
    submit_sign_in(elsewhere)
    expect_account(elsewhere, people[0])
    elsewhere.get_by_label("New note").fill("left alone")
    page.goto("/")
    switch(page, people[0])
    choose(page, WORDS.sign_out_all)
    expect_signed_out(page)
    expect_account(elsewhere, people[0])
    expect(elsewhere.get_by_label("New note")).to_have_value("left alone")
    expect(elsewhere.get_by_role("status").filter(has_text="signed out")).to_have_count(0)
    switch(elsewhere, eve)


def test_reloading_and_restarting_the_server_keep_everyone(page: Page, server: Server, people: list[Person]) -> None:
    """Accounts outlive the page and the server's process, even one that was killed."""
    page.goto("/")
    switch(page, people[0])
    page.reload()
    expect_account(page, people[0])
    server.restart(kill=True)
    page.goto("/")
    expect_account(page, people[0])
    switch(page, people[1])


def test_restarting_the_browser_keeps_everyone(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], base_url: str, tmp_path: Path
) -> None:
    """Who closes the whole browser and opens it again tomorrow is still signed in, with every account."""
    arguments = browser_type_launch_args | {"base_url": base_url}
    first = browser_type.launch_persistent_context(tmp_path, **arguments)
    ada, grace = join(first, base_url, "Ada", "Grace")
    first.close()
    again = browser_type.launch_persistent_context(tmp_path, **arguments)
    page = again.new_page()
    page.goto("/")
    expect_account(page, grace)
    switch(page, ada)
    again.close()


def test_going_back_shows_nobody_who_has_left(page: Page, people: list[Person]) -> None:
    """The back button after a sign-out leads to a signed-out page, not to a picture of the account."""
    page.goto("/")
    expect_account(page, people[2])
    page.goto("/settings/account")
    choose(page, WORDS.sign_out_all)
    expect_signed_out(page)
    page.go_back()
    expect_signed_out(page)
    expect(user_button(page)).to_have_count(0)
    expect(page.get_by_text(people[2].email)).to_have_count(0)
