"""Clicks that the browser keeps while the line is cut act for the account they were meant for, or not at all."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.devices import notes_of
from tests.support.people import (
    WORDS,
    Person,
    draft,
    drafts_of_both,
    expect_account,
    expect_notice,
    join,
    move,
    post,
    session_ids,
    set_active,
)
from tests.support.server import Server


@pytest.fixture
def people(context: BrowserContext, base_url: str) -> list[Person]:
    """Ada and Grace, signed in on this browser; Grace is active."""
    return join(context, base_url, "Ada", "Grace")


class Line:
    """The page's connection, which a test can cut and mend."""

    def __init__(self, page: Page) -> None:
        """Keep the page's sockets at hand."""
        self._page = page
        page.add_init_script("""
            window.sockets = [];
            window.WebSocket = class extends WebSocket {
                constructor(...given) { super(...given); window.sockets.push(this); }
            };
        """)

    def cut(self) -> None:
        """Let nothing through any more: the open socket ends, and attempts to come back fail.

        The page is then that of an app whose buttons are not refused meanwhile, so that Reflex queues their events.
        """
        self._page.evaluate(
            "document.querySelectorAll('[data-needs-connection]')"
            ".forEach((one) => one.removeAttribute('data-needs-connection'))"
        )
        self._page.context.set_offline(True)
        self._page.evaluate("window.sockets.splice(0).forEach((socket) => socket.close())")

    def mend(self) -> None:
        """Let the page's next attempt through."""
        self._page.context.set_offline(False)


@pytest.fixture
def line(page: Page) -> Line:
    """A line that can be cut."""
    return Line(page)


def save_while_cut(page: Page, text: str) -> None:
    """Press the button and then type on, while no event can leave the browser."""
    page.get_by_role("button", name="Save note").click()
    page.get_by_label("New note").press_sequentially(text)


def test_a_queued_click_is_not_carried_out_for_the_next_account(
    page: Page, context: BrowserContext, base_url: str, server: Server, people: list[Person], line: Line
) -> None:
    """What was clicked and typed while offline dies with a switch made meanwhile, and the page says so."""
    ada, grace = people
    drafts_of_both(page, context, base_url, people)
    draft(page, "Ada's draft")
    line.cut()
    save_while_cut(page, " and more")
    set_active(context, base_url, grace)
    line.mend()
    expect_account(page, grace)
    expect_notice(page, WORDS.not_carried_out)
    expect(page.get_by_label("New note")).to_have_value("Grace's draft")
    assert (notes_of(server, ada), notes_of(server, grace)) == ([], [])
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_role("listitem").filter(has_text="Grace's draft")).to_be_visible()
    move(page, context, base_url, ada)
    expect(page.get_by_label("New note")).to_have_value("Ada's draft")


def test_a_queued_click_is_not_carried_out_after_the_account_has_left(
    page: Page, context: BrowserContext, base_url: str, server: Server, people: list[Person], line: Line
) -> None:
    """Nor for the one who takes over when the account on screen was signed out meanwhile."""
    ada, grace = people
    drafts_of_both(page, context, base_url, people)
    draft(page, "Ada's draft")
    line.cut()
    save_while_cut(page, " and more")
    body = {"sessionId": session_ids(context, base_url)[ada.email]}
    assert post(context, base_url, "/multi-session/revoke", body).ok
    line.mend()
    expect_account(page, grace)
    expect_notice(page, WORDS.not_carried_out)
    expect(page.get_by_label("New note")).to_have_value("Grace's draft")
    assert (notes_of(server, ada), notes_of(server, grace)) == ([], [])


def test_there_and_back_while_offline_loses_nothing(
    page: Page, context: BrowserContext, base_url: str, server: Server, people: list[Person], line: Line
) -> None:
    """If the account on screen is the active one again when the line is back, the click was meant for it."""
    ada, grace = people
    drafts_of_both(page, context, base_url, people)
    draft(page, "Ada's draft")
    line.cut()
    page.get_by_role("button", name="Save note").click()
    set_active(context, base_url, grace)
    set_active(context, base_url, ada)
    line.mend()
    expect(page.get_by_role("listitem").filter(has_text="Ada's draft")).to_be_visible()
    assert (notes_of(server, ada), notes_of(server, grace)) == (["Ada's draft"], [])


def test_a_plain_break_of_the_line_loses_nothing(page: Page, server: Server, people: list[Person], line: Line) -> None:
    """With no switch meanwhile, what was clicked offline is carried out when the line is back, and once."""
    page.goto("/")
    expect_account(page, people[1])
    draft(page, "Grace's draft")
    line.cut()
    page.get_by_role("button", name="Save note").click()
    line.mend()
    expect(page.get_by_role("listitem").filter(has_text="Grace's draft")).to_be_visible()
    assert notes_of(server, people[1]) == ["Grace's draft"]
