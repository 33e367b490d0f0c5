"""What eyes, hands and small screens are owed: room, targets that can be hit, a focus that can be seen."""

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, ElementHandle, Locator, Page, expect

from tests.support.axe import findings
from tests.support.people import WORDS, expect_account, join, open_menu
from tests.support.screens import LONG_NAME, SCREENS, SIGNED_IN, SIGNED_OUT, expect_theme, save_note, screens, still
from tests.support.server import Server

NewContext = Callable[..., BrowserContext]
WIDTHS = (1280, 390, 320)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# Links, buttons, fields and menu items that are smaller than 24 CSS pixels either way; a link within a sentence may be
# (WCAG 2.5.8).
SMALL = """() => [...document.querySelectorAll("a, button, input, textarea, [role^=menuitem]")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .filter((one) => getComputedStyle(one).display !== "inline" || one.parentElement.innerText.trim() === one.innerText)
  .map((one) => ({ one, box: one.getBoundingClientRect() }))
  .filter(({ box }) => box.width < 24 || box.height < 24)
  .map(({ one, box }) => `${box.width} x ${box.height}: ${one.outerHTML.slice(0, 120)}`)"""

# A sheet made by script, which the Content-Security-Policy lets be (WCAG 1.4.12).
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`p { margin-bottom: 2em !important }
    * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""

# Pieces of text that are cut, stand out of what holds them, or lie on others of the same layer. What is cut by an
# ellipsis and stands whole in a title, and what only screen readers read, may be.
CUT = """() => {
  const LAYER = "dialog, [role=alertdialog], .ms-notices, [data-radix-popper-content-wrapper]";
  const HOLDS = "a, button, li, section, main, header, .ms-notice, .rt-Badge, .rt-Card, [role^=menuitem], [role=menu]";
  const found = [];
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim().slice(0, 40);
    const isSeen = text && one.checkVisibility({ visibilityProperty: true });
    if (!isSeen || one.closest(".ms-unseen, script, style, textarea")) continue;
    const cut = one.closest("[title].ms-cut, [title] > .ms-two-lines");
    const range = document.createRange();
    range.selectNodeContents(cut ?? walker.currentNode);
    const lines = cut ? [cut.getBoundingClientRect()] : [...range.getClientRects()];
    texts.push({ text, lines, layer: one.closest(LAYER) });
    for (let around = cut?.parentElement ?? one; around && !around.matches(LAYER); around = around.parentElement) {
      const { display, overflowX, overflowY } = getComputedStyle(around);
      if (display === "inline" || (!around.matches(HOLDS) && overflowX + overflowY === "visiblevisible")) continue;
      if (/auto|scroll/.test(overflowX + overflowY)) break;
      const box = around.getBoundingClientRect();
      const isWide = lines.some((line) => line.left < box.left - 1 || line.right > box.right + 1);
      const isHigh = lines.some((line) => line.top < box.top - 1 || line.bottom > box.bottom + 1);
      if (isWide || isHigh) found.push(`${text} OUT OF ${around.outerHTML.slice(0, 80)}`);
    }
  }
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  texts.forEach((a, index) => {
    for (const b of texts.slice(index + 1)) {
      const isOn = a.layer === b.layer && a.lines.some((line) => b.lines.some((other) => meet(line, other)));
      if (isOn) found.push(`${a.text} ON ${b.text}`);
    }
  });
  return found;
}"""


def sideways(page: Page) -> int:
    """Measure how far the page can be scrolled sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def shot(page: Page, element: ElementHandle) -> bytes:
    """Take a picture of something with a little room around it, without the caret."""
    still(page)
    box = element.bounding_box()
    assert box
    return page.screenshot(
        clip={"x": box["x"] - 2, "y": box["y"] - 2, "width": box["width"] + 4, "height": box["height"] + 4},
        caret="hide",
    )


def test_axe_finds_nothing_and_everything_fits_and_can_be_hit(new_context: NewContext, server: Server) -> None:
    """On one walk over all screens, since it is the walk that takes long.

    axe in light and in dark, whatever the weight that it gives to what it finds. At each width no text is cut or lies
    on other, nothing scrolls sideways, no target is below 24 px (WCAG 1.4.10, 1.4.12, 2.5.8), with the spacing of text
    that WCAG names, too.
    """
    by_axe: dict[tuple[str, str], list[str]] = {}
    unfit: dict[tuple[str, int], list[object]] = {}
    for name, page in screens(new_context(viewport={"width": WIDTHS[0], "height": 800}), server):
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            still(page)
            expect_theme(page, theme)
            by_axe[name, theme] = findings(page)
        page.emulate_media(color_scheme=THEMES[0])
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            still(page)
            assert page.evaluate("innerWidth") == width
            found = [*page.evaluate(SMALL), *page.evaluate(CUT), sideways(page)]
            page.evaluate(SPACED)
            still(page)
            found += [*page.evaluate(CUT), sideways(page)]
            page.evaluate("document.adoptedStyleSheets = []")
            unfit[name, width] = [] if found == [0, 0] else found
        page.set_viewport_size({"width": WIDTHS[0], "height": 800})
    assert {screen: wrong for screen, wrong in by_axe.items() if wrong} == {}
    assert {screen: wrong for screen, wrong in unfit.items() if wrong} == {}
    assert (len(by_axe), len(unfit)) == (SCREENS * len(THEMES), SCREENS * len(WIDTHS))


@pytest.mark.parametrize("width", [390, 320])
def test_the_open_menus_are_inside_a_small_screen(new_context: NewContext, base_url: str, width: int) -> None:
    """Menu and submenu, whole, with five accounts in it."""
    context = new_context(viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    join(context, base_url, "Ada", "Grace", "Alan", "Barbara", LONG_NAME)
    page.goto("/")
    open_menu(page).get_by_role("menuitem", name=WORDS.switch_account).tap()
    expect(page.get_by_role("menuitemradio")).to_have_count(5)
    still(page)
    menus = page.get_by_role("menu")
    expect(menus).to_have_count(2)
    for box in [menu.bounding_box() for menu in menus.all()]:
        assert box is not None
        assert box["x"] >= 0 and box["x"] + box["width"] <= width, box
        assert box["y"] >= 0 and box["y"] + box["height"] <= 844, box
    assert sideways(page) == 0


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.whole)])
def test_the_focus_is_seen(new_context: NewContext, base_url: str, theme: str) -> None:
    """Whatever Tab and the arrows reach looks other than without the focus (WCAG 2.4.7)."""
    # High enough for every page, so that nothing scrolls between two pictures.
    context = new_context(color_scheme=theme, viewport={"width": 1280, "height": 2400})
    page = context.new_page()
    stops = [tab_through(page, path) for path in SIGNED_OUT]
    _, _, last = join(context, base_url, "Ada", "Grace", LONG_NAME)
    page.goto("/")
    expect_account(page, last)
    save_note(page, "a note")
    stops += [tab_through(page, path) for path in SIGNED_IN]
    assert sum(stops) >= 65, stops
    page.goto("/")
    items = open_menu(page).get_by_role("menuitem")
    arrow_through(page, items)
    items.filter(has_text=WORDS.switch_account).press("Enter")
    arrow_through(page, page.get_by_role("menuitemradio"))


def tab_through(page: Page, path: str) -> int:
    """Walk a page from its beginning to its end, and count the stops."""
    page.goto(path)
    expect(page.get_by_role("banner").get_by_role("button")).to_be_visible()
    expect(page.get_by_role("heading", name=WORDS.loading)).to_have_count(0)
    focused = page.locator("*:focus")
    while focused.count():
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    stops = 0
    while focused.count():
        stops += 1
        element = focused.element_handle()
        with_focus = shot(page, element)
        # The next Tab goes on from here all the same.
        element.evaluate("(element) => element.blur()")
        assert shot(page, element) != with_focus, element.evaluate("(element) => element.outerHTML")
        page.keyboard.press("Tab")
    return stops


def arrow_through(page: Page, items: Locator) -> None:
    """Walk an open menu by its arrows, and compare each item with what it is when the next one has the focus."""
    for item in [item.element_handle() for item in items.all()]:
        item.focus()
        with_focus = shot(page, item)
        page.keyboard.press("ArrowDown")
        assert shot(page, item) != with_focus, item.evaluate("(element) => element.outerHTML")
