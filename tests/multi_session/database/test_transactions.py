"""Rules that hold whatever runs at the same time, on a database with one writer and on one with many."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import Session, col, select, update

from multisession_app.multi_session.database.models import Device, DeviceSession, User
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.errors import EmailTaken, InvalidSession, MultiSessionError, SessionChanged
from multisession_app.multi_session.queries import device_sessions, user_sessions, users
from multisession_app.multi_session.security.origins import Source
from tests.support.running import run, until
from tests.support.world import NOW, World

FRESH = timedelta(minutes=10)


def all_at_once(works: list[Callable[[Session], Any]], *databases: Database) -> list[Any]:
    """Write them at the same time, on the databases in turn; return what each returns or refuses with."""

    async def go() -> list[Any]:
        writes: list[Coroutine[Any, Any, Any]] = [
            databases[number % len(databases)].write(work) for number, work in enumerate(works)
        ]
        return await asyncio.gather(*writes, return_exceptions=True)

    outcomes = run(go())
    assert not [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, MultiSessionError)], outcomes
    return outcomes


@pytest.fixture
def processes(world: World) -> Iterator[list[Database]]:
    """Return two engines on the same database, as two workers have."""
    other = Database(world.database.engine.url.render_as_string(hide_password=False))
    yield [world.database, other]
    other.engine.dispose()


@contextmanager
def meeting(database: Database, statement: str) -> Iterator[None]:
    """Let the first two transactions that have carried out such a statement go on only when both have."""
    barrier, left = threading.Barrier(2, timeout=10), [2]

    def wait(connection: Any, cursor: Any, sent: str, *rest: Any) -> None:
        if sent.startswith(statement) and left[0] > 0:
            left[0] -= 1
            barrier.wait()

    event.listen(database.engine, "after_cursor_execute", wait)
    yield
    event.remove(database.engine, "after_cursor_execute", wait)


def _waiting(world: World) -> int:
    """Return how many transactions wait for another."""
    with world.database.engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")) or 0)


def test_switches_at_once_leave_one_account_used_last(world: World, processes: list[Database]) -> None:
    """Every one is carried out, and no two accounts have the same place in the order."""
    secret, ids = world.device_with("ada", "bob", "cleo", "dora", "emil")
    device = world.device(secret)

    def switch(session_id: str) -> Callable[[Session], None]:
        return lambda db: device_sessions.set_active(db, device, session_id, now=world.clock.now)

    assert all_at_once([switch(ids[number % 5]) for number in range(30)], *processes) == [None] * 30
    places = [row.activation for row in world.rows(DeviceSession)]
    assert len(set(places)) == 5


def test_sign_ins_at_once_with_one_cookie_let_one_in(world: World, processes: list[Database]) -> None:
    """The others are told to look again: the jar keeps one cookie, and no session is open that it does not open."""
    secret, _ = world.device_with("ada")
    device, people = world.device(secret), [world.user(f"u{number}") for number in range(8)]

    def enter(user: User) -> Callable[[Session], Any]:
        return lambda db: device_sessions.open_session(
            db, device, user, source=Source(), maximum=3, timeout=timedelta(days=1), evict=True, now=world.clock.now
        )

    outcomes = all_at_once([enter(user) for user in people], *processes)
    opened = [outcome for outcome in outcomes if not isinstance(outcome, SessionChanged)]
    assert len(opened) == 1
    assert len(world.device(opened[0].secret).sessions) == 2
    assert world.rows(Device)[0].generation == device.generation + 1


def test_sign_ins_and_switches_at_once_keep_the_order(world: World, processes: list[Database]) -> None:
    """A sign-in takes the next place of the device while others take it, too."""
    secret, ids = world.device_with("ada", "bob")
    device, cleo = world.device(secret), world.user("cleo")
    works: list[Callable[[Session], Any]] = [
        lambda db: device_sessions.set_active(db, device, ids[0], now=world.clock.now),
        lambda db: device_sessions.set_active(db, device, ids[1], now=world.clock.now),
    ] * 6
    works.insert(
        5,
        lambda db: device_sessions.open_session(
            db, device, cleo, source=Source(), maximum=5, timeout=FRESH, evict=True, now=world.clock.now
        ),
    )
    outcomes = all_at_once(works, *processes)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len({row.activation for row in world.rows(DeviceSession)}) == 3


def test_sign_ups_at_once_with_one_address_make_one_user(world: World, processes: list[Database]) -> None:
    """The others hear that it is taken."""

    def create(db: Session) -> User:
        return users.create(db, name="Ada", email="ada@example.com", password_hash="-", now=NOW)

    outcomes = all_at_once([create] * 8, *processes)
    assert len([outcome for outcome in outcomes if isinstance(outcome, EmailTaken)]) == 7
    assert len(world.rows(User)) == 1


def test_a_session_ends_once(world: World, processes: list[Database]) -> None:
    """Of many sign-outs at once one ends it, the others find nothing."""
    secret, (ada, _) = world.device_with("ada", "bob")
    device = world.device(secret)

    def leave(db: Session) -> int:
        return len(device_sessions.revoke(db, device, ada, now=world.clock.now))

    outcomes = all_at_once([leave] * 8, *processes)
    assert [outcome for outcome in outcomes if outcome == 1] == [1]
    assert len([outcome for outcome in outcomes if isinstance(outcome, InvalidSession)]) == 7


@pytest.mark.postgresql
def test_two_sessions_that_end_each_other_leave_one(world: World) -> None:
    """Both have looked that they are signed in before either ends the other."""
    secret, (first,) = world.device_with("ada")
    here = world.device(secret)
    ada = world.rows(User)[0]
    opened = world.sign_in(None, ada)
    there = world.device(opened.secret)

    def end(device: Any, session_id: str) -> Callable[[Session], Any]:
        return lambda db: user_sessions.revoke_session(db, device, session_id, fresh_for=FRESH, now=world.clock.now)

    with meeting(world.database, "SELECT"):
        outcomes = all_at_once([end(here, opened.session.id), end(there, first)], world.database)
    assert len([outcome for outcome in outcomes if isinstance(outcome, InvalidSession)]) == 1
    assert len([row for row in world.rows(DeviceSession) if row.revoked_at is None]) == 1


@pytest.mark.postgresql
def test_who_comes_while_all_others_of_the_device_are_deleted_stays(world: World) -> None:
    """The sign-in has the device first, and what deletes the others looks only then whether anybody is left there."""
    secret, _ = world.device_with("ada")
    device, ada, bob = world.device(secret), world.rows(User)[0], world.user("bob")
    has_entered, is_deleting = threading.Event(), threading.Event()

    def enter(db: Session) -> None:
        device_sessions.open_session(
            db, device, bob, source=Source(), maximum=5, timeout=FRESH, evict=True, now=world.clock.now
        )
        has_entered.set()
        assert is_deleting.wait(10)
        until(lambda: _waiting(world), "the sweep to wait")

    def sweep(db: Session) -> None:
        assert has_entered.wait(10)
        is_deleting.set()
        user_sessions.delete_users(db, [ada.id])

    assert all_at_once([enter, sweep], world.database) == [None, None]
    assert [row.user_id for row in world.rows(DeviceSession)] == [bob.id]


@pytest.mark.postgresql
def test_deadlock_costs_one_of_them_another_turn(world: World) -> None:
    """Each holds the row that the other wants; both are carried out in the end."""
    ada, bob = world.user("ada"), world.user("bob")

    def rename(*in_order: User) -> Callable[[Session], None]:
        def work(db: Session) -> None:
            for user in in_order:
                db.exec(update(User).where(col(User.id) == user.id).values(name=in_order[0].name))

        return work

    with meeting(world.database, "UPDATE"):
        assert all_at_once([rename(ada, bob), rename(bob, ada)], world.database) == [None, None]
    assert len({user.name for user in world.rows(User)}) == 1


@pytest.mark.postgresql
def test_taken_number_of_another_kind_is_no_reason_to_try_again(world: World) -> None:
    """A row that is there stays there: the app hears of it at the first try."""
    world.user("ada")
    tries = []

    def add(db: Session) -> None:
        tries.append(db.exec(select(User.email)).all())
        db.add(User(name="n", email="ada@example.com", password_hash="-", created_at=NOW, updated_at=NOW))

    with pytest.raises(Exception, match="duplicate key"):
        world.write(add)
    assert len(tries) == 1
