"""A copied cookie in two browsers: both lose all accounts of it, and the owner reads why."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.devices import outlive_grace
from tests.support.people import (
    WORDS,
    Person,
    expect_account,
    expect_notice,
    expect_signed_out,
    fill_sign_in,
    join,
    session_ids,
    submit_sign_in,
)
from tests.support.secrecy import FIREFOX, NewContext, activity, open_security
from tests.support.server import Server


@pytest.fixture
def ada(context: BrowserContext, page: Page, base_url: str) -> Person:
    """Ada, whose page is open."""
    (ada,) = join(context, base_url, "Ada")
    page.goto("/")
    expect_account(page, ada)
    return ada


@pytest.fixture
def thief(context: BrowserContext, new_context: NewContext, ada: Person) -> BrowserContext:
    """Another browser with a copy of her cookie."""
    return new_context(storage_state=context.storage_state(), user_agent=FIREFOX)


@pytest.mark.standard("ASVS 6.3.5")
def test_thief_who_signs_in_on_a_copy_is_found_when_the_owner_comes_back(
    server: Server, page: Page, ada: Person, thief: BrowserContext, base_url: str
) -> None:
    """In his open tab too, within a blink; she reads the notice, signs in, and reads what happened."""
    (mallory,) = join(thief, base_url, "Mallory")
    his = thief.new_page()
    his.goto("/")
    expect_account(his, mallory)
    assert set(session_ids(thief, base_url)) == {ada.email, mallory.email}
    outlive_grace(server, session_ids(thief, base_url)[ada.email])
    page.reload()
    for tab in (page, his):
        expect_notice(tab, WORDS.signed_out_by_theft)
        expect_signed_out(tab)
    page.reload()
    expect_notice(page, WORDS.signed_out_by_theft)
    assert session_ids(thief, base_url) == {}

    page.goto("/auth/sign-in")
    expect(page.get_by_text(ada.email)).to_have_count(0)
    fill_sign_in(page, ada)
    submit_sign_in(page)
    expect_account(page, ada)
    open_security(page)
    expect(page.get_by_text(WORDS.signed_out_by_theft)).to_have_count(0)
    expect(activity(page).filter(has_text=WORDS.event_theft)).to_contain_text("Firefox on Windows")
    expect(activity(page).filter(has_text=WORDS.event_outdated_cookie)).to_have_count(1)
    assert "has two holders" in " ".join(server.log.split())


def test_owners_open_tab_is_told_when_a_thief_comes_with_a_copy_of_an_older_cookie(
    server: Server, page: Page, context: BrowserContext, ada: Person, thief: BrowserContext, base_url: str
) -> None:
    """Without a click: her tab is called back, and so shows the newer cookie."""
    (grace,) = join(context, base_url, "Grace")
    ids = session_ids(context, base_url)
    expect_account(page, grace)
    outlive_grace(server, ids[ada.email])
    assert session_ids(thief, base_url) == {}
    expect_notice(page, WORDS.signed_out_by_theft)
    expect_signed_out(page)
    expect(page.get_by_text(grace.email)).to_have_count(0)
