"""The keyboard, on whatever has the focus; never a click."""

import pytest
from playwright.sync_api import Locator, Page, expect


def button(page: Page, name: str) -> Locator:
    """Find a button in the page's main part."""
    return page.get_by_role("main").get_by_role("button", name=name, exact=True)


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until this has the focus."""
    expect(target).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        if target.evaluate("(target) => target === document.activeElement"):
            return
    pytest.fail(f"Tab does not reach {target}")


def go(page: Page, key: str, target: Locator) -> None:
    """Press a key and see the focus there; Radix moves it a moment later, which a person does not notice."""
    page.keyboard.press(key)
    expect(target).to_be_focused()
