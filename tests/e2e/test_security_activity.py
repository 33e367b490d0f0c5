"""What has happened to an account, as its owner reads it."""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from multisession_app.multi_session.options import SECURITY_EVENTS_PAGE
from tests.support.people import WORDS, Person, join, post
from tests.support.running import until
from tests.support.secrecy import FIREFOX, NewContext, activity, open_security, revoke, sessions, sign_in_on
from tests.support.server import Server


@pytest.fixture
def ada(context: BrowserContext, base_url: str) -> Person:
    """Ada, signed in on this browser."""
    return join(context, base_url, "Ada")[0]


@pytest.mark.standard("ASVS 6.3.5", "OWASP Session 15")
def test_a_sign_in_on_a_new_device_stands_out(page: Page, new_context: NewContext, ada: Person, base_url: str) -> None:
    """By itself, on the page that is open; the second one there is nothing special, nor is the sign-up."""
    open_security(page)
    expect(activity(page)).to_have_count(1)
    expect(activity(page).first).to_contain_text(WORDS.event_signed_up)
    other = sign_in_on(new_context(user_agent=FIREFOX), base_url, ada)
    expect(activity(page)).to_have_count(2)
    expect(activity(page).first).to_contain_text(WORDS.event_signed_in)
    expect(activity(page).first).to_contain_text("Firefox on Windows")
    expect(activity(page).first).to_contain_text(WORDS.new_device)
    sign_in_on(other, base_url, ada)
    expect(activity(page)).to_have_count(3)
    expect(page.get_by_text(WORDS.new_device)).to_have_count(1)


def test_who_has_signed_a_device_out_is_said(page: Page, new_context: NewContext, ada: Person, base_url: str) -> None:
    """Which one, and from which."""
    sign_in_on(new_context(user_agent=FIREFOX), base_url, ada)
    open_security(page)
    revoke(page, "Firefox on Windows").click()
    expect(sessions(page)).to_have_count(1)
    row = activity(page).filter(has_text=WORDS.event_revoked_elsewhere)
    expect(row).to_contain_text("Firefox on Windows")
    expect(row).to_contain_text("by HeadlessChrome on Linux")


def events_of(server: Server, person: Person) -> int:
    """Count in the database what is written of a person."""
    query = (
        "select count(*) from multi_session_security_event join multi_session_user u on u.id = user_id where email = ?"
    )
    with closing(sqlite3.connect(server.database)) as db:
        return int(db.execute(query, [person.email]).fetchone()[0])


def test_older_events_come_on_demand_and_stay(
    page: Page, context: BrowserContext, new_context: NewContext, ada: Person, base_url: str, server: Server
) -> None:
    """A page at a time, each once, however often the button is clicked; what happens meanwhile comes on top."""
    for _ in range(SECURITY_EVENTS_PAGE + 4):
        assert post(context, base_url, "/reauthenticate", {"password": "wrong"}).status == 400
    # The last are written a little after their answers.
    until(lambda: events_of(server, ada) == SECURITY_EVENTS_PAGE + 5, "the last event")
    open_security(page)
    expect(activity(page)).to_have_count(SECURITY_EVENTS_PAGE)
    expect(activity(page).first).to_contain_text(WORDS.event_failed_sign_in)
    more = page.get_by_role("button", name=WORDS.show_more)
    more.dblclick()
    expect(activity(page)).to_have_count(SECURITY_EVENTS_PAGE + 5)
    expect(activity(page).last).to_contain_text(WORDS.event_signed_up)
    expect(more).to_have_count(0)
    sign_in_on(new_context(user_agent=FIREFOX), base_url, ada)
    expect(activity(page)).to_have_count(SECURITY_EVENTS_PAGE + 6)
    expect(activity(page).first).to_contain_text(WORDS.new_device)
