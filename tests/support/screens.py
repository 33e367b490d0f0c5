"""Every page and state of the app, one after the other, for tests about what each of them owes."""

import json
from collections.abc import Callable, Iterator

from playwright.sync_api import BrowserContext, Page, expect

from multisession_app.multi_session.options import COVER_AFTER, SECURITY_EVENTS_PAGE
from tests.support.devices import change_behind_its_back
from tests.support.people import (
    WORDS,
    Person,
    expect_account,
    expect_notice,
    expect_signed_out,
    join,
    open_accounts,
    open_menu,
    post,
    session_ids,
    submit_sign_in,
    submit_sign_up,
    switch,
)
from tests.support.running import until
from tests.support.secrecy import FIREFOX, dialog, forget_password_entry, open_security, revoke, sign_in_on
from tests.support.server import Server

SETTINGS = ["/settings/account", "/settings/security"]
SIGNED_OUT = ["/", "/auth/sign-in", "/auth/sign-up", *SETTINGS, "/nowhere"]
SIGNED_IN = ["/", "/auth/sign-in", "/auth/sign-in?add=1", "/auth/sign-up", *SETTINGS, "/nowhere"]
LONG_NAME = "Adalbertina-Wilhelmina Konstantinopolitanskaja-Featherstonehaugh"
EXPIRED = "expires_at = created_at"
Screen = tuple[str, Page]
SCREENS = 56
"""As many as `screens` shows: tests count them, since nothing is wrong on a screen that is left out."""

# Nothing is measured in the middle of a fade. A notice that fades is kept by the focus in it.
_STILL = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const running = () => document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < Infinity);
  do { await frame(); await Promise.allSettled(running().map((one) => one.finished)); await frame(); }
  while (running().some((one) => one.playState === "running"));
}"""


def still(page: Page) -> None:
    """Wait until nothing moves."""
    page.evaluate(_STILL)


def expect_theme(page: Page, theme: str) -> None:
    """See the page in this theme, which it takes on once its scripts run: else the other one would be looked at."""
    background = "getComputedStyle(document.querySelector('.radix-themes')).backgroundColor"

    def is_dark() -> bool:
        return sum(json.loads(f"[{page.evaluate(background)[4:-1]}]")[:3]) < 200

    until(lambda: is_dark() == (theme == "dark"), f"the {theme} theme")


def save_note(page: Page, text: str) -> None:
    """Write a note and see it listed."""
    page.get_by_label("New note").fill(text)
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_role("listitem").filter(has_text=text)).to_be_visible()


def expire(server: Server, context: BrowserContext, *people: Person) -> None:
    """End these people's sessions on this browser by time, so that their accounts are remembered only."""
    ids = session_ids(context, server.url)
    for person in people:
        change_behind_its_back(server, ids[person.email], EXPIRED)


def screens(context: BrowserContext, server: Server) -> Iterator[Screen]:
    """Show every page and state; each is named, and is there until the next one is asked for."""
    page = context.new_page()
    yield from _loading(context)
    yield from _signed_out(page)
    people = join(context, server.url, "Ada", "Grace", LONG_NAME)
    yield from _signed_in(page, people[2])
    yield from _menus(page, "signed in")
    yield from _security(page, people[2], context, server)
    yield from _notices(page, people, context, server)
    yield from _offline(context)
    grace, last = join(context, server.url, "Grace", LONG_NAME)
    expire(server, context, grace)
    yield from _signed_in(page, last, "beside a remembered account, ")
    yield from _menus(page, "beside a remembered account")
    page.goto("/settings/account")
    page.get_by_role("link", name=f"{WORDS.sign_in_again}: Grace").click()
    expect(page.get_by_label(WORDS.email, exact=True)).to_have_value(grace.email)
    yield "to sign in again", page
    expire(server, context, people[2], last)
    for path in SIGNED_OUT:
        page.goto(path)
        expect_signed_out(page)
        yield f"remembered, {path}", page
    yield from _signed_out_menus(page, "remembered")


def _loading(context: BrowserContext) -> Iterator[Screen]:
    page = context.new_page()
    page.route_web_socket("**", lambda socket: None)
    for path in SIGNED_OUT[:-1]:
        page.goto(path)
        expect(page.get_by_role("heading", name=WORDS.loading)).to_be_attached()
        yield f"loading {path}", page
    page.close()


def _signed_out(page: Page) -> Iterator[Screen]:
    for path in SIGNED_OUT:
        page.goto(path)
        expect_signed_out(page)
        yield f"signed out, {path}", page
    yield from _signed_out_menus(page, "signed out")
    page.goto("/auth/sign-in")
    submit_sign_in(page)
    expect(page.get_by_role("alert")).to_be_focused()
    yield "refusal of the form", page
    page.goto("/auth/sign-up")
    submit_sign_up(page)
    expect(page.get_by_label(WORDS.name, exact=True)).to_be_focused()
    yield "refusal at the field", page


def _signed_in(page: Page, person: Person, state: str = "") -> Iterator[Screen]:
    for path in SIGNED_IN:
        page.goto(path)
        expect_account(page, person)
        expect(page.get_by_role("heading", name=WORDS.loading)).to_have_count(0)
        expect(page.locator(".rt-Skeleton")).to_have_count(0)
        yield f"{state}{path}", page
    page.goto("/")
    save_note(page, "a note, " + "x" * 200)
    yield f"{state}notes", page


def _menus(page: Page, state: str) -> Iterator[Screen]:
    yield from _opened(page, open_menu, f"{state}, menu")
    yield from _opened(page, open_accounts, f"{state}, accounts")
    menu = page.get_by_role("menu").first
    menu.get_by_role("menuitem", name=WORDS.theme).press("Enter")
    expect(page.get_by_role("menuitemradio", name=WORDS.theme_dark)).to_be_visible()
    yield f"{state}, theme", page


def _opened(page: Page, open_it: Callable[[Page], object], name: str) -> Iterator[Screen]:
    page.goto("/")
    open_it(page)
    yield name, page


def _signed_out_menus(page: Page, state: str) -> Iterator[Screen]:
    page.goto("/")
    page.get_by_role("button", name=WORDS.account, exact=True).click()
    expect(page.get_by_role("menu")).to_be_visible()
    yield f"{state}, menu", page
    page.get_by_role("menuitem", name=WORDS.theme).press("Enter")
    expect(page.get_by_role("menuitemradio", name=WORDS.theme_dark)).to_be_visible()
    yield f"{state}, theme", page


def _security(page: Page, person: Person, context: BrowserContext, server: Server) -> Iterator[Screen]:
    for agent in (FIREFOX, "A" * 100 + "bot/1.0"):
        elsewhere = page.context.browser.new_context(user_agent=agent) if page.context.browser else context
        sign_in_on(elsewhere, server.url, person)
        elsewhere.close()
    for _ in range(SECURITY_EVENTS_PAGE):
        post(context, server.url, "/reauthenticate", {"password": "wrong"})
    forget_password_entry(server, context, person)
    open_security(page)
    revoke(page, "Firefox on Windows").focus()
    yield "several devices", page
    page.get_by_role("button", name=WORDS.sign_out_everywhere).click()
    expect(dialog(page)).to_be_visible()
    yield "asked first", page
    dialog(page).get_by_role("button", name=WORDS.sign_out_everywhere).click()
    dialog(page).get_by_label(WORDS.password, exact=True).press("Enter")
    expect(dialog(page).get_by_text(WORDS.invalid_password)).to_be_visible()
    yield "wrong password in the dialog", page
    page.keyboard.press("Escape")
    page.get_by_role("button", name=WORDS.delete_account).click()
    expect(dialog(page)).to_be_visible()
    yield "to delete the account", page
    page.keyboard.press("Escape")


def _notices(page: Page, people: list[Person], context: BrowserContext, server: Server) -> Iterator[Screen]:
    ada, _, last = people
    dismiss = page.get_by_role("button", name=WORDS.dismiss)
    page.goto("/settings/account")
    page.get_by_role("button", name=f"{WORDS.sign_out}: Grace").click()
    expect_notice(page, WORDS.signed_out_last.format(name="Grace"))
    dismiss.focus()
    yield "notice of an end", page
    switch(page, ada)
    switch(page, last)
    dismiss.focus()
    yield "notice of a switch", page
    # Ada is signed out by somebody else, and nobody told this page.
    change_behind_its_back(server, session_ids(context, server.url)[ada.email], "revoked_at = created_at")
    page.get_by_role("button", name=f"{WORDS.sign_out}: Ada", exact=True).click()
    expect_notice(page, WORDS.invalid_session)
    dismiss.focus()
    yield "notice of a refusal", page


def _offline(context: BrowserContext) -> Iterator[Screen]:
    page = context.new_page()
    page.clock.install()
    page.goto("/settings/account")
    expect(page.get_by_role("heading", name=WORDS.manage_accounts)).to_be_visible()
    context.set_offline(True)
    expect_notice(page, WORDS.offline)
    yield "no connection", page
    page.get_by_role("button", name=WORDS.sign_out, exact=False).last.click()
    expect_notice(page, WORDS.not_sent)
    dismiss = page.get_by_role("button", name=WORDS.dismiss)
    dismiss.focus()
    yield "not sent", page
    dismiss.press("Enter")
    page.clock.fast_forward(int(COVER_AFTER.total_seconds() * 1000) + 1)
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "covered", page
    context.set_offline(False)
    page.close()
