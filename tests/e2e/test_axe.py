"""What axe, the checker of accessibility rules, finds: nothing, on any page and in any state, light and dark."""

from collections.abc import Callable
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page

from tests.support.screens import SCREENS, expect_theme, screens, still
from tests.support.server import Server

NewContext = Callable[..., BrowserContext]
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# WCAG 2.2 up to level AA, and what axe calls best practice: landmarks, headings and the like.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


# Only what is wrong comes out of the page: what is right is a thousand times as much.
ASK = """(rules) => axe.run(document, { runOnly: rules, resultTypes: ["violations"] }).then(({ violations }) =>
  violations.map(({ id, nodes }) => `${id}: ${JSON.stringify(nodes.map((node) => node.html))}`))"""


def findings(page: Page) -> list[str]:
    """Ask axe what is wrong with the page as it is, however little."""
    page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(ASK, RULES)
    return found


def test_axe_finds_nothing(new_context: NewContext, server: Server) -> None:
    """Whatever the weight that axe gives it, on each screen in light and in dark."""
    found = {}
    for name, page in screens(new_context(), server):
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            still(page)
            expect_theme(page, theme)
            found[name, theme] = findings(page)
    assert {screen: wrong for screen, wrong in found.items() if wrong} == {}
    assert len(found) == SCREENS * len(THEMES)
