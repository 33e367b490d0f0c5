"""How many sessions one user has on all devices, and which of them makes room."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.tabs import Connection
from multisession_app.multi_session.database.models import TOO_MANY_DEVICES, DeviceSession, SecurityEvent
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.options import SESSIONS_OF_USER_MAX
from multisession_app.multi_session.queries import ended_sessions
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.running import run
from tests.support.world import Clock, World


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three sessions be the most, so that four devices are enough."""
    monkeypatch.setattr(ended_sessions, "SESSIONS_OF_USER_MAX", 3)


def devices(clock: Clock, client: Callable[..., Browser], count: int) -> list[Browser]:
    """Sign Ada in on so many devices, a minute apart, and return them."""
    browsers = [client() for _ in range(count)]
    for number, browser in enumerate(browsers):
        clock.advance(minutes=1)
        (browser.sign_in if number else browser.sign_up)("ada")
        browser.names()
    return browsers


def who_is_in(browsers: list[Browser]) -> list[bool]:
    """Return on which of these Ada is signed in."""
    return [browser.names() == ["ada"] for browser in browsers]


@pytest.mark.standard("ASVS 7.1.2")
@pytest.mark.usefixtures("three")
def test_session_used_longest_ago_makes_room(clock: Clock, client: Callable[..., Browser], world: World) -> None:
    """Used, not signed in; nobody goes below the maximum, nor where one signs in again."""
    first, second, third = devices(clock, client, 3)
    clock.advance(minutes=1)
    assert who_is_in([first, third]) == [True, True]
    third.sign_in("ada")
    assert who_is_in([first, second, third]) == [True, True, True]
    clock.advance(minutes=2)
    first.post("/multi-session/set-active", {"sessionId": first.listed()[0]["id"]})
    third.post("/multi-session/set-active", {"sessionId": third.listed()[0]["id"]})
    fourth = client()
    fourth.sign_in("ada")
    assert who_is_in([first, second, third, fourth]) == [True, False, True, True]
    (ended,) = [row for row in world.rows(DeviceSession) if row.revoked_reason == TOO_MANY_DEVICES]
    assert ended.revoked_at == clock.now
    # As after any end from another device: a browser that is out of sight does not keep the e-mail.
    assert world.device(second.secret).remembered == ()


@pytest.mark.usefixtures("three")
def test_other_accounts_are_not_concerned(clock: Clock, client: Callable[..., Browser]) -> None:
    """Neither on the device that makes room, where the one used before takes over, nor where somebody signs in."""
    first, other = client(), client()
    first.sign_up("bob")
    first.names()
    first.sign_up("ada")
    other.sign_up("cleo")
    other.names()
    for _ in range(2):
        clock.advance(minutes=1)
        client().sign_in("ada")
    other.sign_in("ada")
    assert (first.names(), other.names()) == (["bob"], ["ada", "cleo"])


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("how", ["ended", "expired", "idle"])
def test_what_is_not_valid_takes_no_room(
    kit_with: Callable[..., MultiSession], client: Callable[..., Browser], clock: Clock, world: World, how: str
) -> None:
    """And nobody reads that it made room."""
    kit = kit_with(idle_timeout=timedelta(hours=1), session_timeout=timedelta(days=1))
    old = devices(clock, lambda: client(kit), 3)
    if how == "ended":
        old[1].post("/sign-out")
    clock.advance(**{"ended": {"minutes": 0}, "expired": {"days": 1}, "idle": {"hours": 2}}[how])
    client(kit).sign_in("ada")
    assert TOO_MANY_DEVICES not in {row.revoked_reason for row in world.rows(DeviceSession)}


@pytest.mark.usefixtures("three")
def test_sign_ins_on_many_devices_at_the_same_time_keep_the_maximum(
    client: Callable[..., Browser], world: World
) -> None:
    """All are let in, one after the other, and three stay."""
    browsers = [client(address=f"198.51.100.{number}") for number in range(16)]
    browsers[0].sign_up("ada")
    body = {"email": email_of("ada"), "password": PASSWORD}

    async def all_at_once() -> list[int]:
        answers = await asyncio.gather(*(browser.send("POST", "/sign-in/email", json=body) for browser in browsers))
        return [answer.status_code for answer in answers]

    assert run(all_at_once()) == [200] * 16
    assert sum(who_is_in(browsers)) == 3
    assert sum(row.revoked_at is None for row in world.rows(DeviceSession)) == 3


@pytest.mark.usefixtures("three")
def test_tabs_of_the_session_that_made_room_are_told_at_once(
    clock: Clock,
    client: Callable[..., Browser],
    multi_session: MultiSession,
    world: World,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No other's is moved; the log and the owner's recent activity say what happened, and from where."""
    browsers = devices(clock, client, 3)
    tabs = [Connection.of("t") for _ in browsers]
    for tab, browser in zip(tabs, browsers, strict=True):
        multi_session.tabs.add(tab)
        run(multi_session.devices.bind(tab, browser.secret_hash))
    clock.advance(minutes=1)
    caplog.set_level(logging.INFO)
    client(address="198.51.100.7").sign_in("ada")
    assert [tab.kicked.is_set() for tab in tabs] == [True, False, False]
    told = [row for row in world.rows(SecurityEvent) if row.kind == TOO_MANY_DEVICES]
    assert [(row.session_id, row.ip_address) for row in told] == [(tabs[0].session_id, "198.51.100.7")]
    assert [line for line in caplog.messages if line.startswith(f"{TOO_MANY_DEVICES}: user ")]


@pytest.mark.standard("ASVS 7.1.2")
def test_a_hundred_are_the_most(world: World) -> None:
    """The first of a hundred and one makes room."""
    ada = world.user("ada")
    opened = []
    for _ in range(SESSIONS_OF_USER_MAX + 1):
        world.clock.advance(seconds=1)
        opened.append(world.sign_in(None, ada))
    valid = [row.id for row in world.rows(DeviceSession) if row.revoked_at is None]
    assert len(valid) == SESSIONS_OF_USER_MAX == 100
    assert opened[0].session.id not in valid


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """Return the list of what is sent to the database."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.sqlite
def test_counting_reads_only_sessions_in_use(world: World, database: Database, statements: list[str]) -> None:
    """However many have ended: by the index of those that are in use and not expired."""
    world.sign_in(None, world.user("ada"))
    (counting,) = [
        one for one in statements if one.startswith("UPDATE multi_session_device_session") and "OFFSET" in one
    ]
    with database.engine.connect() as connection:
        plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + counting, ("1",) * counting.count("?")).all()
    steps = [str(step[-1]) for step in plan]
    assert [step for step in steps if "ix_multi_session_in_use (user_id=? AND expires_at>?)" in step], steps
    assert not [step for step in steps if step.startswith("SCAN")], steps
