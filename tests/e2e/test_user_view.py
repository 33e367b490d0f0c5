"""How a user is shown: by picture or initials, and with a name and an e-mail that may be longer than the room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.support.devices import change_behind_its_back
from tests.support.people import WORDS, Person, expect_account, join, open_accounts, post, session_ids, user_button
from tests.support.running import until
from tests.support.server import Server

NewContext = Callable[..., BrowserContext]
PICTURE = "https://pictures.example.com/ada"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8" fill="red"/></svg>'
LONG_NAME = "Adalbertina-Wilhelmina Konstantinopolitanskaja-Featherstonehaugh"
LONG_PLACE = "a-department.of-an-institute.with-a-very-long-name.example.com"

# Of every text that is cut: the text, and what its title says. Lines that are cut at the end, or after some lines.
CUT = """() => [...document.querySelectorAll("*")].filter((element) => {
  const style = getComputedStyle(element);
  if (!element.checkVisibility() || style.overflow === "visible" || element.matches("input, textarea")) return false;
  const isLine = style.textOverflow === "ellipsis" && element.scrollWidth > element.clientWidth;
  return isLine || (style.webkitLineClamp !== "none" && element.scrollHeight > element.clientHeight);
}).map((element) => [element.textContent, element.closest("[title]")?.title ?? ""])"""

# Of every button and link that a box cuts off at its right edge: what is on it.
CUT_OFF = """() => [...document.querySelectorAll("main :is(button, a)")].filter((control) => {
  for (let box = control.parentElement; box; box = box.parentElement)
    if (getComputedStyle(box).overflowX !== "visible"
        && control.getBoundingClientRect().right > box.getBoundingClientRect().right) return true;
  return false;
}).map((control) => control.textContent)"""


def avatar(place: Page | Locator) -> Locator:
    """Find the circles: decoration beside a name, so they have no role."""
    return place.locator(".rt-AvatarRoot")


@pytest.fixture
def ada(page: Page, context: BrowserContext, base_url: str) -> Iterator[Person]:
    """Somebody with a picture, at an address that each test answers in its way."""
    [ada] = join(context, base_url, "Ada Lovelace")
    body = {"name": ada.name, "image": PICTURE}
    assert post(context, base_url, "/update-user", body).ok
    yield ada
    # Else a request that was left unanswered would be one of the next test.
    page.unroute_all(behavior="ignoreErrors")


def expect_initials(page: Page) -> None:
    """See initials in the header and in the card, and no picture, not even a broken one."""
    page.goto("/settings/account")
    for circle in (avatar(user_button(page)), avatar(page.get_by_role("main")).first):
        expect(circle).to_have_text("AL")
    expect(page.locator("img")).to_have_count(0)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "content_type": "text/html", "body": "no such picture"},
        {"status": 200, "content_type": "text/html", "body": "<p>not a picture"},
        {"status": 200, "content_type": "image/png", "body": "not a picture either"},
        None,
    ],
    ids=["not found", "a page", "broken", "unreachable"],
)
def test_a_broken_picture_is_replaced_by_the_initials(page: Page, ada: Person, answer: dict[str, Any] | None) -> None:
    """Whatever is wrong with it."""
    page.route(PICTURE, lambda route: route.fulfill(**answer) if answer else route.abort())
    with page.expect_request(PICTURE):
        expect_initials(page)


def test_a_picture_is_shown_once_it_is_there(page: Page, ada: Person) -> None:
    """Not before, and instead of the initials; meanwhile the circle is there, without a sign of something broken."""
    waiting: list[Route] = []
    is_there = False

    def answer(route: Route) -> None:
        if is_there:
            route.fulfill(content_type="image/svg+xml", body=DRAWING)
        else:
            waiting.append(route)

    page.route(PICTURE, answer)
    page.goto("/settings/account")
    expect_account(page, ada)
    circle = avatar(user_button(page))
    expect(circle).to_be_visible()
    expect(page.locator("img")).to_have_count(0)
    until(lambda: page.evaluate("true") and waiting, "the browser to ask for the picture")
    is_there = True
    for route in waiting:
        answer(route)
    expect(circle.locator("img")).to_be_visible()
    expect(circle).to_have_text("")
    assert circle.locator("img").evaluate("(img) => img.complete && img.naturalWidth") == 8


def test_no_picture_needs_no_request(page: Page, context: BrowserContext, base_url: str) -> None:
    """Initials from the start."""
    join(context, base_url, "Ada Lovelace")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.resource_type == "image" else None)
    expect_initials(page)
    assert asked == []


@pytest.mark.parametrize("width", [1280, 320])
def test_what_is_cut_stands_whole_in_the_title(
    new_context: NewContext, server: Server, base_url: str, width: int
) -> None:
    """Names and e-mails, in the header, the menus, the cards and on the sign-in page; no button is cut at all."""
    context = new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    signed_out, other, active = (Person(f"{LONG_NAME} {nth}") for nth in ("First", "Second", "Third"))
    people = [
        Person(person.name, email=person.email.replace("example.com", LONG_PLACE))
        for person in (signed_out, other, active)
    ]
    for person in people:
        body = {"name": person.name, "email": person.email, "password": person.password}
        assert post(context, base_url, "/sign-up/email", body).ok
    change_behind_its_back(server, session_ids(context, base_url)[people[0].email], "expires_at = created_at")
    names_and_emails = {text for person in people for text in (person.name, person.email)}
    whole = names_and_emails | {WORDS.continue_as.format(name=people[2].name)}
    for path in ("/", "/settings/account", "/auth/sign-in", "/auth/sign-in?add=1"):
        page.goto(path)
        expect_account(page, people[2])
        if path == "/":
            open_accounts(page)
            expect(page.get_by_role("menuitemradio")).to_have_count(3)
        assert page.evaluate(CUT_OFF) == []
        found = page.evaluate(CUT)
        for text, title in found:
            assert text in whole
            assert title == text
        if path == "/":
            cut = {text for text, _ in found}
            assert cut >= {each for person in people for each in (person.name, person.email)}, "all three in the menu"
        # The menu's head, the rows of the card or of the chooser: whatever has no room must have been found.
        assert found or (path, width) == ("/auth/sign-in?add=1", 1280), path
