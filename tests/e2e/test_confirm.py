"""What is asked about first, and what needs the password again."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.keys import button, go, tab_to
from tests.support.people import (
    WORDS,
    Person,
    expect_account,
    expect_notice,
    expect_signed_out,
    join,
    move,
    record_frames,
    set_active,
)
from tests.support.secrecy import (
    FIREFOX,
    IPHONE,
    NewContext,
    activity,
    count_posts,
    dialog,
    forget_password_entry,
    open_security,
    revoke,
    sessions,
    sign_in_on,
)
from tests.support.server import Server

WINDOWS = "Firefox on Windows"


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


def test_the_password_is_asked_for_in_place_and_the_action_goes_on(
    page: Page, context: BrowserContext, server: Server, ada: Person, elsewhere: Page
) -> None:
    """By keys alone. A wrong one is said at its field; the right one is enough, and the page stays as it is."""
    forget_password_entry(server, context, ada)
    open_security(page)
    page.evaluate("window.isSameDocument = true")
    frames, posts = record_frames(page), count_posts(page)
    cookie = context.cookies()[0]["value"]
    tab_to(page, button(page, WORDS.sign_out_others))
    go(page, "Enter", dialog(page).get_by_role("button", name=WORDS.cancel))
    expect(dialog(page)).to_have_accessible_name(WORDS.sign_out_others_title)
    expect(dialog(page)).to_have_accessible_description(WORDS.sign_out_others_text)
    go(page, "Tab", dialog(page).get_by_role("button", name=WORDS.sign_out_others))
    password = dialog(page).get_by_label(WORDS.password, exact=True)
    go(page, "Enter", password)
    expect(password).to_have_attribute("autocomplete", "current-password")
    expect_account(elsewhere, ada)
    page.keyboard.type("not the password of Ada")
    page.keyboard.press("Enter")
    expect(password).to_have_accessible_description(f"{WORDS.invalid_password} {WORDS.confirm_password}")
    expect(password).to_be_focused()
    expect(password).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(ada.password)
    page.keyboard.press("Enter")
    expect_signed_out(elsewhere)
    expect(dialog(page)).to_have_count(0)
    expect_notice(page, WORDS.signed_out_others)
    expect(sessions(page)).to_have_count(1)
    # The button has nothing to do any more: the focus is in its card, not at the top of the page.
    section = page.get_by_role("heading", name=WORDS.active_sessions).locator("xpath=..")
    expect(section).to_be_focused()
    assert posts == [
        "/revoke-other-sessions",
        "/reauthenticate",
        "/reauthenticate",
        "/revoke-other-sessions",
    ]
    assert context.cookies()[0]["value"] != cookie
    assert page.evaluate("window.isSameDocument")
    assert not [frame for frame in frames if ada.password in frame]


def test_revoking_one_device_asks_only_if_it_must(
    page: Page, context: BrowserContext, server: Server, ada: Person, elsewhere: Page
) -> None:
    """The focus then goes to the list, whose row has gone."""
    forget_password_entry(server, context, ada)
    open_security(page)
    tab_to(page, revoke(page, WINDOWS))
    password = dialog(page).get_by_label(WORDS.password, exact=True)
    go(page, "Enter", password)
    expect(dialog(page)).to_have_accessible_name(WORDS.revoke_title.format(device=WINDOWS))
    page.keyboard.type(ada.password)
    page.keyboard.press("Enter")
    expect_signed_out(elsewhere)
    expect_notice(page, WORDS.revoked.format(device=WINDOWS))
    expect(sessions(page)).to_have_count(1)
    expect(page.get_by_role("list", name=WORDS.active_sessions)).to_be_focused()


@pytest.mark.parametrize("key", ["Escape", "Enter"])
def test_what_is_not_confirmed_is_not_done(page: Page, ada: Person, elsewhere: Page, key: str) -> None:
    """Escape closes the dialog, and so does Enter on "Cancel", which has the focus; it goes back to the button."""
    open_security(page)
    posts = count_posts(page)
    for name in (WORDS.sign_out_others, WORDS.sign_out_everywhere):
        tab_to(page, button(page, name))
        go(page, "Enter", dialog(page).get_by_role("button", name=WORDS.cancel))
        go(page, key, page.get_by_role("main").get_by_role("button", name=name))
        expect(dialog(page)).to_have_count(0)
    assert posts == []
    expect_account(elsewhere, ada)


def test_a_double_click_signs_one_device_out(
    page: Page, new_context: NewContext, ada: Person, elsewhere: Page, base_url: str
) -> None:
    """Not that of the row which has moved up under the pointer before the second click."""
    sign_in_on(new_context(user_agent=IPHONE), base_url, ada)
    page.clock.install()
    open_security(page)
    posts = count_posts(page)
    expect(revoke(page, "Safari on iOS")).to_be_enabled()
    box = revoke(page, "Safari on iOS").bounding_box()
    assert box
    place = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    # However slow the machine is, the clicks are less than a double click apart.
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    page.mouse.click(*place)
    expect(sessions(page)).to_have_count(2)
    moved = revoke(page, WINDOWS).bounding_box()
    assert moved and moved["y"] == box["y"]
    page.mouse.click(*place)
    page.clock.resume()
    assert posts == ["/revoke-session"]
    expect_account(elsewhere, ada)
    expect(sessions(page)).to_have_count(2)


def test_a_double_click_confirms_once(page: Page, ada: Person, elsewhere: Page) -> None:
    """On the button that opens the dialog, and on the one in it."""
    open_security(page)
    posts = count_posts(page)
    button(page, WORDS.sign_out_others).dblclick()
    dialog(page).get_by_role("button", name=WORDS.sign_out_others).dblclick()
    expect_signed_out(elsewhere)
    expect(dialog(page)).to_have_count(0)
    assert posts == ["/revoke-other-sessions"]


def test_what_fails_is_said_where_it_was_asked_for(
    page: Page, context: BrowserContext, ada: Person, elsewhere: Page
) -> None:
    """In the dialog, or in the status region without one; then it can be tried again."""
    open_security(page)
    page.route("**/api/auth/revoke-*", lambda route: route.abort())
    revoke(page, WINDOWS).click()
    expect_notice(page, WORDS.unreachable)
    expect(revoke(page, WINDOWS)).to_be_focused()
    button(page, WORDS.sign_out_others).click()
    confirm = dialog(page).get_by_role("button", name=WORDS.sign_out_others)
    confirm.click()
    expect(dialog(page).get_by_role("alert")).to_have_text(WORDS.unreachable)
    expect(dialog(page).get_by_role("alert")).to_be_focused()
    page.unroute("**/api/auth/revoke-*")
    confirm.click()
    expect_signed_out(elsewhere)


def test_signing_out_everywhere_leaves_the_other_accounts(
    page: Page, context: BrowserContext, ada: Person, elsewhere: Page, base_url: str
) -> None:
    """Of the browser; every tab says what has happened."""
    [grace] = join(context, base_url, "Grace")
    second = context.new_page()
    second.goto("/")
    expect_account(second, grace)
    page.goto("/")
    expect_account(page, grace)
    sign_in_on(context, base_url, ada)
    expect_account(page, ada)
    open_security(page)
    button(page, WORDS.sign_out_everywhere).click()
    dialog(page).get_by_role("button", name=WORDS.sign_out_everywhere).click()
    for tab in (page, second):
        expect_account(tab, grace)
        expect_notice(tab, "Ada")
    expect(dialog(page)).to_have_count(0)
    expect_signed_out(elsewhere)
    expect(sessions(page)).to_have_count(1)


def test_a_dialog_goes_with_the_account_that_it_asks_for(
    page: Page, context: BrowserContext, ada: Person, elsewhere: Page, base_url: str
) -> None:
    """With what was typed into it; behind it the page of the next account can be used."""
    [grace] = join(context, base_url, "Grace")
    set_active(context, base_url, ada)
    open_security(page)
    expect_account(page, ada)
    button(page, WORDS.delete_account).click()
    dialog(page).get_by_label(WORDS.password, exact=True).fill("half a pass")
    move(page, context, base_url, grace)
    expect(dialog(page)).to_have_count(0)
    button(page, WORDS.delete_account).click()
    expect(dialog(page).get_by_label(WORDS.password, exact=True)).to_have_value("")
    expect(dialog(page)).to_contain_text(grace.email)


def test_no_false_alarm_while_the_password_is_asked_for(
    page: Page, context: BrowserContext, server: Server, ada: Person, elsewhere: Page
) -> None:
    """The socket comes back with the new cookie; the page does not say that it has lost its connection."""
    forget_password_entry(server, context, ada)
    open_security(page)
    page.evaluate(
        """() => new MutationObserver(() => {
          (window.said ??= []).push(...[...document.querySelectorAll("[role=status]")].map((one) => one.innerText));
        }).observe(document.body, { childList: true, subtree: true, characterData: true })"""
    )
    revoke(page, WINDOWS).click()
    dialog(page).get_by_label(WORDS.password, exact=True).fill(ada.password)
    page.keyboard.press("Enter")
    expect_notice(page, WORDS.revoked.format(device=WINDOWS))
    expect(sessions(page)).to_have_count(1)
    expect(activity(page).filter(has_text=WORDS.event_reauthenticated)).to_be_visible()
    said = {text for text in page.evaluate("window.said") if text}
    assert len(said) == 1, said
