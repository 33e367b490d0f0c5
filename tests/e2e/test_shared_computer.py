"""A shared computer: the cookie ends with the browser, and a sign-out takes it away."""

from datetime import datetime

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from multisession_app.multi_session.options import SHORT_TIMEOUT
from tests.support.people import (
    WORDS,
    Person,
    choose,
    expect_account,
    expect_notice,
    expect_signed_out,
    fill_sign_in,
    fill_sign_up,
    join,
    sign_up,
    submit_sign_in,
    submit_sign_up,
)
from tests.support.running import until

KEPT = -1
"""What Chromium says of a cookie that ends with the browser."""


def ends_with_browser(context: BrowserContext) -> bool:
    """Say whether the only cookie of a browser does."""
    (cookie,) = context.cookies()
    return cookie["expires"] == KEPT


@pytest.mark.standard("OWASP Session 6")
def test_a_shared_computer_forgets_with_the_browser(page: Page, context: BrowserContext) -> None:
    """The box says what it does, by keyboard too; a further account changes nothing about it."""
    ada = Person("Ada")
    page.goto("/auth/sign-up")
    fill_sign_up(page, ada)
    box = page.get_by_role("checkbox", name=WORDS.shared_computer, description=WORDS.shared_computer_hint)
    expect(box).not_to_be_checked()
    box.press("Space")
    submit_sign_up(page)
    expect_account(page, ada)
    assert ends_with_browser(context)
    grace = sign_up(page, "Grace")
    expect_account(page, grace)
    assert ends_with_browser(context)


def test_sign_in_form_has_the_box_too(page: Page, context: BrowserContext, base_url: str) -> None:
    """Unticked it changes nothing; ticked the session lasts a day."""
    [ada] = join(context, base_url, "Ada")
    assert not ends_with_browser(context)
    context.clear_cookies()
    page.goto("/auth/sign-in")
    fill_sign_in(page, ada)
    page.get_by_label(WORDS.shared_computer).check()
    submit_sign_in(page)
    expect_account(page, ada)
    assert ends_with_browser(context)
    session = context.request.get(f"{base_url}/api/auth/get-session").json()["session"]
    begun, over = (datetime.fromisoformat(session[name]) for name in ("createdAt", "expiresAt"))
    assert over - begun == SHORT_TIMEOUT


@pytest.mark.standard("OWASP Session 10")
def test_signing_the_last_account_out_takes_the_cookie_away(page: Page, context: BrowserContext, base_url: str) -> None:
    """Over the socket too; and whoever signs in next, at once, keeps theirs, in the other tab as well."""
    ada, grace = join(context, base_url, "Ada", "Grace")
    page.goto("/")
    other = context.new_page()
    other.goto("/")
    expect_account(page, grace)
    choose(page, WORDS.sign_out)
    expect_account(page, ada)
    assert len(context.cookies()) == 1
    choose(page, WORDS.sign_out)
    expect_signed_out(page)
    expect_notice(page, WORDS.signed_out_last.replace("{name}", "Ada"))
    until(lambda: context.cookies() == [], "the cookie to be deleted")
    expect_signed_out(other)
    page.goto("/auth/sign-in")
    fill_sign_in(page, ada)
    submit_sign_in(page)
    expect_account(page, ada)
    expect_account(other, ada)
    choose(other, WORDS.sign_out)
    expect_signed_out(page)
    until(lambda: context.cookies() == [], "the cookie to be deleted")
