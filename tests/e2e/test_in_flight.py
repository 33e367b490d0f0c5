"""What was meant for one account never acts for another, however a switch and a click cross."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.support.devices import notes_of
from tests.support.people import (
    WORDS,
    Person,
    draft,
    drafts_of_both,
    expect_account,
    join,
    move,
    moving,
    record_frames,
    session_ids,
    set_active,
    user_button,
)
from tests.support.running import until
from tests.support.server import Server

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


@pytest.mark.standard("OWASP Session 17")
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


def test_the_second_of_two_clicks_switches_no_further(
    page: Page, context: BrowserContext, base_url: str, people: list[Person]
) -> None:
    """Though the row of another account is under the pointer by then."""
    (alan,) = join(context, base_url, "Alan")
    frames = record_frames(page)
    page.goto("/settings/account")
    expect_account(page, alan)
    with moving(page):
        page.get_by_role("button", name=f"{WORDS.switch_account}: Ada").dblclick(delay=60)
        expect_account(page, people[0])
    assert len([frame for frame in frames if ".set_active" in frame]) == 1


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


# Presses the button in the very task in which the chosen account's snapshot comes, before React has it, or in the first
# moment in which the page shows that account: sooner than any person or timer.
PRESS = """
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => window.heard?.(String(data)));
  }
};
window.pressAs = (when, sessionId, email) => {
  const press = () => { window.pressed = true; document.querySelector("form button[type=submit]").click(); };
  const isShown = () => document.querySelector(".ms-trigger")?.getAttribute("aria-label").includes(email);
  window.heard = (data) => {
    if (!data.includes(`"session_id_rx_state_":"${sessionId}"`)) return;
    window.heard = undefined;
    if (when === "as it comes") press();
  };
  // An observer is called before anything else that waits, such as a click.
  const observer = new MutationObserver(() => { if (isShown()) { observer.disconnect(); press(); } });
  if (when === "as it is shown") observer.observe(document, { subtree: true, childList: true, attributes: true });
};
"""


@pytest.mark.parametrize("when", ["as it comes", "as it is shown"])
def test_a_click_in_the_moment_of_a_switch_acts_for_who_is_on_screen(
    page: Page, context: BrowserContext, base_url: str, server: Server, people: list[Person], when: str
) -> None:
    """Grace's snapshot has come and Ada is still shown: Ada's note. Grace is shown: hers."""
    ada, grace = people
    page.add_init_script(PRESS)
    drafts_of_both(page, context, base_url, people)
    draft(page, "Ada's draft")
    page.evaluate("([...of]) => pressAs(...of)", [when, session_ids(context, base_url)[grace.email], grace.email])
    move(page, context, base_url, grace)
    assert page.evaluate("window.pressed")
    if when == "as it comes":
        until(lambda: notes_of(server, ada), "Ada's note")
    else:
        expect(page.get_by_role("listitem").filter(has_text="Grace's draft")).to_be_visible()
    saved = (["Ada's draft"], []) if when == "as it comes" else ([], ["Grace's draft"])
    assert (notes_of(server, ada), notes_of(server, grace)) == saved


def test_a_click_on_a_slow_line_acts_for_who_is_on_screen(
    page: Page, context: BrowserContext, base_url: str, server: Server, people: list[Person]
) -> None:
    """All that the page sends comes late, when Grace's page is on its way: a click on Ada's page is still Ada's."""
    ada, grace = people
    held: list[str | bytes] = []
    to_server: list[WebSocketRoute] = []
    is_holding = False

    def connect(route: WebSocketRoute) -> None:
        to_server[:] = [route.connect_to_server()]
        route.on_message(lambda message: held.append(message) if is_holding else to_server[0].send(message))

    page.route_web_socket(re.compile("/_event"), connect)
    drafts_of_both(page, context, base_url, people)
    draft(page, "Ada's draft")
    is_holding = True
    page.get_by_role("button", name="Save note").click()
    set_active(context, base_url, grace)
    expect_account(page, grace)
    page.get_by_role("button", name="Save note").click()
    is_holding = False
    for message in held:
        to_server[0].send(message)
    expect(page.get_by_role("listitem").filter(has_text="Grace's draft")).to_be_visible()
    assert (notes_of(server, ada), notes_of(server, grace)) == (["Ada's draft"], ["Grace's draft"])
