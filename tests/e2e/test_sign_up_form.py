"""What sign-up refuses, each with its reason, and what it keeps of the form."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.people import WORDS, Person, expect_refusal, fill_sign_up, join, submit_sign_up

NewContext = Callable[..., BrowserContext]


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short7!", WORDS.password_too_short),
        ("password", WORDS.password_too_common),
        ("qwertyuiop", WORDS.password_too_common),
        ("x" * 129, WORDS.password_too_long),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(page: Page, password: str, reason: str) -> None:
    """And the rest of the form is kept."""
    person = Person("Ada", password=password)
    page.goto("/auth/sign-up")
    fill_sign_up(page, person)
    submit_sign_up(page)
    expect_refusal(page, reason)
    expect(page.get_by_label(WORDS.name, exact=True)).to_have_value("Ada")
    expect(page.get_by_label(WORDS.email, exact=True)).to_have_value(person.email)


def test_a_taken_email_and_a_wrong_one_are_said(page: Page, new_context: NewContext, base_url: str) -> None:
    """Without mail there is no other honest answer to a sign-up."""
    [ada] = join(new_context(), base_url, "Ada")
    page.goto("/auth/sign-up")
    fill_sign_up(page, Person("Ada", email=ada.email.upper()))
    submit_sign_up(page)
    expect_refusal(page, WORDS.email_taken)
    page.get_by_label(WORDS.email, exact=True).fill("no address")
    submit_sign_up(page)
    expect_refusal(page, WORDS.invalid_email)
