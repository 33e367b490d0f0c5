"""What stands on the browser's tab: the page, and whose it is."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.people import WORDS, choose, expect_account, expect_signed_out, join, switch


@pytest.mark.standard("OWASP Session 17")
def test_each_page_and_account_has_its_title(page: Page, context: BrowserContext, base_url: str) -> None:
    """It follows a link, a switch and a sign-out, in one document."""
    ada, grace = join(context, base_url, "Ada", "Grace")
    page.goto("/")
    expect_account(page, grace)
    expect(page).to_have_title("Notes · Grace")
    choose(page, WORDS.settings)
    expect(page).to_have_title("Account · Notes · Grace")
    switch(page, ada)
    expect(page).to_have_title("Account · Notes · Ada")
    page.get_by_role("link", name="Notes", exact=True).click()
    expect(page).to_have_title("Notes · Ada")
    page.go_back()
    expect(page).to_have_title("Account · Notes · Ada")
    choose(page, WORDS.sign_out_all)
    expect_signed_out(page)
    expect(page).to_have_title("Account · Notes")
    page.goto("/auth/sign-in")
    expect(page).to_have_title(re.compile("^Sign in"))
