"""The forms by the keyboard alone: labels, messages, and the focus on what is next."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.keys import button, go, tab_to
from tests.support.people import WORDS, Person, expect_account, expect_notice, expect_refusal, join, user_button

NewContext = Callable[..., BrowserContext]


@pytest.fixture
def people(context: BrowserContext, base_url: str) -> list[Person]:
    """Ada and Grace, signed in on this browser; Grace is active."""
    return join(context, base_url, "Ada", "Grace")


def test_an_account_is_added_by_keys(page: Page, new_context: NewContext, people: list[Person], base_url: str) -> None:
    """From the menu to the form, whose first field has the focus; Enter in the last one sends it."""
    [eve] = join(new_context(), base_url, "Eve")
    page.goto("/")
    tab_to(page, user_button(page))
    go(page, "Enter", page.get_by_role("menuitem", name=WORDS.settings))
    go(page, "s", page.get_by_role("menuitem", name=WORDS.switch_account))
    go(page, "Enter", page.get_by_role("menuitemradio").first)
    go(page, "End", page.get_by_role("menuitem", name=WORDS.add_account))
    go(page, "Enter", page.get_by_label(WORDS.email, exact=True))
    page.keyboard.type(eve.email)
    go(page, "Tab", page.get_by_label(WORDS.password, exact=True))
    page.keyboard.type(eve.password)
    page.keyboard.press("Enter")
    expect_account(page, eve)


def test_a_refused_form_is_mended_by_keys(page: Page, people: list[Person]) -> None:
    """The message of the form has the focus; the fields and the button that shows the password come after it."""
    page.goto("/auth/sign-in?add=1")
    email = page.get_by_label(WORDS.email, exact=True)
    expect(email).to_be_focused()
    page.keyboard.press("Enter")
    expect_refusal(page, WORDS.invalid_credentials)
    expect(page.get_by_role("alert")).to_be_focused()
    go(page, "Tab", email)
    page.keyboard.type(people[0].email)
    password = page.get_by_label(WORDS.password, exact=True)
    go(page, "Tab", password)
    page.keyboard.type(people[0].password)
    go(page, "Tab", button(page, WORDS.show_password))
    page.keyboard.press("Space")
    expect(password).to_have_attribute("type", "text")
    go(page, "Tab", page.get_by_role("checkbox", name=WORDS.shared_computer))
    go(page, "Tab", button(page, WORDS.sign_in))
    page.keyboard.press("Space")
    expect_account(page, people[0])


def test_a_refused_field_has_the_focus_and_its_message(page: Page) -> None:
    """The field is marked, described by the message, and no longer so once it is right (WCAG 3.3.1)."""
    page.goto("/auth/sign-up")
    name, email = page.get_by_label(WORDS.name, exact=True), page.get_by_label(WORDS.email, exact=True)
    expect(name).to_be_focused()
    page.keyboard.type("Ada")
    go(page, "Tab", email)
    page.keyboard.type("no address")
    page.keyboard.press("Enter")
    expect_refusal(page, WORDS.invalid_email)
    expect(email).to_be_focused()
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_have_accessible_description(WORDS.invalid_email)
    expect(name).not_to_have_attribute("aria-invalid", "true")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(Person("Ada").email)
    password = page.get_by_label(WORDS.password, exact=True)
    go(page, "Tab", password)
    page.keyboard.press("Enter")
    expect(password).to_be_focused()
    expect(password).to_have_accessible_description(f"{WORDS.password_too_short} {WORDS.password_hint}")
    expect(email).not_to_have_attribute("aria-invalid", "true")


def test_saving_the_profile_keeps_the_focus(page: Page, people: list[Person]) -> None:
    """On the button, while it waits and afterwards."""
    page.goto("/settings/account")
    tab_to(page, button(page, WORDS.save))
    page.keyboard.press("Enter")
    expect_notice(page, WORDS.saved)
    expect(button(page, WORDS.save)).to_be_focused()
