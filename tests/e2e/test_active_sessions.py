"""Where an account is signed in, seen from one of its devices."""

import re

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from multisession_app.multi_session.options import SESSIONS_OF_USER_MAX, SESSIONS_PAGE
from tests.support.people import (
    API,
    WORDS,
    Person,
    choose,
    expect_account,
    expect_notice,
    expect_signed_out,
    join,
    post,
    session_ids,
    switch,
)
from tests.support.secrecy import FIREFOX, IPHONE, NewContext, open_security, revoke, sessions, sign_in_on


@pytest.fixture
def ada(context: BrowserContext, base_url: str) -> Person:
    """Ada, signed in on this browser."""
    return join(context, base_url, "Ada")[0]


@pytest.mark.standard("OWASP Session 15")
def test_each_device_is_listed_this_one_first(page: Page, new_context: NewContext, ada: Person, base_url: str) -> None:
    """By browser and system, with its address, since when, and when it was used."""
    sign_in_on(new_context(user_agent=FIREFOX), base_url, ada)
    sign_in_on(new_context(user_agent=IPHONE), base_url, ada)
    open_security(page)
    expect(sessions(page)).to_have_count(3)
    expect(sessions(page).first).to_contain_text(WORDS.this_device)
    expect(sessions(page).first.get_by_role("button")).to_have_count(0)
    expect(page.get_by_text(WORDS.this_device)).to_have_count(1)
    for row in sessions(page).all():
        expect(row).to_contain_text("127.0.0.1")
        expect(row).to_contain_text("Signed in now")
        expect(row).to_contain_text("Last active now")
    expect(sessions(page).nth(1)).to_contain_text("Safari on iOS")
    expect(sessions(page).nth(2)).to_contain_text("Firefox on Windows")


def test_the_way_to_the_page_and_back(page: Page, ada: Person) -> None:
    """By the links of the settings, which say where one is."""
    page.goto("/")
    expect_account(page, ada)
    choose(page, WORDS.settings)
    settings = page.get_by_role("navigation", name="Settings")
    expect(settings.get_by_role("link", name="Account")).to_have_attribute("aria-current", "page")
    settings.get_by_role("link", name="Security").click()
    expect(page.get_by_role("heading", name=WORDS.active_sessions)).to_be_visible()
    expect(settings.get_by_role("link", name="Security")).to_have_attribute("aria-current", "page")
    expect(settings.get_by_role("link", name="Account")).not_to_have_attribute("aria-current", "page")
    expect(sessions(page)).to_have_count(1)


def sign_in_elsewhere(base_url: str, person: Person, times: int, user_agent: str = "") -> None:
    """Sign a person in on so many new devices."""
    body = {"email": person.email, "password": person.password}
    for _ in range(times):
        answer = httpx.post(
            f"{base_url}{API}/sign-in/email", json=body, headers={"User-Agent": user_agent}, trust_env=False
        )
        assert answer.status_code == 200, answer.text


def test_further_devices_come_on_demand(page: Page, ada: Person, base_url: str) -> None:
    """A page at a time, each once, however often the button is clicked."""
    sign_in_elsewhere(base_url, ada, SESSIONS_PAGE + 1)
    open_security(page)
    expect(sessions(page)).to_have_count(SESSIONS_PAGE)
    expect(sessions(page).first).to_contain_text(WORDS.this_device)
    more = page.get_by_role("button", name=f"{WORDS.show_more}: {WORDS.active_sessions}")
    more.dblclick()
    expect(sessions(page)).to_have_count(SESSIONS_PAGE + 2)
    expect(more).to_have_count(0)


@pytest.mark.whole
def test_device_that_makes_room_is_signed_out_at_once(page: Page, ada: Person, base_url: str) -> None:
    """The one used longest ago, by the sign-in over the maximum and not before; its page says for which device."""
    page.goto("/")
    expect_account(page, ada)
    sign_in_elsewhere(base_url, ada, SESSIONS_OF_USER_MAX - 1)
    expect_account(page, ada)
    sign_in_elsewhere(base_url, ada, 1, FIREFOX)
    expect_signed_out(page)
    expect_notice(page, WORDS.too_many_devices.format(name="Ada", device="Firefox on Windows"))


def test_what_happens_elsewhere_is_seen_by_itself(
    page: Page, new_context: NewContext, ada: Person, base_url: str
) -> None:
    """A sign-in and a sign-out on another device, while the page stands open."""
    open_security(page)
    expect(page.get_by_role("button", name=WORDS.sign_out_others)).to_have_count(0)
    other = sign_in_on(new_context(user_agent=FIREFOX), base_url, ada)
    expect(sessions(page)).to_have_count(2)
    expect(page.get_by_role("button", name=WORDS.sign_out_others)).to_be_visible()
    assert post(other, base_url, "/multi-session/revoke", {"sessionId": session_ids(other, base_url)[ada.email]}).ok
    expect(sessions(page)).to_have_count(1)


@pytest.mark.standard("OWASP Session 15")
def test_a_revoked_device_is_signed_out_at_once(
    page: Page, new_context: NewContext, ada: Person, base_url: str
) -> None:
    """With one click, as the password was just entered; both devices say so."""
    other = sign_in_on(new_context(user_agent=FIREFOX), base_url, ada).new_page()
    other.goto("/")
    expect_account(other, ada)
    open_security(page)
    revoke(page, "Firefox on Windows").click()
    expect_signed_out(other)
    expect_notice(other, "Ada was signed out from HeadlessChrome on Linux")
    expect_notice(page, WORDS.revoked.format(device="Firefox on Windows"))
    expect(sessions(page)).to_have_count(1)
    expect(page.get_by_role("alertdialog")).to_have_count(0)


def test_each_account_sees_its_own_devices(
    page: Page, context: BrowserContext, new_context: NewContext, ada: Person, base_url: str
) -> None:
    """Across switches there and back, and nothing of the other for a moment."""
    sign_in_on(new_context(user_agent=FIREFOX), base_url, ada)
    [grace] = join(context, base_url, "Grace")
    open_security(page)
    expect(sessions(page)).to_have_count(1)
    switch(page, ada)
    expect(sessions(page)).to_have_count(2)
    page.evaluate(
        """() => new MutationObserver(() => {
          const isGrace = document.querySelector(".ms-trigger").ariaLabel.includes("Grace");
          if (isGrace && document.querySelector("main").innerText.includes("Firefox")) window.leak = true;
        }).observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true })"""
    )
    switch(page, grace)
    expect(sessions(page)).to_have_count(1)
    assert page.evaluate("window.leak") is None


def test_the_page_is_filled_again_after_the_server_was_away(
    page: Page, new_context: NewContext, ada: Person, base_url: str
) -> None:
    """In another document, and in one that comes back by a link."""
    open_security(page)
    page.reload()
    expect(sessions(page)).to_have_count(1)
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_role("heading", name=WORDS.manage_accounts)).to_be_visible()
    sign_in_on(new_context(user_agent=FIREFOX), base_url, ada)
    page.get_by_role("link", name="Security").click()
    expect(sessions(page)).to_have_count(2)


def test_times_are_kept_right_and_are_exact_when_pointed_at(page: Page, ada: Person) -> None:
    """In the language of the page."""
    page.clock.install()
    open_security(page)
    since = sessions(page).first.get_by_role("time").first
    expect(since).to_have_text("now")
    assert re.search(r"20\d\d-\d\d-\d\dT", since.get_attribute("datetime") or "")
    assert re.search(r"20\d\d.*\d:\d\d:\d\d", since.get_attribute("title") or "")
    page.clock.run_for(125_000)
    expect(since).to_have_text("2 minutes ago")
    page.evaluate("document.documentElement.lang = 'de'")
    page.clock.run_for(60_000)
    expect(since).to_have_text("vor 3 Minuten")
    assert " um " in (since.get_attribute("title") or "")


def test_a_hostile_browser_name_does_no_harm(page: Page, new_context: NewContext, ada: Person, base_url: str) -> None:
    """Markup stays text, what is endless is cut, and the page does not grow with it."""
    agent = "<img src=x onerror=alert(1)>" + "W" * 3000 + "bot/1.0 Mobile"
    sign_in_on(new_context(extra_http_headers={"User-Agent": agent}), base_url, ada)
    page.set_viewport_size({"width": 320, "height": 800})
    open_security(page)
    expect(sessions(page)).to_have_count(2)
    assert page.locator("main img").count() == 0
    assert len(sessions(page).nth(1).inner_text()) < 200
    assert page.evaluate("document.documentElement.scrollWidth") == 320
