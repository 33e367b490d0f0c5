"""The sign-in and sign-up forms: what they say when something is wrong, and what they never give away."""

import re
from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, WebSocketRoute, expect

from tests.support.people import (
    WORDS,
    Person,
    expect_account,
    expect_refusal,
    expect_signed_out,
    fill_sign_in,
    fill_sign_up,
    join,
    record_frames,
    submit_sign_in,
    submit_sign_up,
)

NewContext = Callable[..., BrowserContext]
SIGN_IN = "**/api/auth/sign-in/email"
GET_SESSION = "**/api/auth/get-session"
FORMS = ["/auth/sign-in", "/auth/sign-up"]


@pytest.fixture
def ada(new_context: NewContext, base_url: str) -> Person:
    """Someone with an account, who is not signed in on this browser."""
    return join(new_context(), base_url, "Ada")[0]


def test_a_wrong_password_is_told_from_nothing(page: Page, ada: Person) -> None:
    """A wrong password and an unknown e-mail get the same words; the e-mail stays, to be tried again."""
    page.goto("/auth/sign-in")
    fill_sign_in(page, ada, password="not the password of Ada")
    submit_sign_in(page)
    expect_refusal(page, WORDS.invalid_credentials)
    expect(page.get_by_label(WORDS.email, exact=True)).to_have_value(ada.email)
    fill_sign_in(page, Person("Nobody"))
    held: list[Route] = []
    page.route(SIGN_IN, lambda route: held.append(route), times=1)
    submit_sign_in(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    held.pop().continue_()
    expect_refusal(page, WORDS.invalid_credentials)
    fill_sign_in(page, ada)
    submit_sign_in(page)
    expect_account(page, ada)


@pytest.mark.standard("ASVS 6.2.7")
def test_password_managers_know_the_fields(page: Page) -> None:
    """By the autocomplete tokens of the HTML standard (WCAG 1.3.5)."""
    page.goto("/auth/sign-in")
    expect(page.get_by_label(WORDS.email, exact=True)).to_have_attribute("autocomplete", "username")
    expect(page.get_by_label(WORDS.password, exact=True)).to_have_attribute("autocomplete", "current-password")
    page.goto("/auth/sign-up")
    expect(page.get_by_label(WORDS.name, exact=True)).to_have_attribute("autocomplete", "name")
    expect(page.get_by_label(WORDS.email, exact=True)).to_have_attribute("autocomplete", "username")
    expect(page.get_by_label(WORDS.password, exact=True)).to_have_attribute("autocomplete", "new-password")


@pytest.mark.standard("ASVS 6.2.6")
def test_a_password_can_be_looked_at(page: Page) -> None:
    """The button beside the field shows what was typed and says that it does (ASVS 6.2.6)."""
    page.goto("/auth/sign-in")
    password = page.get_by_label(WORDS.password, exact=True)
    password.fill("opaque to all but me")
    expect(password).to_have_attribute("type", "password")
    eye = page.get_by_role("button", name=WORDS.show_password)
    eye.click()
    expect(password).to_have_attribute("type", "text")
    expect(eye).to_have_attribute("aria-pressed", "true")
    expect(password).to_have_value("opaque to all but me")


@pytest.mark.standard("ASVS 6.2.7", "NIST 3.1.1.2")
@pytest.mark.parametrize("form", FORMS)
def test_a_password_can_be_pasted(page: Page, form: str) -> None:
    """From where a password manager has put it."""
    page.goto(form)
    page.get_by_label(WORDS.email, exact=True).fill("out of a password manager")
    page.get_by_label(WORDS.email, exact=True).press("ControlOrMeta+a")
    page.get_by_label(WORDS.email, exact=True).press("ControlOrMeta+c")
    page.get_by_label(WORDS.password, exact=True).press("ControlOrMeta+v")
    expect(page.get_by_label(WORDS.password, exact=True)).to_have_value("out of a password manager")


def test_a_double_click_sends_once(page: Page) -> None:
    """Nobody signs up twice by clicking twice; Enter on top changes nothing."""
    posts: list[str] = []

    def count(request: Request) -> None:
        if request.method == "POST":
            posts.append(urlsplit(request.url).path)

    page.on("request", count)
    person = Person("Ada")
    page.goto("/auth/sign-up")
    fill_sign_up(page, person)
    page.get_by_role("button", name=WORDS.sign_up, exact=True).dblclick()
    expect_account(page, person)
    assert posts == ["/api/auth/sign-up/email"]


def test_a_lost_connection_is_said_and_survived(page: Page, context: BrowserContext, ada: Person) -> None:
    """Offline the form ends in a message, not in an endless wheel; online again the same form works."""
    page.goto("/auth/sign-in")
    fill_sign_in(page, ada)
    context.set_offline(True)
    submit_sign_in(page)
    expect_refusal(page, WORDS.unreachable)
    context.set_offline(False)
    submit_sign_in(page)
    expect_account(page, ada)


def test_a_slow_connection_is_given_up_in_words(page: Page, ada: Person) -> None:
    """No answer comes: the form waits its time, here a twentieth of it, and then can be sent again."""
    page.add_init_script(
        "const wait = AbortSignal.timeout; AbortSignal.timeout = (ms) => wait.call(AbortSignal, ms / 20)"
    )
    page.goto("/auth/sign-in")
    fill_sign_in(page, ada)
    page.route(SIGN_IN, lambda route: None)
    submit_sign_in(page)
    expect(page.get_by_role("button", name=WORDS.sign_in, exact=True)).to_be_disabled()
    expect_refusal(page, WORDS.unreachable)
    page.unroute(SIGN_IN)
    submit_sign_in(page)
    expect_account(page, ada)


@pytest.mark.parametrize("where", [SIGN_IN, GET_SESSION])
def test_an_answer_that_is_not_ours_is_said(page: Page, ada: Person, where: str) -> None:
    """A proxy's error page in place of the answer leaves a message and an enabled button."""
    page.goto("/auth/sign-in")
    fill_sign_in(page, ada)
    page.route(where, lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>", content_type="text/html"))
    submit_sign_in(page)
    expect_refusal(page, WORDS.unreachable)


def test_blocked_cookies_are_said(page: Page, context: BrowserContext, ada: Person) -> None:
    """A browser that does not keep the cookie gets a sentence that says so, not a page that is still signed out."""

    def forget(route: Route) -> None:
        context.clear_cookies()
        route.continue_()

    page.goto("/auth/sign-in")
    page.route(GET_SESSION, forget)
    fill_sign_in(page, ada)
    submit_sign_in(page)
    expect_refusal(page, WORDS.cookies_blocked)
    page.goto("/")
    expect_signed_out(page)


@pytest.mark.standard("ASVS 3.7.2")
def test_other_sites_are_never_next(page: Page, ada: Person, base_url: str) -> None:
    """`?next=` leads to a page of this site and to no other, however it is spelt."""
    for elsewhere in ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:0"]:
        page.goto(f"/auth/sign-in?add=1&next={quote(elsewhere, safe='')}")
        fill_sign_in(page, ada)
        submit_sign_in(page)
        page.wait_for_url(f"{base_url}/")
    page.goto("/auth/sign-in?add=1&next=/settings/account")
    fill_sign_in(page, ada)
    submit_sign_in(page)
    page.wait_for_url(re.compile(f"^{base_url}/settings/account/?$"))
    expect_account(page, ada)


def test_next_survives_a_click_that_the_server_has_not_heard_of(page: Page, base_url: str) -> None:
    """On a slow line the page's own address is known at once, what the server says of it only later."""
    is_slow = False
    waiting: list[Callable[[], None]] = []

    def pass_on(line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def to_server(frame: str | bytes) -> None:
            send = partial(server.send, frame)
            waiting.append(send) if is_slow else send()

        line.on_message(to_server)

    page.route_web_socket("**/_event/**", pass_on)
    page.goto("/settings/account")
    sign_in = page.get_by_role("main").get_by_role("link", name=WORDS.sign_in)
    expect(sign_in).to_be_visible()
    is_slow = True
    sign_in.click()
    page.get_by_role("link", name=WORDS.sign_up, exact=True).click()
    page.wait_for_url(f"{base_url}/auth/sign-up**")
    assert [path.rstrip("/") for path in parse_qs(urlsplit(page.url).query)["next"]] == ["/settings/account"]


def test_next_survives_the_way_over_sign_up(page: Page, base_url: str) -> None:
    """Who is asked to sign in, and signs up instead, still lands where they wanted to go."""
    person = Person("Ada")
    page.goto("/settings/account")
    page.get_by_role("main").get_by_role("link", name=WORDS.sign_in).click()
    page.get_by_role("link", name=WORDS.sign_up, exact=True).click()
    fill_sign_up(page, person)
    submit_sign_up(page)
    page.wait_for_url(re.compile(f"^{base_url}/settings/account/?$"))
    expect_account(page, person)


@pytest.mark.parametrize("form", FORMS)
def test_passwords_take_no_other_way_than_the_post(page: Page, ada: Person, form: str) -> None:
    """No address and no websocket frame has one, whether it was right or wrong."""
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.on("framenavigated", lambda frame: urls.append(frame.url))
    frames = record_frames(page)
    page.goto(form)
    if form == "/auth/sign-in":
        fill_sign_in(page, ada, password=f"wrong-{ada.password}")
        submit_sign_in(page)
        expect_refusal(page, WORDS.invalid_credentials)
        person = ada
        fill_sign_in(page, person)
        submit_sign_in(page)
    else:
        person = Person("Eve")
        fill_sign_up(page, person)
        submit_sign_up(page)
    expect_account(page, person)
    assert any(person.email in frame for frame in frames), "the frames were not seen at all"
    assert not [text for text in urls + frames if person.password in text]
