"""An address without a page, and the icon of every page."""

import struct

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.people import expect_account, expect_signed_out, join

ICON = "link[rel=icon]"


@pytest.mark.parametrize("path", ["/no/such/page", "/auth", "/404"])
def test_an_address_without_a_page_says_so_and_leads_home(page: Page, base_url: str, path: str) -> None:
    """With the status of it, in the app's layout, under a title of its own."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 404
    expect_signed_out(page)
    expect(page).to_have_title("Page not found · Notes")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no page here")
    page.get_by_role("main").get_by_role("link").click()
    expect(page).to_have_url(f"{base_url}/")
    expect(page.get_by_role("heading", name="One browser, all your accounts")).to_be_visible()


def test_who_is_signed_in_stays_so_where_no_page_is(page: Page, context: BrowserContext, base_url: str) -> None:
    """And comes home to the notes."""
    [ada] = join(context, base_url, "Ada")
    page.goto("/no/such/page")
    expect_account(page, ada)
    expect(page).to_have_title("Page not found · Notes · Ada")
    page.get_by_role("main").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Notes of Ada")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/auth/sign-in", "/auth/sign-up", "/settings/account", "/no/such/page"])
def test_every_page_has_the_icon(page: Page, path: str) -> None:
    """A picture that the policy lets the page draw. Chromium without a window never asks for it by itself."""
    page.goto(path)
    expect(page.locator(ICON)).to_have_count(1)
    address = page.locator(ICON).evaluate("(link) => link.href")
    answer = page.request.get(address)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/svg+xml")
    width = page.evaluate(
        """async (address) => {
          const picture = new Image();
          picture.src = address;
          await picture.decode();
          return picture.naturalWidth;
        }""",
        address,
    )
    assert width > 0


def test_browsers_that_take_no_svg_find_an_icon_too(page: Page, base_url: str) -> None:
    """Under the address that they ask for without being told: no 404 in anybody's log."""
    answer = page.request.get(f"{base_url}/favicon.ico")
    assert answer.status == 200
    reserved, kind, count = struct.unpack_from("<HHH", answer.body())
    assert (reserved, kind, count) == (0, 1, 1)
