"""How many accounts a device holds, and who makes room."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from multisession_app.multi_session.database.models import EVICTED, DeviceSession, User
from multisession_app.multi_session.errors import SessionChanged, TooManySessions
from multisession_app.multi_session.queries import device_sessions as verbs
from multisession_app.multi_session.queries.device_sessions import OpenedSession
from multisession_app.multi_session.queries.devices import ProvenDevice
from multisession_app.multi_session.security.origins import Source
from tests.support.running import run
from tests.support.world import World


def sign_in(world: World, secret: str, name: str, *, maximum: int = 3, evict: bool = True) -> OpenedSession:
    """Sign a new user in on the device."""
    world.clock.advance(seconds=1)
    return world.sign_in(world.use(secret), world.user(name), maximum=maximum, evict=evict)


def names(world: World, secret: str) -> list[str]:
    """Return who is signed in, last used first."""
    return [session.user.name for session in world.device(secret).sessions]


@pytest.mark.parametrize("evict", [True, False])
def test_below_and_at_the_maximum_everybody_stays(world: World, evict: bool) -> None:
    """The third of three."""
    secret, _ = world.device_with("ada", "bob")
    opened = sign_in(world, secret, "cleo", evict=evict)
    assert opened.evicted == ()
    assert names(world, opened.secret) == ["cleo", "bob", "ada"]


@pytest.mark.standard("ASVS 7.1.2")
def test_above_the_maximum_who_was_used_longest_ago_goes(world: World) -> None:
    """And the answer says who; used, not signed in."""
    secret, (ada, bob, _) = world.device_with("ada", "bob", "cleo")
    device = world.device(secret)
    world.write(lambda db: verbs.set_active(db, device, ada, now=world.clock.now))
    opened = sign_in(world, secret, "dora")
    assert [user.name for user in opened.evicted] == ["bob"]
    assert names(world, opened.secret) == ["dora", "ada", "cleo"]
    assert world.row(bob).revoked_reason == EVICTED


@pytest.mark.standard("ASVS 7.1.2")
def test_full_device_refuses_and_names_the_accounts(world: World) -> None:
    """Nothing changed, the cookie neither."""
    secret, ids = world.device_with("ada", "bob", "cleo")
    device, dora = world.use(secret), world.user("dora")
    before = world.everything()
    with pytest.raises(TooManySessions) as refusal:
        world.sign_in(device, dora, maximum=3, evict=False)
    assert sorted(refusal.value.accounts) == sorted(
        (session_id, name, f"{name}@example.com") for session_id, name in zip(ids, ("ada", "bob", "cleo"), strict=True)
    )
    assert world.everything() == before


@pytest.mark.parametrize("evict", [True, False])
def test_who_is_there_already_needs_no_room(world: World, evict: bool) -> None:
    """Signing in again on a full device."""
    secret, _ = world.device_with("ada", "bob", "cleo")
    ada = next(user for user in world.rows(User) if user.name == "ada")
    opened = world.sign_in(world.use(secret), ada, maximum=3, evict=evict)
    assert opened.evicted == ()
    assert names(world, opened.secret) == ["ada", "cleo", "bob"]


def test_lowered_maximum_makes_room_for_all_of_it(world: World) -> None:
    """Three there, now two allowed: never a session that is there but not listed."""
    secret, _ = world.device_with("ada", "bob", "cleo")
    opened = sign_in(world, secret, "dora", maximum=2)
    assert [user.name for user in opened.evicted] == ["bob", "ada"]
    assert names(world, opened.secret) == ["dora", "cleo"]


def test_maximum_of_one_is_a_plain_sign_in(world: World) -> None:
    """The next takes the place of the last."""
    secret, _ = world.device_with("ada")
    opened = sign_in(world, secret, "bob", maximum=1)
    assert names(world, opened.secret) == ["bob"]


def test_ended_sessions_take_no_room(world: World) -> None:
    """Neither a revoked nor an expired one."""
    secret, (ada,) = world.device_with("ada")
    device = world.device(secret)
    world.write(lambda db: verbs.revoke(db, device, ada, now=world.clock.now))
    short = world.sign_in(world.use(secret), world.user("bob"), timeout=timedelta(minutes=5))
    world.clock.advance(minutes=5)
    for name in ("cleo", "dora", "emil"):
        opened = sign_in(world, short.secret, name, evict=False)
        short = opened
    assert names(world, short.secret) == ["emil", "dora", "cleo"]


@pytest.mark.parametrize("evict", [True, False])
def test_sign_ins_at_the_same_time_keep_the_maximum(world: World, evict: bool) -> None:
    """Threads that all looked the device up before any of them wrote: one is let in, the others are told."""
    secret, _ = world.device_with("ada")
    for attempt in range(4):
        users = [world.user(f"user{attempt}.{number}") for number in range(8)]
        answers = _all_at_once(world, world.use(secret), users, evict=evict)
        opened = [answer for answer in answers if isinstance(answer, OpenedSession)]
        refusal = TooManySessions if attempt >= 2 and not evict else SessionChanged
        assert len(opened) == (0 if refusal is TooManySessions else 1)
        assert all(isinstance(answer, OpenedSession | refusal) for answer in answers)
        secret = opened[0].secret if opened else secret
    valid = {row.id for row in world.rows(DeviceSession) if row.revoked_at is None}
    assert len(valid) == 3
    assert valid == {session.id for session in world.device(secret).sessions}


def test_same_person_at_the_same_time_has_one_session(world: World) -> None:
    """A double click, or two tabs: one row is valid."""
    secret, _ = world.device_with("ada")
    bob = world.user("bob")
    answers = _all_at_once(world, world.use(secret), [bob] * 6, evict=True)
    assert sum(isinstance(answer, OpenedSession) for answer in answers) == 1
    valid = [row for row in world.rows(DeviceSession) if row.revoked_at is None]
    assert sorted(row.user_id == bob.id for row in valid) == [False, True]


def _all_at_once(
    world: World, device: ProvenDevice | None, users: list[User], *, evict: bool
) -> list[OpenedSession | BaseException]:
    async def one(user: User) -> OpenedSession:
        return await world.database.write(
            lambda db: verbs.open_session(
                db,
                device,
                user,
                source=Source(),
                maximum=3,
                timeout=timedelta(days=30),
                evict=evict,
                now=world.clock.now,
            )
        )

    async def all_of_them() -> list[OpenedSession | BaseException]:
        return list(await asyncio.gather(*map(one, users), return_exceptions=True))

    answers = run(all_of_them())
    for answer in answers:
        assert isinstance(answer, OpenedSession | TooManySessions | SessionChanged), answer
    return answers
