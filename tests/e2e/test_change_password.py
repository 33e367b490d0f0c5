"""A new password, and an end of the account: both ask for the old one."""

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.keys import button, go, tab_to
from tests.support.people import (
    API,
    WORDS,
    Person,
    expect_account,
    expect_notice,
    expect_signed_out,
    fill_sign_in,
    join,
    post,
    record_frames,
    submit_sign_in,
)
from tests.support.secrecy import (
    FIREFOX,
    NewContext,
    activity,
    count_posts,
    dialog,
    open_security,
    sessions,
    sign_in_on,
)

NEW = "another-quiet-otter-93"


@pytest.fixture
def ada(context: BrowserContext, base_url: str) -> Person:
    """Ada, signed in on this browser."""
    return join(context, base_url, "Ada")[0]


@pytest.fixture
def elsewhere(new_context: NewContext, ada: Person, base_url: str) -> Page:
    """A tab of hers on another device."""
    page = sign_in_on(new_context(user_agent=FIREFOX), base_url, ada).new_page()
    page.goto("/")
    expect_account(page, ada)
    return page


def test_a_password_is_changed_by_keys(
    page: Page, context: BrowserContext, ada: Person, elsewhere: Page, base_url: str
) -> None:
    """What is wrong is said at its field; then the other devices are signed out, and this one stays as it is."""
    open_security(page)
    page.evaluate("window.isSameDocument = true")
    frames = record_frames(page)
    cookie = context.cookies()[0]["value"]
    old, new = page.get_by_label(WORDS.current_password), page.get_by_label(WORDS.new_password)
    tab_to(page, old)
    page.keyboard.type("not the password of Ada")
    page.keyboard.press("Tab")
    go(page, "Tab", new)
    page.keyboard.type(NEW)
    page.keyboard.press("Enter")
    expect(old).to_have_accessible_description(WORDS.invalid_password)
    expect(old).to_be_focused()
    expect(new).to_have_value(NEW)
    old.fill(ada.password)
    new.fill("password1")
    page.keyboard.press("Enter")
    expect(new).to_have_accessible_description(f"{WORDS.password_too_common} {WORDS.password_hint}")
    expect(new).to_be_focused()
    expect_account(elsewhere, ada)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(NEW)
    page.keyboard.press("Tab")
    go(page, "Tab", page.get_by_role("checkbox", name=WORDS.revoke_other_sessions))
    expect(page.get_by_role("checkbox")).to_be_checked()
    go(page, "Tab", button(page, WORDS.change_password))
    page.keyboard.press("Enter")
    expect_notice(page, WORDS.password_saved)
    expect(button(page, WORDS.change_password)).to_be_focused()
    expect(old).to_have_value("")
    expect(new).to_have_value("")
    expect_signed_out(elsewhere)
    expect_notice(elsewhere, "Ada")
    expect(sessions(page)).to_have_count(1)
    expect(activity(page).filter(has_text=WORDS.event_password_changed)).to_be_visible()
    expect(activity(page).filter(has_text=WORDS.event_ended_by_password)).to_contain_text("Firefox on Windows")
    assert page.evaluate("window.isSameDocument")
    assert context.cookies()[0]["value"] != cookie
    opened = httpx.get(f"{base_url}{API}/get-session", cookies={context.cookies()[0]["name"]: cookie}, trust_env=False)
    assert opened.json() is None, "the cookie of before opens nothing any more"
    assert not [frame for frame in frames if ada.password in frame or NEW in frame]
    elsewhere.goto("/auth/sign-in")
    fill_sign_in(elsewhere, ada, NEW)
    submit_sign_in(elsewhere)
    expect_account(elsewhere, ada)


def test_the_other_devices_may_stay(page: Page, ada: Person, elsewhere: Page) -> None:
    """Unticked, the box is sent as what it is."""
    open_security(page)
    page.get_by_label(WORDS.current_password).fill(ada.password)
    page.get_by_label(WORDS.new_password).fill(NEW)
    page.get_by_text(WORDS.revoke_other_sessions).click()
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    button(page, WORDS.change_password).click()
    expect_notice(page, WORDS.password_saved)
    expect(activity(page).filter(has_text=WORDS.event_password_changed)).to_be_visible()
    expect(sessions(page)).to_have_count(2)
    elsewhere.reload()
    expect_account(elsewhere, ada)


@pytest.mark.standard("ASVS 6.2.7")
def test_password_managers_know_these_fields_too(page: Page, ada: Person) -> None:
    """And whose they are (WCAG 1.3.5)."""
    open_security(page)
    expect(page.get_by_label(WORDS.current_password)).to_have_attribute("autocomplete", "current-password")
    expect(page.get_by_label(WORDS.new_password)).to_have_attribute("autocomplete", "new-password")
    expect(page.locator("form input[autocomplete=username]")).to_have_value(ada.email)


@pytest.mark.standard("ASVS 7.5.3")
def test_an_account_is_deleted_with_its_password_only(
    page: Page, context: BrowserContext, ada: Person, elsewhere: Page, base_url: str
) -> None:
    """However fresh the sign-in is. The account used before takes over, and every tab says something."""
    [grace] = join(context, base_url, "Grace")
    sign_in_on(context, base_url, ada)
    open_security(page)
    posts = count_posts(page)
    tab_to(page, button(page, WORDS.delete_account))
    password = dialog(page).get_by_label(WORDS.password, exact=True)
    go(page, "Enter", password)
    expect(dialog(page)).to_contain_text(ada.email)
    page.keyboard.press("Enter")
    expect(password).to_have_accessible_description(f"{WORDS.invalid_password} {WORDS.confirm_password}")
    go(page, "Escape", button(page, WORDS.delete_account))
    go(page, "Enter", password)
    page.keyboard.type(ada.password)
    page.keyboard.press("Enter")
    expect_account(page, grace)
    expect(page.get_by_role("status").locator("div")).not_to_have_count(0)
    expect(dialog(page)).to_have_count(0)
    expect_signed_out(elsewhere)
    expect(elsewhere.get_by_role("status").locator("div")).not_to_have_count(0)
    assert posts == ["/delete-user", "/delete-user"]
    body = {"email": ada.email, "password": ada.password}
    assert post(context, base_url, "/sign-in/email", body).status == 401
