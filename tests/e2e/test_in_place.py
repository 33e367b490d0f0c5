"""Every change of account happens in the page as it is: the same document, the same socket, in every tab."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from tests.support.devices import NOTES, Device, change_behind_its_back, notes_of
from tests.support.people import (
    WORDS,
    Person,
    account_item,
    choose,
    expect_account,
    expect_notice,
    expect_signed_out,
    join,
    open_accounts,
    post,
    session_ids,
    set_active,
    switch,
    user_button,
)
from tests.support.running import until
from tests.support.server import Server

# Counted in the page: a reload or a new socket is seen in each of the two.
COUNT_SOCKETS = """window.socketsOpened = 0;
window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.socketsOpened += 1; } };"""


@pytest.fixture
def people(context: BrowserContext, base_url: str) -> list[Person]:
    """Ada and Grace, signed in on this browser; Grace is active."""
    return join(context, base_url, "Ada", "Grace")


@pytest.fixture
def tabs(context: BrowserContext, people: list[Person]) -> list[Page]:
    """Two tabs that show Grace, each with its first and only socket."""
    context.add_init_script(COUNT_SOCKETS)
    tabs = [context.new_page(), context.new_page()]
    for tab in tabs:
        tab.goto("/")
        expect_account(tab, people[1])
    return tabs


def expect_in_place(tabs: list[Page]) -> None:
    """See that no tab has opened a further socket or loaded its page again."""
    assert [tab.evaluate("window.socketsOpened") for tab in tabs] == [1] * len(tabs)


def test_a_switch_leaves_document_and_socket_as_they_are(tabs: list[Page], people: list[Person]) -> None:
    """In the own tab and in the other, there and back, with each account's draft."""
    tabs[0].get_by_label("New note").fill("Grace's draft")
    expect(tabs[0].get_by_role("button", name="Save note")).to_be_enabled()
    switch(tabs[0], people[0])
    expect_account(tabs[1], people[0])
    expect_notice(tabs[1], "You are now using Ada")
    expect(tabs[0].get_by_label("New note")).to_have_value("")
    expect(user_button(tabs[0])).to_be_focused()
    switch(tabs[1], people[1])
    expect_account(tabs[0], people[1])
    expect(tabs[0].get_by_label("New note")).to_have_value("Grace's draft")
    expect_in_place(tabs)


def test_a_sign_out_hands_over_in_place_and_the_last_one_to_nobody(tabs: list[Page], people: list[Person]) -> None:
    """The page itself tells what became of the account."""
    choose(tabs[0], WORDS.sign_out)
    for tab in tabs:
        expect_account(tab, people[0])
        expect_notice(tab, "Grace is signed out. You are now using Ada.")
    choose(tabs[1], WORDS.sign_out)
    for tab in tabs:
        expect_signed_out(tab)
        expect_notice(tab, "Ada is signed out")
    expect_in_place(tabs)


def test_signing_out_of_all_and_over_http_happen_in_place_too(
    tabs: list[Page], context: BrowserContext, base_url: str, people: list[Person]
) -> None:
    """Whichever door it comes in by."""
    body = {"sessionId": session_ids(context, base_url)[people[1].email]}
    assert post(context, base_url, "/multi-session/revoke", body).ok
    for tab in tabs:
        expect_account(tab, people[0])
    choose(tabs[0], WORDS.sign_out)
    for tab in tabs:
        expect_signed_out(tab)
    expect_in_place(tabs)


def test_the_end_of_a_sessions_time_hands_over_in_place(
    tabs: list[Page], context: BrowserContext, base_url: str, server: Server, people: list[Person]
) -> None:
    """By itself."""
    soon = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
    change_behind_its_back(server, session_ids(context, base_url)[people[1].email], f"expires_at = '{soon}'")
    for tab in tabs:
        tab.get_by_label("New note").fill("Grace's draft")
    for tab in tabs:
        expect_account(tab, people[0])
    expect_in_place(tabs)


def test_a_click_that_was_on_its_way_acts_for_who_was_on_screen(
    tabs: list[Page],
    context: BrowserContext,
    base_url: str,
    server: Server,
    people: list[Person],
    times: Callable[[int], int],
) -> None:
    """Fifty times, switched elsewhere in the very moment: Grace's note is Grace's, and each one is there."""
    page = tabs[0]
    ids = session_ids(context, base_url)
    for turn in range(times(50)):
        page.get_by_label("New note").fill(f"Grace {turn}")
        expect(page.get_by_role("button", name="Save note")).to_be_enabled()
        page.evaluate(
            """([chosen, delay]) => new Promise((done) => {
                fetch("/api/auth/multi-session/set-active", { method: "POST",
                  headers: { "Content-Type": "application/json" }, body: JSON.stringify({ sessionId: chosen }) })
                  .then(done);
                setTimeout(() => document.querySelector("form button[type=submit]").click(), delay); })""",
            [ids[people[0].email], turn % 10],
        )
        expect_account(page, people[0])
        set_active(context, base_url, people[1])
        expect_account(page, people[1])
    assert notes_of(server, people[0]) == []
    saved = notes_of(server, people[1])
    assert set(saved) <= {f"Grace {turn}" for turn in range(times(50))}
    assert len(set(saved)) == len(saved) > times(50) / 2, "most of them were in time"
    expect_in_place(tabs)


@pytest.mark.parametrize("end", ["revoke", "sign-out"])
def test_a_click_that_was_on_its_way_acts_for_nobody_once_its_account_has_ended(
    page: Page, context: BrowserContext, base_url: str, server: Server, end: str, times: Callable[[int], int]
) -> None:
    """Never for the one who takes over; the page says that it was not carried out."""
    ada, grace = join(context, base_url, "Ada", "Grace")
    page.goto("/")
    told = 0
    for turn in range(times(50)):
        expect_account(page, grace)
        page.get_by_label("New note").fill(f"Grace {turn}")
        expect(page.get_by_role("button", name="Save note")).to_be_enabled()
        page.evaluate(
            """([end, ended, delay]) => new Promise((done) => {
                const path = end === "revoke" ? "/api/auth/multi-session/revoke" : "/api/auth/sign-out";
                const body = end === "revoke" ? { sessionId: ended } : {};
                fetch(path, { method: "POST", headers: { "Content-Type": "application/json" },
                  body: JSON.stringify(body) }).then(done);
                setTimeout(() => document.querySelector("form button[type=submit]").click(), delay); })""",
            [end, session_ids(context, base_url)[grace.email], turn % 10],
        )
        if end == "revoke":
            expect_account(page, ada)
        else:
            expect_signed_out(page)
        told += page.get_by_role("status").filter(has_text=WORDS.not_carried_out).count()
        for person in (ada, grace):
            answer = post(context, base_url, "/sign-in/email", {"email": person.email, "password": person.password})
            assert answer.ok, answer.text()
        page.goto("/")
    assert notes_of(server, ada) == []
    assert set(notes_of(server, grace)) <= {f"Grace {turn}" for turn in range(times(50))}


def test_fifty_storms_of_switches_end_in_one_account_everywhere(
    context: BrowserContext, base_url: str, tabs: list[Page], people: list[Person], times: Callable[[int], int]
) -> None:
    """Twelve in a row, as fast as the answers come: three tabs show the last one, and the server says so."""
    tabs.append(context.new_page())
    tabs[2].goto("/")
    expect_account(tabs[2], people[1])
    ids = session_ids(context, base_url)
    for storm in range(times(50)):
        order = [people[(storm + turn) % 2] for turn in range(12)]
        tabs[storm % 3].evaluate(
            """async (chosen) => { for (const sessionId of chosen)
                await fetch("/api/auth/multi-session/set-active", { method: "POST",
                  headers: { "Content-Type": "application/json" }, body: JSON.stringify({ sessionId }) }); }""",
            [ids[person.email] for person in order],
        )
        for tab in tabs:
            expect_account(tab, order[-1])
        assert next(iter(session_ids(context, base_url))) == order[-1].email
    expect_in_place(tabs)


def test_twelve_quick_clicks_end_on_the_last_one(
    tabs: list[Page], context: BrowserContext, base_url: str, people: list[Person]
) -> None:
    """In the menu of one tab, faster than it can show them."""
    open_accounts(tabs[0])
    tabs[0].evaluate(
        """(names) => { const rows = [...document.querySelectorAll("[role=menuitemradio]")];
            for (let turn = 0; turn < 12; turn++)
              rows.find((row) => row.textContent.includes(names[turn % 2])).click(); }""",
        [people[0].email, people[1].email],
    )

    def at_rest() -> bool:
        active = next(iter(session_ids(context, base_url)))
        # On the way to the last one too all may agree for a moment.
        busy = any(user_button(tab).get_attribute("aria-busy") == "true" for tab in tabs)
        is_there = not busy and active == people[1].email
        return is_there and all(active in (user_button(tab).get_attribute("aria-label") or "") for tab in tabs)

    until(at_rest, "every tab to show the last account")
    assert next(iter(session_ids(context, base_url))) == people[1].email


def test_while_a_switch_is_under_way_nothing_of_the_old_page_can_be_sent(
    page: Page, server: Server, people: list[Person]
) -> None:
    """The chosen row is busy, and the button that saves does nothing; the status message names who is there then."""
    held: list[str] = []
    routes: list[WebSocketRoute] = []
    is_holding = False

    def from_server(message: str | bytes) -> None:
        if is_holding:
            held.append(str(message))
        else:
            routes[0].send(message)

    def connect(route: WebSocketRoute) -> None:
        routes[:] = [route]
        to_server = route.connect_to_server()
        route.on_message(to_server.send)
        to_server.on_message(from_server)

    page.route_web_socket(re.compile("/_event"), connect)
    page.goto("/")
    expect_account(page, people[1])
    page.get_by_label("New note").fill("Grace's draft")
    expect(page.get_by_role("button", name="Save note")).to_be_enabled()
    row = account_item(open_accounts(page), people[0])
    is_holding = True
    row.click()
    expect(user_button(page)).to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name="Save note").click()
    page.keyboard.press("Enter")
    is_holding = False
    for message in held:
        routes[0].send(message)
    expect_account(page, people[0])
    expect_notice(page, "You are now using Ada")
    switch(page, people[1])
    expect(page.get_by_label("New note")).to_have_value("Grace's draft")
    assert (notes_of(server, people[0]), notes_of(server, people[1])) == ([], [])


def test_the_page_stays_where_it_was_scrolled_to(
    page: Page, context: BrowserContext, base_url: str, people: list[Person]
) -> None:
    """When the account changes from elsewhere."""
    page.set_viewport_size({"width": 390, "height": 400})
    page.goto("/settings/account")
    expect_account(page, people[1])
    page.evaluate("scrollTo(0, 200)")
    set_active(context, base_url, people[0])
    expect(page.get_by_label(WORDS.name, exact=True)).to_have_value("Ada")
    assert page.evaluate("scrollY") == 200


PAGE = """
import asyncio
import reflex as rx
from ..multi_session import MultiSessionState, reset_per_account
from .layout import layout


class Slow(rx.State):
    result: str = ""
    seen: list[str] = []
    {stored}

    async def _see(self, what: str):
        name = (await self.get_state(MultiSessionState)).user.name
        self.seen.append(f"{{what}} as {{name}}")

    @rx.event
    async def see(self, what: str):
        await self._see(what)

    @rx.event
    async def work(self):
        accounts = await self.get_state(MultiSessionState)
        name = accounts.user.name
        await asyncio.sleep(1)
        self.result = f"worked for {{name}}"

    @rx.event(background=True)
    async def work_behind(self):
        async with self:
            name = (await self.get_state(MultiSessionState)).user.name
        await asyncio.sleep(1)
        async with self:
            self.result = f"worked behind for {{name}}"

    @rx.event
    def set_color(self, color: str):
        self.color = color


def page():
    return layout(
        rx.text(Slow.result, id="result"),
        rx.text(Slow.seen.join(", "), id="seen"),
        reset_per_account(
            rx.box(
                on_mount=Slow.see(MultiSessionState.user.name + " comes"),
                on_unmount=Slow.see(MultiSessionState.user.name + " goes"),
            ),
            rx.button("Later", on_click=Slow.see(MultiSessionState.user.name + " later").debounce(300)),
        ),
        rx.button("Work", on_click=Slow.work),
        rx.button("Work behind", on_click=Slow.work_behind),
        {shown}
    )
"""


@pytest.fixture(scope="module", params=["", 'color: str = rx.LocalStorage("grey")'], ids=["plain", "stored"])
def slow_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of an app with slow handlers, without and with a variable in the browser's storage."""
    server = Server(tmp_path_factory.mktemp("slow"))
    pages = server.root / "multisession_app" / "pages"
    shown = (
        'rx.button("Blue", on_click=Slow.set_color("blue")), rx.text(Slow.color, id="color"),' if request.param else ""
    )
    (pages / "slow.py").write_text(PAGE.format(stored=request.param, shown=shown))
    home = pages / "__init__.py"
    home.write_text(
        home.read_text() + "\n    from . import slow\n\n    app.add_page(slow.page, route='/slow', title='Slow')\n"
    )
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def slow_page(slow_server: Server, browser: Browser) -> Iterator[tuple[Page, list[Person]]]:
    """That page, with Ada and Grace signed in; Grace is active."""
    context = browser.new_context(base_url=slow_server.url)
    people = join(context, slow_server.url, "Ada", "Grace")
    page = context.new_page()
    page.goto("/slow")
    expect_account(page, people[1])
    yield page, people
    context.close()


@pytest.mark.parametrize(
    ("button", "result"), [("Work", "worked for Grace"), ("Work behind", "worked behind for Grace")]
)
def test_what_takes_long_goes_on_for_its_own_account(
    slow_page: tuple[Page, list[Person]], button: str, result: str
) -> None:
    """Nothing of it reaches the next one's screen; on switching back its result is there."""
    page, (ada, grace) = slow_page
    page.get_by_role("button", name=button, exact=True).click()
    account_item(open_accounts(page), ada).click()
    expect_account(page, ada)
    page.evaluate(
        """() => { window.leaked = false;
          new MutationObserver(() => { if (document.body.innerText.includes("Grace")) window.leaked = true; })
            .observe(document.querySelector("#result"), { childList: true, characterData: true, subtree: true }); }"""
    )
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#result")).to_have_text(result.replace("Grace", "Ada"))
    assert page.evaluate("window.leaked") is False
    switch(page, grace)
    expect(page.locator("#result")).to_have_text(result)


def test_values_in_the_browsers_storage_survive_a_switch(
    slow_server: Server, slow_page: tuple[Page, list[Person]]
) -> None:
    """Such an app reconnects, and its log says at the start that all accounts share them."""
    page, (ada, _) = slow_page
    if not page.get_by_role("button", name="Blue").count():
        assert "kept in the browser" not in " ".join(slow_server.log.split())
        return
    # Reflex breaks the lines of its log.
    log = " ".join(slow_server.log.split())
    assert re.search(r"kept in the browser, where all its accounts share them: .*color", log)
    page.get_by_role("button", name="Blue").click()
    expect(page.locator("#color")).to_have_text("blue")
    switch(page, ada)
    expect(page.locator("#color")).to_have_text("blue")


def test_what_a_page_sends_late_acts_for_the_account_that_was_on_screen(
    slow_page: tuple[Page, list[Person]], slow_server: Server
) -> None:
    """Or for nobody: what is debounced, what a page sends as it goes, and what the next one sends as it comes."""
    page, (ada, grace) = slow_page
    page.get_by_role("button", name="Later", exact=True).click()
    set_active(page.context, slow_server.url, ada)
    expect_account(page, ada)
    expect_notice(page, WORDS.not_carried_out)
    page.get_by_role("button", name="Later", exact=True).click()
    seen = page.locator("#seen")
    expect(seen).to_contain_text("Ada later as Ada")
    expect(seen).to_contain_text("Ada comes as Ada")
    expect(seen).not_to_contain_text("Grace")
    set_active(page.context, slow_server.url, grace)
    expect_account(page, grace)
    expect(seen).to_contain_text("Grace comes as Grace")
    expect(seen).not_to_contain_text("Ada")


def test_what_a_tab_sends_after_a_reconnect_acts_for_whom_it_showed(slow_server: Server) -> None:
    """Whether or not accounts change in place, and also if it closes before anything of it has run."""
    device = Device(slow_server.url)
    ada, grace = device.join("Ada", "Grace")
    with device.tab() as tab:
        token = tab.token
    session_id = device.sessions()[ada.email]
    device.post("/multi-session/set-active", {"sessionId": session_id}).raise_for_status()
    for _ in range(10):
        with device.tab(token, settles=False) as late:
            for _ in range(12):
                late.send(f"{NOTES}.set_draft", {"text": "Grace's"})
                late.send(f"{NOTES}.add")
    with device.tab() as tab:
        tab.save("Ada's")
    assert (notes_of(slow_server, ada), notes_of(slow_server, grace)) == (["Ada's"], [])
