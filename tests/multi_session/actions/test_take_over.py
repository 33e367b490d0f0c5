"""Who acts when a session ends, and when it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session

from multisession_app.multi_session.database.models import DeviceSession
from multisession_app.multi_session.options import ACTIVITY_INTERVAL
from multisession_app.multi_session.queries import device_sessions as verbs, ended_sessions
from multisession_app.multi_session.queries.devices import ProvenDevice
from tests.support.world import World

Verb = Callable[[Session, ProvenDevice, str], None]


def set_active(world: World, device: ProvenDevice, session_id: str) -> None:
    """Switch, in a transaction."""
    world.write(lambda db: verbs.set_active(db, device, session_id, now=world.clock.now))


def revoke(world: World, device: ProvenDevice, session_id: str) -> None:
    """Sign one out, in a transaction."""
    world.write(lambda db: verbs.revoke(db, device, session_id, now=world.clock.now))


def names(world: World, secret: str) -> list[str]:
    """Return who is signed in, last used first."""
    return [session.user.name for session in verbs.list_device_sessions(world.present(secret))]


@pytest.mark.parametrize("end", ["sign-out", "expiry", "eviction"])
def test_who_was_used_last_takes_over(world: World, end: str) -> None:
    """Whatever ends the active session; not who signed in last."""
    secret, (_, bob, cleo) = world.device_with("ada", "bob", "cleo")
    opened = world.sign_in(world.use(secret), world.user("dora"), timeout=timedelta(minutes=5))
    secret = opened.secret
    for session_id in (cleo, bob, opened.session.id):
        set_active(world, world.use(secret) or world.device(secret), session_id)
    assert names(world, secret) == ["dora", "bob", "cleo", "ada"]
    if end == "sign-out":
        revoke(world, world.device(secret), opened.session.id)
    elif end == "expiry":
        world.clock.advance(minutes=5)
    else:
        world.sign_in(world.use(secret), world.user("eve"), maximum=1)
        assert names(world, secret) == []
        return
    assert names(world, secret) == ["bob", "cleo", "ada"]
    revoke(world, world.device(secret), bob)
    assert world.device(secret).active_id == cleo


def test_session_ends_at_its_time_and_not_before(world: World) -> None:
    """To the second."""
    opened = world.sign_in(None, world.user("ada"), timeout=timedelta(days=30))
    world.clock.advance(days=30, seconds=-1)
    assert names(world, opened.secret) == ["ada"]
    world.clock.advance(seconds=1)
    assert names(world, opened.secret) == []


def test_activity_is_noted_once_a_minute(world: World) -> None:
    """A busy tab does not write with every event."""
    _, (ada,) = world.device_with("ada")
    start = world.row(ada).last_active_at

    def note() -> None:
        world.write(lambda db: verbs.note_activity(db, ada, now=world.clock.now))

    world.clock.now = start + ACTIVITY_INTERVAL - timedelta(seconds=1)
    note()
    assert world.row(ada).last_active_at == start
    world.clock.advance(seconds=1)
    note()
    assert world.row(ada).last_active_at == world.clock.now


def test_find_ended_finds_only_this_devices_sessions(world: World) -> None:
    """Ended or not; what became of another device's is nobody's business here."""
    secret, (ada, bob) = world.device_with("ada", "bob")
    _, (foreign,) = world.device_with("eve")
    device = world.device(secret)
    revoke(world, device, ada)

    def find(session_id: str) -> str | None:
        found = world.read(lambda db: ended_sessions.find_ended(db, device.id, device.generation, session_id))
        return found[1].name if found else None

    assert [find(session_id) for session_id in (ada, bob, foreign, "")] == ["ada", "bob", None, None]


def test_times_come_back_aware(world: World) -> None:
    """SQLite keeps no time zone; ours are UTC all the same."""
    _, (ada,) = world.device_with("ada")
    assert {row.created_at.utcoffset() for row in world.rows(DeviceSession) if row.id == ada} == {timedelta(0)}
