"""What every eye and every small screen is owed: no serious finding by axe, and nothing beyond the edge."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.people import WORDS, Person, expect_account, expect_signed_out, join, open_accounts, open_menu

NewContext = Callable[..., BrowserContext]
SIGNED_OUT = ["/", "/auth/sign-in", "/auth/sign-up", "/settings/account"]
SIGNED_IN = ["/", "/auth/sign-in?add=1", "/auth/sign-up", "/settings/account"]
LONG_NAME = "Adalbertina-Wilhelmina Konstantinopolitanskaja-Featherstonehaugh"
# axe measures contrast: not in the middle of a fade.
STILL = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const running = () => document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < Infinity);
  do { await frame(); await Promise.allSettled(running().map((one) => one.finished)); await frame(); }
  while (running().some((one) => one.playState === "running"));
}"""


def findings(page: Page) -> list[str]:
    """Ask axe what is seriously wrong with the page as it is."""
    page.evaluate(STILL)
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{found['id']}: {json.dumps([node['html'] for node in found['nodes']])}"
        for found in violations
        if found["impact"] in {"serious", "critical"}
    ]


def sideways(page: Page) -> int:
    """Measure how far the page can be scrolled sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture
def people(context: BrowserContext, base_url: str) -> list[Person]:
    """Three accounts on this browser, the active one with a name that does not fit."""
    return join(context, base_url, "Ada", "Grace", LONG_NAME)


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest, page: Page) -> Iterator[Literal["light", "dark"]]:
    """A browser that prefers this theme."""
    page.emulate_media(color_scheme=request.param)
    yield request.param


def expect_theme(page: Page, theme: str) -> None:
    """See the page in this theme: else the other one would be checked twice."""
    dark = page.evaluate("getComputedStyle(document.querySelector('.radix-themes')).colorScheme")
    background = page.evaluate("getComputedStyle(document.querySelector('.radix-themes')).backgroundColor")
    assert (theme == "dark") == (dark == "dark" or sum(json.loads(f"[{background[4:-1]}]")[:3]) < 200)


def test_axe_finds_nothing_signed_out(page: Page, theme: str) -> None:
    """On each page, and in the open menu."""
    found = {}
    for path in SIGNED_OUT:
        page.goto(path)
        expect_signed_out(page)
        expect_theme(page, theme)
        found[path] = findings(page)
    page.get_by_role("button", name=WORDS.account, exact=True).click()
    expect(page.get_by_role("menu")).to_be_visible()
    found["menu"] = findings(page)
    assert found == {place: [] for place in found}


def test_axe_finds_nothing_signed_in(page: Page, people: list[Person], theme: str) -> None:
    """On each page, with a note on the first, and in the open menu and its submenus."""
    page.goto("/")
    page.get_by_label("New note").fill("a note")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_role("listitem").filter(has_text="a note")).to_be_visible()
    found = {}
    for path in SIGNED_IN:
        page.goto(path)
        expect_account(page, people[2])
        expect_theme(page, theme)
        found[path] = findings(page)
    open_accounts(page)
    found["menu"] = findings(page)
    assert found == {place: [] for place in found}


def test_axe_finds_nothing_in_a_refusal(page: Page, theme: str) -> None:
    """A form with its message."""
    page.goto("/auth/sign-in")
    page.get_by_role("button", name=WORDS.sign_in, exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert findings(page) == []


@pytest.mark.parametrize("width", [390, 320])
def test_nothing_scrolls_sideways(new_context: NewContext, base_url: str, width: int) -> None:
    """Every page, signed out and signed in, with a long name and a long note (WCAG 1.4.10)."""
    context = new_context(viewport={"width": width, "height": 700})
    page = context.new_page()
    for path in SIGNED_OUT:
        page.goto(path)
        expect_signed_out(page)
        assert sideways(page) == 0, path
    people = join(context, base_url, "Ada", LONG_NAME)
    page.goto("/")
    page.get_by_label("New note").fill("x" * 200)
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_role("listitem").filter(has_text="x" * 200)).to_be_visible()
    assert sideways(page) == 0
    for path in SIGNED_IN:
        page.goto(path)
        expect_account(page, people[1])
        assert sideways(page) == 0, path


@pytest.mark.parametrize("width", [390, 320])
def test_the_open_menus_are_inside_a_small_screen(new_context: NewContext, base_url: str, width: int) -> None:
    """Menu and submenu, whole, with five accounts in it; the page behind does not scroll sideways."""
    context = new_context(viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    join(context, base_url, "Ada", "Grace", "Alan", "Barbara", LONG_NAME)
    page.goto("/")
    open_menu(page).get_by_role("menuitem", name=WORDS.switch_account).tap()
    expect(page.get_by_role("menuitemradio")).to_have_count(5)
    page.evaluate(STILL)
    menus = page.get_by_role("menu")
    expect(menus).to_have_count(2)
    for box in [menu.bounding_box() for menu in menus.all()]:
        assert box is not None
        assert box["x"] >= 0 and box["x"] + box["width"] <= width, box
        assert box["y"] >= 0 and box["y"] + box["height"] <= 844, box
    assert sideways(page) == 0
    for row in page.get_by_role("menuitemradio").all():
        box = row.bounding_box()
        assert box is not None
        assert box["height"] >= 24, "WCAG 2.5.8"
