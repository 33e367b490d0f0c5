"""Asks axe, the checker of accessibility rules."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

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
