"""What axe, the checker of accessibility rules, finds: nothing, on any page and in any state, light and dark."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.e2e.screens import SCREENS, expect_theme, screens, still
from tests.e2e.server import Server

NewContext = Callable[..., BrowserContext]
# WCAG 2.2 up to level AA, and what axe calls best practice: landmarks, headings and the like.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def findings(page: Page) -> list[str]:
    """Ask axe what is wrong with the page as it is, however little."""
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    violations: list[dict[str, Any]] = Axe().run(page, options=options).response["violations"]
    return [f"{found['id']}: {json.dumps([node['html'] for node in found['nodes']])}" for found in violations]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(new_context: NewContext, server: Server, theme: str) -> None:
    """Whatever the weight that axe gives it."""
    found = {}
    for name, page in screens(new_context(color_scheme=theme), server):
        still(page)
        expect_theme(page, theme)
        found[name] = findings(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert len(found) == SCREENS
