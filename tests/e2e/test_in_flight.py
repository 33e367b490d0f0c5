"""What was meant for one account never acts for another, however a switch and a click cross."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.devices import notes_of
from tests.e2e.people import (
    WORDS,
    Person,
    expect_account,
    expect_notice,
    join,
    moving,
    session_ids,
    set_active,
    user_button,
)
from tests.e2e.server import Server
from tests.helpers import until

# Presses the button that saves the note and, some milliseconds before or after it, switches: in the open menu of this
# tab, or with a request as another tab makes it.
CROSS = """
async ([delay, where, chosen]) => {
  const save = document.querySelector("form button[type=submit]");
  const row = [...document.querySelectorAll("[role=menuitemradio]")].find((row) => row.textContent.includes(chosen));
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const leave = () => where === "this tab" ? row.click() : fetch("/api/auth/multi-session/set-active", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ sessionId: chosen }) });
  if (delay < 0) { const left = leave(); await wait(-delay); save.click(); await left; }
  else { save.click(); await wait(delay); await leave(); }
}
"""
DELAYS = [0, -1, 1, -2, 2, -3, 3, -4, 5, -6, 7, -8, 10, -12, 14, -16, 18, -20, 25, -30]


@pytest.fixture
def people(context: BrowserContext, base_url: str) -> list[Person]:
    """Ada and Grace, signed in on this browser; Grace is active."""
    return join(context, base_url, "Ada", "Grace")


def draft(page: Page, text: str) -> None:
    """Type a draft and wait until the server has it, which the button shows."""
    note = page.get_by_label("New note")
    note.fill(text)
    note.blur()
    expect(page.get_by_role("button", name="Save note")).to_be_enabled()


def move(page: Page, context: BrowserContext, base_url: str, person: Person) -> None:
    """Switch from elsewhere, and see the page follow."""
    with moving(page):
        set_active(context, base_url, person)
        expect_account(page, person)


def drafts_of_both(page: Page, context: BrowserContext, base_url: str, people: list[Person]) -> None:
    """Leave a draft with Grace, which a stray click would save, and come to Ada's page."""
    page.goto("/")
    expect_account(page, people[1])
    draft(page, "Grace's draft")
    move(page, context, base_url, people[0])


@pytest.mark.parametrize("where", ["this tab", "elsewhere"])
def test_a_click_that_crosses_a_switch_acts_for_who_was_on_screen(
    page: Page, context: BrowserContext, base_url: str, server: Server, people: list[Person], where: str
) -> None:
    """Twenty times, from 25 ms before it to 30 ms after: Ada's note becomes Ada's or nobody's, never Grace's."""
    ada, grace = people
    drafts_of_both(page, context, base_url, people)
    chosen = grace.email if where == "this tab" else session_ids(context, base_url)[grace.email]
    for turn, delay in enumerate(DELAYS):
        draft(page, f"Ada {turn}")
        if where == "this tab":
            user_button(page).press("Enter")
            page.get_by_role("menuitem", name=WORDS.switch_account).press("ArrowRight")
            expect(page.get_by_role("menuitemradio")).to_have_count(2)
        page.evaluate(CROSS, [delay, where, chosen])
        expect_account(page, grace)
        expect(page.get_by_label("New note")).to_have_value("Grace's draft")
        move(page, context, base_url, ada)
    assert notes_of(server, grace) == []
    assert set(notes_of(server, ada)), "no click was ever in time, so none of them crossed"
    assert set(notes_of(server, ada)) <= {f"Ada {turn}" for turn in range(len(DELAYS))}


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
        """Let nothing through any more: the open socket ends, and attempts to come back fail."""
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
    headers = {"Origin": base_url}
    assert context.request.post(f"{base_url}/api/auth/multi-session/revoke", data=body, headers=headers).ok
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


def test_a_storm_of_switches_ends_in_one_account_everywhere(
    page: Page, context: BrowserContext, base_url: str, people: list[Person]
) -> None:
    """Twelve clicks, as fast as they come, in two tabs in turn: at rest both show what the server says."""
    tabs = [page, context.new_page()]
    for tab in tabs:
        tab.goto("/settings/account")
        expect_account(tab, people[1])
    for turn in range(12):
        tabs[turn % 2].get_by_role("main").get_by_role("button", name=re.compile("^Switch")).click(no_wait_after=True)

    def shown(tab: Page) -> str:
        return user_button(tab).get_attribute("aria-label", timeout=5000) or ""

    def at_rest() -> bool:
        active = next(iter(session_ids(context, base_url)))
        busy = any(user_button(tab).get_attribute("aria-busy") == "true" for tab in tabs)
        return not busy and all(active in shown(tab) for tab in tabs)

    until(at_rest, "every tab to show the active account")
    active = next(iter(session_ids(context, base_url)))
    for tab in tabs:
        tab.reload()
        expect_account(tab, next(person for person in people if person.email == active))
