"""The theme: the right one from the first frame on, and the chosen one kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.people import WORDS, expect_signed_out

NewContext = Callable[..., BrowserContext]
PATHS = ["/", "/auth/sign-in", "/auth/sign-up", "/settings/account", "/no/such/page"]

# The background that each frame is painted with, from the first one with a body on: as it is just before the painting.
WATCH = """() => {
  window.framesSeen = [];
  const look = () => {
    const root = document.querySelector(".radix-themes") ?? document.body;
    if (root) window.framesSeen.push(getComputedStyle(root).backgroundColor);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
# When some more were painted after the page came alive: the backgrounds so far, each once.
FRAMES = """async () => {
  const before = window.framesSeen.length;
  while (window.framesSeen.length < before + 10) await new Promise(requestAnimationFrame);
  return [...new Set(window.framesSeen)];
}"""
BACKGROUND = {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 17, 19)"}


def choose_theme(page: Page, theme: str) -> None:
    """Choose it in the signed-out menu."""
    page.get_by_role("button", name=WORDS.account, exact=True).click()
    page.get_by_role("menuitem", name=WORDS.theme).press("Enter")
    page.get_by_role("menuitemradio", name=theme, exact=True).click()


def slow_down(page: Page) -> None:
    """Make the page's scripts as slow as on a weak phone: a wrong frame is then not jumped over."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("system", "stored", "shown"),
    [("dark", None, "dark"), ("dark", "light", "light"), ("light", "dark", "dark")],
)
def test_no_frame_is_painted_in_the_wrong_theme(
    new_context: NewContext, path: str, system: Any, stored: str | None, shown: str
) -> None:
    """Whether the system says which, or a choice that was stored before, on each page."""
    context = new_context(color_scheme=system)
    if stored:
        context.add_init_script(f"localStorage.setItem('theme', '{stored}')")
    context.add_init_script(f"({WATCH})()")
    page = context.new_page()
    slow_down(page)
    page.goto(path)
    expect_signed_out(page)
    assert page.evaluate(FRAMES) == [BACKGROUND[shown]]


def test_a_frame_in_the_wrong_theme_is_seen(new_context: NewContext) -> None:
    """Without this, that none was seen above would mean nothing."""
    context = new_context(color_scheme="light")
    context.add_init_script(f"({WATCH})()")
    page = context.new_page()
    page.goto("/")
    expect_signed_out(page)
    page.evaluate("""() => new Promise((painted) => {
      document.documentElement.className = "dark";
      requestAnimationFrame(() => requestAnimationFrame(painted));
    })""")
    page.evaluate("document.documentElement.className = 'light'")
    assert page.evaluate(FRAMES) == [BACKGROUND["light"], BACKGROUND["dark"]]


def test_a_choice_holds_at_once_and_from_then_on(new_context: NewContext) -> None:
    """Without loading the page again; kept after that, and in another tab once that is loaded again."""
    context = new_context(color_scheme="light")
    page, other = context.new_page(), context.new_page()
    for tab in (page, other):
        tab.goto("/")
        expect_signed_out(tab)
    page.evaluate("window.isTheSame = true")
    choose_theme(page, WORDS.theme_dark)
    root = page.locator(".radix-themes").first
    expect(root).to_have_css("background-color", BACKGROUND["dark"])
    assert page.evaluate("window.isTheSame")
    for tab in (page, other):
        tab.reload()
        expect_signed_out(tab)
        expect(tab.locator(".radix-themes").first).to_have_css("background-color", BACKGROUND["dark"])
    choose_theme(page, WORDS.theme_light)
    expect(root).to_have_css("background-color", BACKGROUND["light"])


def test_without_a_choice_the_page_follows_the_system(page: Page) -> None:
    """While it is open too, as at sunset; a menu that is open then changes with it."""
    page.emulate_media(color_scheme="light")
    page.goto("/")
    expect_signed_out(page)
    page.get_by_role("button", name=WORDS.account, exact=True).click()
    menu = page.get_by_role("menu")
    expect(menu).to_be_visible()
    before = menu.evaluate("(menu) => getComputedStyle(menu).color")
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".radix-themes").first).to_have_css("background-color", BACKGROUND["dark"])
    expect(menu).not_to_have_css("color", before)
