"""What people do in a browser, through the page's roles and names: sign up, open the menu, switch, sign out."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import APIResponse, BrowserContext, Locator, Page, WebSocket, expect

from multisession_app.multi_session.options import Options
from tests.support.running import until

WORDS = Options().words
API = "/api/auth"


@dataclass(frozen=True)
class Person:
    """A name with an e-mail and a password of this test alone."""

    name: str
    email: str = field(default_factory=lambda: f"{uuid.uuid4().hex[:12]}@example.com")
    password: str = field(default_factory=lambda: f"opaque-{uuid.uuid4().hex}")


def fill_sign_up(page: Page, person: Person) -> None:
    """Fill the sign-up form and leave it unsent."""
    page.get_by_label(WORDS.name, exact=True).fill(person.name)
    page.get_by_label(WORDS.email, exact=True).fill(person.email)
    page.get_by_label(WORDS.password, exact=True).fill(person.password)


def sign_up(page: Page, name: str, *, path: str = "/auth/sign-up") -> Person:
    """Sign up through the form, as a further account if others are signed in, and see the account on screen."""
    person = Person(name)
    page.goto(path)
    fill_sign_up(page, person)
    page.get_by_role("button", name=WORDS.sign_up, exact=True).click()
    expect_account(page, person)
    return person


def fill_sign_in(page: Page, person: Person, password: str | None = None) -> None:
    """Fill the sign-in form and leave it unsent."""
    page.get_by_label(WORDS.email, exact=True).fill(person.email)
    page.get_by_label(WORDS.password, exact=True).fill(person.password if password is None else password)


def submit_sign_in(page: Page) -> None:
    """Send the sign-in form."""
    page.get_by_role("button", name=WORDS.sign_in, exact=True).click()


def submit_sign_up(page: Page) -> None:
    """Send the sign-up form."""
    page.get_by_role("button", name=WORDS.sign_up, exact=True).click()


def expect_refusal(page: Page, text: str) -> None:
    """See the message, with the focus on it or on the field that it is about, and a form that can be sent again."""
    message = page.get_by_role("alert").filter(has_text=text)
    field = page.get_by_role("textbox", description=re.compile(re.escape(text)))
    expect(message.or_(field)).to_be_focused()
    expect(page.locator("form button[type=submit]")).to_be_enabled()


def user_button(page: Page) -> Locator:
    """Find the button that shows the active account."""
    return page.get_by_role("button", name=re.compile(f"^{WORDS.account_menu}"))


def expect_account(page: Page, person: Person) -> None:
    """See this person's account on screen, by name and e-mail."""
    expect(user_button(page)).to_have_accessible_name(re.compile(f"{person.name}.*{person.email}"))


def expect_signed_out(page: Page) -> None:
    """See no account on screen, but the way to sign in."""
    expect(page.get_by_role("button", name=WORDS.account, exact=True)).to_be_visible()
    expect(user_button(page)).to_have_count(0)


def expect_notice(page: Page, text: str) -> None:
    """Hear a status message, as a screen reader would announce it."""
    expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()


def open_menu(page: Page) -> Locator:
    """Open the menu of the user button and return it."""
    user_button(page).click()
    menu = page.get_by_role("menu").first
    expect(menu).to_be_visible()
    return menu


def open_accounts(page: Page) -> Locator:
    """Open the menu and in it the accounts of this browser; return that submenu."""
    open_menu(page).get_by_role("menuitem", name=WORDS.switch_account).press("Enter")
    accounts = page.get_by_role("menu").filter(has=page.get_by_role("menuitem", name=WORDS.add_account)).last
    expect(accounts).to_be_visible()
    return accounts


def account_item(accounts: Locator, person: Person) -> Locator:
    """Find a person's row in the submenu."""
    return accounts.get_by_role("menuitemradio").filter(has_text=person.email)


@contextmanager
def moving(page: Page) -> Iterator[None]:
    """Do what moves the page to another account, and wait until the server knows that it shows that one.

    What is done in the few milliseconds before acts for nobody; no person is as quick as a test.
    """
    before = _known_to_show(page)
    yield
    until(lambda: _known_to_show(page) != before, "the page to show another account")


def _known_to_show(page: Page) -> str:
    def shown() -> str:
        return str(page.evaluate("sessionStorage.getItem('token')?.split('~')[1] ?? '?'"))

    until(lambda: shown() != "?", "the server to know which account the page shows")
    return shown()


def switch(page: Page, person: Person) -> None:
    """Switch to another account through the menu and see it on screen."""
    with moving(page):
        account_item(open_accounts(page), person).click()
        expect_account(page, person)


def choose(page: Page, item: str) -> None:
    """Choose an item of the user button's menu."""
    open_menu(page).get_by_role("menuitem", name=item, exact=True).click()


def post(context: BrowserContext, base_url: str, path: str, body: dict[str, Any]) -> APIResponse:
    """Post as a page of the app would, with this browser's cookie."""
    return context.request.post(base_url + API + path, data=body, headers={"Origin": base_url})


def join(context: BrowserContext, base_url: str, *names: str) -> list[Person]:
    """Sign new people up on this browser over HTTP, for tests about what comes after; the last one is active."""
    people = [Person(name) for name in names]
    for person in people:
        body = {"name": person.name, "email": person.email, "password": person.password}
        answer = post(context, base_url, "/sign-up/email", body)
        assert answer.ok, answer.text()
    return people


def session_ids(context: BrowserContext, base_url: str) -> dict[str, str]:
    """Ask the server for the accounts of this browser: e-mail to session id, the active one first."""
    answer = context.request.get(f"{base_url}{API}/multi-session/list-device-sessions").json()
    return {held["user"]["email"]: held["id"] for held in sorted(answer, key=lambda held: not held["isCurrent"])}


def set_active(context: BrowserContext, base_url: str, person: Person) -> None:
    """Switch this browser's account over HTTP, as another tab or a script of the same browser may."""
    body = {"sessionId": session_ids(context, base_url)[person.email]}
    assert post(context, base_url, "/multi-session/set-active", body).ok


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


def record_frames(page: Page) -> list[str]:
    """Collect what the page's websockets send and receive from now on, both ways, and the address of each."""
    frames: list[str] = []

    def opened(socket: WebSocket) -> None:
        frames.append(socket.url)
        socket.on("framesent", lambda frame: frames.append(str(frame)))
        socket.on("framereceived", lambda frame: frames.append(str(frame)))

    page.on("websocket", opened)
    return frames
