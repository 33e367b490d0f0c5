"""What the other devices of an account see, and can still do, once it has been ended from one of them."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.devices import NOTES, Device, notes_of
from tests.support.people import (
    WORDS,
    Person,
    draft,
    expect_account,
    expect_notice,
    expect_signed_out,
    join,
    post,
    session_ids,
)
from tests.support.secrecy import FIREFOX, NewContext, sign_in_on
from tests.support.server import Server

NewDevice = Callable[[], Device]
NOTE = "Only Ada knows"
ENDS = ["revoke-session", "revoke-other-sessions", "revoke-sessions", "change-password", "delete-user"]
SAID = {
    "revoke-session": WORDS.signed_out_elsewhere,
    "revoke-other-sessions": WORDS.signed_out_elsewhere,
    "revoke-sessions": WORDS.signed_out_everywhere,
    "change-password": WORDS.password_changed,
    "delete-user": WORDS.account_gone,
}


def body_of(end: str, ada: Person, session_id: str) -> dict[str, object]:
    """Make what is posted to end a session elsewhere."""
    if end == "revoke-session":
        return {"token": session_id}
    if end == "change-password":
        return {"currentPassword": ada.password, "newPassword": ada.password + "!", "revokeOtherSessions": True}
    return {"password": ada.password} if end == "delete-user" else {}


def said(end: str) -> re.Pattern[str]:
    """Find the notice: who, from which device, and when; of a deleted account nothing is left to tell."""
    text = SAID[end].format(name="Ada", device="Firefox on Windows")
    return re.compile(re.escape(text) + ("" if end == "delete-user" else r".*(now|seconds? ago|minutes? ago)"))


@pytest.fixture
def ada(new_context: NewContext, base_url: str) -> Person:
    """Ada, who has an account."""
    return join(new_context(), base_url, "Ada")[0]


@pytest.fixture
def here(new_context: NewContext, base_url: str, ada: Person) -> BrowserContext:
    """The device from which she ends the others."""
    return sign_in_on(new_context(user_agent=FIREFOX), base_url, ada)


def end_from(here: BrowserContext, base_url: str, end: str, ada: Person, session_id: str) -> None:
    """End it, over HTTP."""
    answer = post(here, base_url, f"/{end}", body_of(end, ada, session_id))
    assert answer.ok, answer.text()


@pytest.mark.standard("ASVS 6.3.7")
@pytest.mark.parametrize("end", ENDS)
def test_every_tab_there_says_why_and_shows_nothing_of_the_account(
    context: BrowserContext, base_url: str, ada: Person, here: BrowserContext, end: str
) -> None:
    """Without a click or a reload; nobody is left there, so that the way to sign in is."""
    sign_in_on(context, base_url, ada)
    tabs = [context.new_page() for _ in range(2)]
    for tab in tabs:
        tab.goto("/")
        expect_account(tab, ada)
    tabs[0].get_by_label("New note").fill(NOTE)
    tabs[0].get_by_role("button", name="Save note").click()
    tabs[1].reload()
    for tab in tabs:
        expect(tab.get_by_text(NOTE)).to_be_visible()
    end_from(here, base_url, end, ada, session_ids(context, base_url)[ada.email])
    for tab in tabs:
        expect(tab.get_by_role("status").filter(has_text=said(end))).to_be_visible()
        expect_signed_out(tab)
        expect(tab.get_by_text(NOTE)).to_have_count(0)
        expect(tab.get_by_text(ada.email)).to_have_count(0)


@pytest.mark.parametrize("end", ENDS)
def test_another_account_there_takes_over(
    context: BrowserContext, base_url: str, ada: Person, here: BrowserContext, end: str
) -> None:
    """With the reason, and with the name of who is there now; on the same socket."""
    (grace,) = join(context, base_url, "Grace")
    sign_in_on(context, base_url, ada)
    page = context.new_page()
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto("/")
    expect_account(page, ada)
    end_from(here, base_url, end, ada, session_ids(context, base_url)[ada.email])
    expect_account(page, grace)
    expect(page.get_by_role("status").filter(has_text=said(end))).to_be_visible()
    expect_notice(page, "You are now using Grace.")
    assert len(sockets) == 1


@pytest.mark.parametrize("end", ENDS)
def test_the_tabs_of_another_account_there_are_left_alone(
    context: BrowserContext, base_url: str, ada: Person, here: BrowserContext, end: str
) -> None:
    """Same document, same socket, the draft as it was, no notice; only the list of accounts is right."""
    sign_in_on(context, base_url, ada)
    (grace,) = join(context, base_url, "Grace")
    page = context.new_page()
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto("/settings/account")
    rows = page.get_by_role("list", name=WORDS.manage_accounts).get_by_role("listitem")
    expect(rows).to_have_count(2)
    page.get_by_label(WORDS.name, exact=True).fill("Half a name")
    end_from(here, base_url, end, ada, session_ids(context, base_url)[ada.email])
    expect(rows).to_have_count(1)
    expect_account(page, grace)
    expect(page.get_by_label(WORDS.name, exact=True)).to_have_value("Half a name")
    expect(page.get_by_role("status").get_by_text("Ada")).to_have_count(0)
    assert len(sockets) == 1


@pytest.mark.standard("ASVS 7.4.1")
@pytest.mark.parametrize("end", ENDS)
def test_an_old_socket_that_goes_on_gets_nothing_and_changes_nothing(
    server: Server, new_device: NewDevice, ada: Person, here: BrowserContext, base_url: str, end: str
) -> None:
    """A client that keeps it open, never says that it shows anything else, and sends events for the account."""
    there = new_device()
    there.post("/sign-in/email", {"email": ada.email, "password": ada.password}).raise_for_status()
    (session_id,) = there.sessions().values()
    with there.tab() as tab:
        told = [uuid.uuid4().hex for _ in range(3)]
        tab.save(told[0])
        before = len(tab.received)
        end_from(here, base_url, end, ada, session_id)
        for text in told[1:]:
            try:
                tab.send(f"{NOTES}.set_draft", {"text": text})
                tab.send(f"{NOTES}.add")
                tab.send(f"{NOTES}.load")
                tab.read_for(0.5)
            except Exception as error:
                assert "Closed" in type(error).__name__, error
        assert not [m for m in tab.received[before:] if any(word in str(m) for word in (ada.email, *told))]
    assert notes_of(server, ada) == ([] if end == "delete-user" else told[:1])
    with there.tab() as again:
        assert again.session_id == ""


@pytest.mark.parametrize("end", ENDS)
def test_a_tab_that_was_away_says_it_before_it_shows_anything(
    context: BrowserContext, base_url: str, ada: Person, here: BrowserContext, end: str, page: Page
) -> None:
    """Its line was cut when it happened; it comes back to the reason, not to the account."""
    sign_in_on(context, base_url, ada)
    page.goto("/")
    expect_account(page, ada)
    draft(page, NOTE)
    context.set_offline(True)
    expect_notice(page, WORDS.offline)
    end_from(here, base_url, end, ada, session_ids(context, base_url)[ada.email])
    context.set_offline(False)
    expect(page.get_by_role("status").filter(has_text=said(end))).to_be_visible(timeout=20_000)
    expect_signed_out(page)
    expect(page.get_by_text(NOTE)).to_have_count(0)
