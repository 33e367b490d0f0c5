"""What is kept no longer goes, and nothing that something valid needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from multisession_app.multi_session.actions import schedule
from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.database.models import Device, DeviceSecret, DeviceSession, SecurityEvent, User
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.options import COOKIE_MAX_AGE, SECRET_GRACE
from multisession_app.multi_session.queries import retention as sweeping
from tests.support.browser import Browser
from tests.support.running import run
from tests.support.world import Clock, World

RETENTION = timedelta(days=90)


def sweep(kit: MultiSession) -> None:
    """Sweep to the end."""
    run(schedule.sweep_all(kit))


def test_fresh_rows_stay(visitor: Browser, multi_session: MultiSession, world: World, clock: Clock) -> None:
    """Also ended ones, and secrets that have died, up to the last second of their time."""
    ada = visitor.sign_up("ada")
    visitor.sign_up("bob")
    visitor.post("/multi-session/revoke", {"sessionId": ada})
    clock.now += RETENTION - timedelta(seconds=1)
    before = world.everything()
    sweep(multi_session)
    assert world.everything() == before


def test_events_and_ended_sessions_go_after_their_time(
    visitor: Browser, multi_session: MultiSession, world: World, clock: Clock
) -> None:
    """Ended by hand, or by time: remembered accounts too. Users stay."""
    ada = visitor.sign_up("ada")
    visitor.sign_up("bob")
    visitor.post("/multi-session/revoke", {"sessionId": ada})
    clock.now += RETENTION
    sweep(multi_session)
    assert world.rows(SecurityEvent) == []
    assert [row.revoked_at for row in world.rows(DeviceSession)] == [None], "it expired later"
    clock.advance(days=30)
    sweep(multi_session)
    assert world.rows(DeviceSession) == []
    assert len(world.rows(User)) == 2


def test_option_says_how_long(
    kit_with: Callable[..., MultiSession], client: Callable[..., Browser], world: World, clock: Clock
) -> None:
    """A week, where an app wants no more."""
    kit = kit_with(retention=timedelta(days=7))
    client(kit).sign_up("ada")
    clock.advance(days=7)
    sweep(kit)
    assert world.rows(SecurityEvent) == []


def test_valid_session_and_its_cookie_outlive_every_sweep(
    kit_with: Callable[..., MultiSession], client: Callable[..., Browser], clock: Clock
) -> None:
    """Even the longest possible session, with the shortest retention."""
    kit = kit_with(session_timeout=COOKIE_MAX_AGE, retention=timedelta(days=1))
    visitor = client(kit)
    visitor.sign_up("ada")
    clock.now += COOKIE_MAX_AGE - timedelta(seconds=1)
    sweep(kit)
    assert visitor.active() == "ada"


@pytest.mark.parametrize(("retention", "session_timeout"), [(90, 30), (7, 60)])
def test_dead_secrets_go_and_living_ones_stay(
    kit_with: Callable[..., MultiSession],
    client: Callable[..., Browser],
    world: World,
    retention: int,
    session_timeout: int,
) -> None:
    """Not while a session that one opened may last: its owner may come back with it, and find another holder."""
    kept = {"retention": timedelta(days=retention), "session_timeout": timedelta(days=session_timeout)}
    kit = kit_with(**kept)
    visitor = client(kit)
    visitor.sign_up("ada")
    visitor.sign_up("bob")
    world.clock.advance(days=200)
    sweep(kit)
    assert len(world.rows(DeviceSecret)) == 2, "the first one may still be what the browser has"
    visitor.names()
    world.clock.now += SECRET_GRACE + max(kept.values()) - timedelta(seconds=1)
    sweep(kit)
    assert len(world.rows(DeviceSecret)) == 2
    world.clock.advance(seconds=1)
    sweep(kit)
    assert len(world.rows(DeviceSecret)) == 1
    assert world.present(visitor.secret) is not None


def test_device_goes_when_no_browser_can_have_its_cookie(
    visitor: Browser, multi_session: MultiSession, world: World, clock: Clock
) -> None:
    """Browsers keep it for 400 days; its secrets go with it."""
    visitor.sign_up("ada")
    clock.now += COOKIE_MAX_AGE + RETENTION - timedelta(seconds=1)
    sweep(multi_session)
    assert len(world.rows(Device)) == 1
    clock.advance(seconds=1)
    sweep(multi_session)
    assert (world.rows(Device), world.rows(DeviceSecret)) == ([], [])


def test_more_than_a_batch_goes_in_small_transactions(
    visitor: Browser, multi_session: MultiSession, world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others can write in between."""
    monkeypatch.setattr(sweeping, "SWEEP_BATCH", 3)
    for _ in range(4):
        visitor.sign_up(f"u{len(world.rows(User))}")
        visitor.names()
    clock.now += RETENTION
    transactions, real = 0, multi_session.database.write

    async def count(work: Any) -> Any:
        nonlocal transactions
        transactions += 1
        return await real(work)

    monkeypatch.setattr(multi_session.database, "write", count)
    sweep(multi_session)
    assert world.rows(SecurityEvent) == []
    assert transactions == 2


@pytest.mark.sqlite
def test_sweeping_uses_indexes(world: World, database: Database) -> None:
    """A full table is not read from end to end each hour."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    kept = {"retention": RETENTION, "session_timeout": RETENTION}
    world.write(lambda db: sweeping.sweep(db, now=world.clock.now, **kept))
    event.remove(database.engine, "before_cursor_execute", note)
    deletes = [statement for statement in sent if statement.startswith("DELETE")]
    assert len(deletes) == 5
    with database.engine.connect() as connection:
        for statement in deletes:
            plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, ("1",) * statement.count("?")).all()
            assert not [step for step in plan if str(step[-1]).startswith("SCAN")], (statement, plan)


def test_tidying_begins_at_the_start_and_outlives_an_error(
    multi_session: MultiSession, visitor: Browser, world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database may be away for a while; the next hour comes."""
    visitor.sign_up("ada")
    clock.now += RETENTION
    whole, pauses = multi_session.database, 0

    async def pause(seconds: float) -> None:
        nonlocal pauses
        assert seconds == 3600
        pauses += 1
        multi_session.database = whole
        if pauses == 2:
            raise asyncio.CancelledError

    async def go() -> None:
        multi_session.database = None  # type: ignore[assignment]
        with pytest.raises(asyncio.CancelledError):
            await schedule.sweep_regularly(multi_session)

    monkeypatch.setattr(asyncio, "sleep", pause)
    run(go())
    assert world.rows(SecurityEvent) == []
