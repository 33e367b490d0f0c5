"""Two holders of one device's cookie are told apart from one browser, and then nobody keeps anything."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from multisession_app.multi_session.actions import schedule
from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.tabs import Connection
from multisession_app.multi_session.database.models import (
    OUTDATED_COOKIE,
    THEFT,
    Device,
    DeviceSession,
    SecurityEvent,
)
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.errors import SessionChanged
from multisession_app.multi_session.options import ANSWER_ON_ITS_WAY, SECRET_GRACE
from multisession_app.multi_session.security.origins import Source
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.running import run
from tests.support.world import Clock, World

NEW = {"currentPassword": PASSWORD, "newPassword": PASSWORD + " 2"}


@pytest.fixture
def thief(visitor: Browser) -> Browser:
    """Return a copy of the cookie of Ada's browser, at another address."""
    visitor.sign_up("ada")
    visitor.names()
    thief = visitor.copy()
    thief.address = "203.0.113.9"
    return thief


def outlive_grace(clock: Clock) -> None:
    """Wait until a replaced cookie is dead."""
    clock.now += SECRET_GRACE


def ends(world: World) -> list[str | None]:
    """Return why each session ended."""
    return [row.revoked_reason for row in world.rows(DeviceSession)]


def kinds(browser: Browser) -> list[tuple[str, str]]:
    """Return what the active account's security activity says, newest first, and from which address."""
    events = browser.get("/list-security-events").json()["events"]
    return [(event["kind"], event["ipAddress"]) for event in events]


def connect(kit: MultiSession, browser: Browser, tab: str = "tab") -> Connection:
    """Open a tab's socket."""
    connection = Connection.of(tab)
    kit.tabs.add(connection)
    run(kit.devices.bind(connection, browser.secret_hash))
    return connection


def test_thief_who_signs_in_on_a_copy_does_not_keep_the_owners_account(
    visitor: Browser, thief: Browser, world: World, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The owner comes back with her cookie, which is dead; at his next use all is over, and everybody reads why."""
    thief.sign_up("mallory")
    assert sorted(thief.names()) == ["ada", "mallory"]
    outlive_grace(clock)
    assert visitor.names() == [], "nobody knows yet whether it is more than a restored profile"
    assert ends(world) == [None, None]
    clock.advance(seconds=1)
    with caplog.at_level(logging.WARNING):
        assert thief.names() == []
    assert ends(world) == [THEFT, THEFT]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "203.0.113.9" in caplog.text
    for secret in (visitor.secret, thief.secret, visitor.secret_hash, thief.secret_hash):
        assert secret not in caplog.text
    clock.advance(seconds=1)
    for name, browser in (("ada", visitor), ("mallory", thief)):
        browser.sign_in(name)
        assert kinds(browser)[1:3] == [(THEFT, "203.0.113.9"), (OUTDATED_COOKIE, "127.0.0.1")], "the thief's own too"


@pytest.mark.standard("OWASP Session 12", "OWASP Session 14")
def test_copy_that_comes_after_the_owner_has_a_newer_cookie_ends_all(
    visitor: Browser, thief: Browser, world: World, clock: Clock
) -> None:
    """The thief gets nothing by it, and the owner's next click says that there was one."""
    visitor.sign_up("bob")
    visitor.names()
    outlive_grace(clock)
    assert thief.names() == []
    clock.advance(seconds=1)
    assert visitor.names() == []
    assert ends(world) == [THEFT, THEFT]
    clock.advance(seconds=1)
    visitor.sign_in("ada")
    assert kinds(visitor)[1:3] == [(THEFT, "127.0.0.1"), (OUTDATED_COOKIE, "203.0.113.9")]


def test_thief_who_only_reads_with_the_newest_cookie_is_not_noticed(visitor: Browser, thief: Browser) -> None:
    """There is nothing to tell them apart by: until the next sign-in or password entry both have the same cookie."""
    assert thief.names() == visitor.names() == thief.names() == ["ada"]


def test_open_tabs_show_what_they_have_at_once(
    visitor: Browser, thief: Browser, multi_session: MultiSession, clock: Clock
) -> None:
    """The thief's tab does not have to be used: it is called back, brings the newer cookie, and both hear of it."""
    thief.sign_up("mallory")
    thief.names()
    his = connect(multi_session, thief, "his")
    outlive_grace(clock)
    hers = connect(multi_session, visitor, "hers")
    assert his.kicked.is_set()
    assert (hers.lost_device != "", hers.is_stolen, hers.kicked.is_set()) == (True, False, False)
    back = connect(multi_session, thief, "his")
    assert (back.session_id, back.is_stolen) == ("", True)
    assert hers.kicked.is_set()
    assert connect(multi_session, visitor, "hers").is_stolen


def test_tab_that_nobody_touches_shows_its_old_cookie_after_the_grace(
    visitor: Browser, thief: Browser, multi_session: MultiSession, clock: Clock
) -> None:
    """The owner is away and left two tabs open: a minute after the thief's sign-in they find him."""
    thief.sign_up("mallory")
    thief.names()
    tabs = [connect(multi_session, visitor, name) for name in ("one", "two")]
    assert {tab.session_id for tab in tabs} != {""}
    run(schedule.tell_expired(multi_session))
    assert not any(tab.kicked.is_set() for tab in tabs)
    outlive_grace(clock)
    run(schedule.tell_expired(multi_session))
    assert all(tab.kicked.is_set() for tab in tabs)


def test_users_other_devices_read_their_lists_anew(
    visitor: Browser, thief: Browser, client: Callable[..., Browser], multi_session: MultiSession, clock: Clock
) -> None:
    """And stay signed in: their cookies are their own."""
    phone = client()
    phone.sign_in("ada")
    told: list[str] = []

    async def refresh(connection: Connection) -> None:
        told.append(connection.identity.tab)

    multi_session.tabs.refresh = refresh
    connect(multi_session, phone, "phone")
    visitor.sign_up("bob")
    visitor.names()
    outlive_grace(clock)
    thief.names()
    told.clear()
    visitor.names()
    assert told == ["phone"]
    assert phone.names() == ["ada"]


def test_socket_that_missed_the_message_acts_no_more(
    visitor: Browser,
    thief: Browser,
    elsewhere: Callable[[Browser], Browser],
    multi_session: MultiSession,
    clock: Clock,
    world: World,
) -> None:
    """It was opened with the newer cookie before another process met the dead one: its next event does nothing."""
    thief.sign_up("mallory")
    thief.names()
    his = connect(multi_session, thief)
    outlive_grace(clock)
    assert elsewhere(visitor).names() == []
    assert not his.kicked.is_set()
    assert run(multi_session.devices.reread(his.identity.device, his.identity.generation)) is None
    assert ends(world) == [None, None], "a socket proves what its cookie was, not who has it now"


def test_event_of_a_socket_that_was_opened_before_is_no_use_of_a_dead_cookie(
    visitor: Browser, multi_session: MultiSession, world: World, clock: Clock
) -> None:
    """A tab that slept has only to come back: its browser has the newer cookie."""
    visitor.sign_up("ada")
    visitor.names()
    tab = connect(multi_session, visitor)
    visitor.sign_up("bob")
    visitor.names()
    outlive_grace(clock)
    assert run(multi_session.devices.reread(tab.identity.device, tab.identity.generation)) is None
    assert connect(multi_session, visitor).session_id != ""
    assert ends(world) == [None, None]


def test_lost_answer_is_no_theft(visitor: Browser, world: World, clock: Clock) -> None:
    """The newer cookie never reached the browser, so nobody uses it and the old one lives."""
    visitor.sign_up("ada")
    visitor.names()
    for name in ("bob", "cleo"):
        lost = visitor.copy()
        lost.sign_up(name)
        clock.now += max(SECRET_GRACE, ANSWER_ON_ITS_WAY)
        assert visitor.names() == ["ada"]
    visitor.sign_up("dora")
    assert visitor.names() == ["dora", "ada"]
    outlive_grace(clock)
    assert visitor.names() == ["dora", "ada"]
    assert THEFT not in ends(world)


@pytest.mark.parametrize("is_final", [False, True], ids=["sign-in", "password change"])
def test_requests_of_other_tabs_that_were_on_their_way_are_no_theft(
    visitor: Browser, world: World, clock: Clock, is_final: bool
) -> None:
    """Up to the last second of the grace, which is counted for them also where the cookie died without one."""
    visitor.sign_up("ada")
    visitor.names()
    late = visitor.copy()
    if is_final:
        assert visitor.post("/change-password", NEW).status_code == 200
    else:
        visitor.sign_up("bob")
    here = visitor.names()
    for seconds in (0, SECRET_GRACE.total_seconds() - 1):
        clock.advance(seconds=seconds)
        assert late.names() == ([] if is_final else ["ada"])
        assert visitor.names() == here
    assert world.rows(Device)[0].reused_generation is None


def test_copy_from_before_a_password_change_is_theft_after_the_grace(
    visitor: Browser, thief: Browser, world: World, clock: Clock
) -> None:
    """The password change has taken it out of his hands; that he still has it is told."""
    assert visitor.post("/change-password", NEW).status_code == 200
    visitor.names()
    outlive_grace(clock)
    assert thief.names() == []
    assert visitor.names() == []
    assert ends(world) == [THEFT]


def test_request_that_came_in_time_and_waited_here_is_no_theft(
    visitor: Browser, thief: Browser, world: World, clock: Clock
) -> None:
    """Its body came slowly, and the cookie is looked up behind it: what counts is when its headers were there."""
    late = thief
    visitor.sign_up("bob")
    visitor.names()
    clock.now += SECRET_GRACE - timedelta(seconds=1)

    async def body() -> AsyncIterator[bytes]:
        clock.advance(minutes=5)
        yield b'{"sessionId": "x"}'

    def send() -> int:
        path, json = "/multi-session/set-active", {"Content-Type": "application/json"}
        return late.ask("POST", path, json, content=body()).status_code

    assert send() == 401
    assert visitor.names() == ["bob", "ada"]
    assert send() == 401
    assert visitor.names() == []


def test_restored_profile_is_refused_and_no_theft(
    visitor: Browser, thief: Browser, multi_session: MultiSession, world: World, clock: Clock
) -> None:
    """A backup, or a crash before the cookie was on the disk: the newer one is gone, and the person signs in again."""
    restored = thief
    visitor.sign_up("bob")
    visitor.names()
    outlive_grace(clock)
    tabs = [connect(multi_session, restored, name) for name in ("one", "two")]
    assert [(tab.session_id, tab.is_stolen) for tab in tabs] == [("", False)] * 2
    for _ in range(3):
        assert restored.names() == []
        clock.advance(days=1)
    restored.sign_in("ada")
    assert restored.names() == ["ada"]
    assert THEFT not in ends(world)
    assert kinds(restored)[1][0] == OUTDATED_COOKIE


def test_dead_cookie_shown_a_thousand_times_is_noted_once(
    visitor: Browser,
    thief: Browser,
    multi_session: MultiSession,
    world: World,
    clock: Clock,
    times: Callable[[int], int],
) -> None:
    """It calls the owner's tabs back once: else who has one could keep them from working for ever."""
    visitor.sign_up("bob")
    visitor.names()
    tab = connect(multi_session, visitor)
    outlive_grace(clock)
    thief.names()
    assert tab.kicked.is_set()
    tab.kicked.clear()
    before = world.everything()
    for _ in range(times(1000)):
        assert thief.names() == []
    assert world.everything() == before
    assert not tab.kicked.is_set()


@pytest.mark.standard("OWASP Session 12")
def test_nothing_more_happens_after_theft_was_found(
    visitor: Browser, thief: Browser, multi_session: MultiSession, world: World, clock: Clock
) -> None:
    """The way back is the password, to another cookie, of which the old copies know nothing."""
    visitor.sign_up("bob")
    visitor.names()
    old = visitor.copy()
    outlive_grace(clock)
    thief.names()
    visitor.names()
    visitor.sign_in("ada")
    visitor.names()
    tab = connect(multi_session, visitor)
    before = world.everything()
    for _ in range(3):
        outlive_grace(clock)
        assert thief.names() == old.names() == []
    assert world.everything() == before
    assert not tab.kicked.is_set()
    assert visitor.names() == ["ada"]


def test_two_who_come_at_once_end_it_once(visitor: Browser, thief: Browser, world: World, clock: Clock) -> None:
    """Twenty dead and twenty newer ones at the same moment: each account gets each line once."""
    visitor.sign_up("bob")
    visitor.names()
    outlive_grace(clock)

    async def all_at_once() -> None:
        await asyncio.gather(*(one.send("GET", "/get-session") for one in (thief, visitor) * 20))

    run(all_at_once())
    assert visitor.names() == []
    assert ends(world) == [THEFT, THEFT]
    told = [event.kind for event in world.rows(SecurityEvent) if event.kind in {THEFT, OUTDATED_COOKIE}]
    assert sorted(told) == [OUTDATED_COOKIE] * 2 + [THEFT] * 2


def test_sign_in_that_runs_when_theft_is_found_opens_nothing(
    visitor: Browser, thief: Browser, multi_session: MultiSession, world: World, clock: Clock
) -> None:
    """The thief had shown the newer cookie a moment before, and his password was being hashed."""
    visitor.sign_up("bob")
    visitor.names()
    outlive_grace(clock)
    held = run(multi_session.devices.find(visitor.secret_hash))
    thief.names()
    visitor.names()
    before = world.everything()
    with pytest.raises(SessionChanged):
        run(
            multi_session.authentication.sign_in(
                held, email=email_of("bob"), password=PASSWORD, source=Source("", "203.0.113.9")
            )
        )
    assert world.everything() == before


def test_server_whose_clock_is_behind_does_not_take_the_outdated_cookie_for_the_newer_one(
    visitor: Browser, thief: Browser, world: World, clock: Clock
) -> None:
    """There it has not died yet; it is still the older of the two."""
    visitor.sign_up("bob")
    visitor.names()
    outlive_grace(clock)
    assert thief.names() == []
    clock.advance(seconds=-2)
    assert thief.names() == ["ada"]
    assert ends(world) == [None, None]
    assert visitor.names() == []
    assert visitor.names() == thief.names() == [], "nor is one that theft has ended taken for alive"


@pytest.mark.sqlite
def test_thief_cannot_replace_the_cookie_until_the_owners_is_forgotten(
    visitor: Browser, thief: Browser, world: World, clock: Clock
) -> None:
    """However often he signs in, hers is still known to be one that was replaced."""
    for number in range(20):
        thief.sign_up(f"mallory{number}")
        thief.names()
        outlive_grace(clock)
    visitor.names()
    assert thief.names() == []
    assert THEFT in ends(world)


@pytest.mark.sqlite
def test_dead_cookie_is_looked_up_by_indexes(
    visitor: Browser, thief: Browser, database: Database, clock: Clock
) -> None:
    """In two statements, of which none reads a table from end to end."""
    visitor.sign_up("bob")
    visitor.names()
    outlive_grace(clock)
    thief.names()
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    thief.get("/get-session")
    event.remove(database.engine, "before_cursor_execute", note)
    selects = [statement for statement in sent if statement.startswith("SELECT")]
    assert len(selects) == len(sent) - sent.count("BEGIN") == 2, sent
    with database.engine.connect() as connection:
        for statement in selects:
            plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, ("1",) * statement.count("?")).all()
            assert not [step for step in plan if str(step[-1]).startswith("SCAN")], (statement, plan)
