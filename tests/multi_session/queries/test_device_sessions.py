"""What can be done with the accounts on one device."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session

from multisession_app.multi_session.database.models import REPLACED, SIGNED_OUT, SIGNED_OUT_ALL, Device, User
from multisession_app.multi_session.errors import InvalidSession
from multisession_app.multi_session.queries import device_sessions as verbs
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


def test_no_device_lists_nothing() -> None:
    """An unknown cookie is no error."""
    assert verbs.list_device_sessions(None) == []


def test_list_is_ordered_by_last_use_and_marks_the_active_one(world: World) -> None:
    """The newest sign-in is active; a switch moves one to the front."""
    secret, (ada, bob, cleo) = world.device_with("ada", "bob", "cleo")
    assert [s.id for s in world.device(secret).sessions] == [cleo, bob, ada]
    set_active(world, world.device(secret), ada)
    listed = verbs.list_device_sessions(world.device(secret))
    assert [(s.id, s.is_current) for s in listed] == [(ada, True), (cleo, False), (bob, False)]


def test_sign_in_writes_down_where_it_came_from_and_when_it_ends(world: World) -> None:
    """What the list of devices will show."""
    opened = world.sign_in(None, world.user("ada"), timeout=timedelta(days=30))
    row, now = world.row(opened.session.id), world.clock.now
    assert (row.user_agent, row.ip_address) == ("A browser", "192.0.2.1")
    assert (row.created_at, row.authenticated_at, row.last_active_at) == (now, now, now)
    assert (row.expires_at, row.revoked_at) == (now + timedelta(days=30), None)


def test_sign_in_without_a_device_makes_one_and_with_one_none(world: World) -> None:
    """One jar, one device."""
    secret, _ = world.device_with("ada", "bob")
    assert len(world.rows(Device)) == 1
    world.sign_in(None, world.user("cleo"))
    assert len(world.rows(Device)) == 2
    assert names(world, secret) == ["bob", "ada"]


def test_same_person_again_replaces_the_session(world: World) -> None:
    """One row for each user; the earlier id is dead, the others stay."""
    secret, (old, bob) = world.device_with("ada", "bob")
    ada = next(user for user in world.rows(User) if user.name == "ada")
    opened = world.sign_in(world.use(secret), ada)
    assert [s.id for s in world.device(opened.secret).sessions] == [opened.session.id, bob]
    assert opened.session.id != old
    assert world.row(old).revoked_reason == REPLACED
    with pytest.raises(InvalidSession):
        set_active(world, world.device(opened.secret), old)


def test_same_person_again_leaves_their_other_devices_alone(world: World) -> None:
    """Only this device's session is replaced."""
    secret, (here,) = world.device_with("ada")
    ada = world.rows(User)[0]
    there = world.sign_in(None, ada)
    world.sign_in(world.use(secret), ada)
    assert world.row(here).revoked_at is not None
    assert world.row(there.session.id).revoked_at is None


def test_set_active_works_without_an_active_session(world: World) -> None:
    """The device is proof enough; here every session is as old as the other."""
    secret, (ada, _, _) = world.device_with("ada", "bob", "cleo")
    set_active(world, world.device(secret), ada)
    assert world.device(secret).active_id == ada
    set_active(world, world.device(secret), ada)
    assert names(world, secret) == ["ada", "cleo", "bob"]


def test_set_active_does_not_lengthen_a_session(world: World) -> None:
    """It ends thirty days after its sign-in, whatever happens."""
    secret, (ada, _) = world.device_with("ada", "bob")
    before = world.row(ada)
    world.clock.advance(days=1)
    set_active(world, world.device(secret), ada)
    after = world.row(ada)
    assert (after.expires_at, after.authenticated_at) == (before.expires_at, before.authenticated_at)
    assert after.last_active_at == world.clock.now


def test_revoke_ends_one_session(world: World) -> None:
    """With its reason; the others stay."""
    secret, (ada, bob) = world.device_with("ada", "bob")
    revoke(world, world.device(secret), ada)
    assert names(world, secret) == ["bob"]
    assert (world.row(ada).revoked_reason, world.row(ada).revoked_at) == (SIGNED_OUT, world.clock.now)
    assert world.row(bob).revoked_at is None


def test_revoke_twice_is_refused(world: World) -> None:
    """Also when the device was looked up before the first time."""
    secret, (ada, _) = world.device_with("ada", "bob")
    device = world.device(secret)
    revoke(world, device, ada)
    first = world.row(ada).revoked_at
    world.clock.advance(minutes=1)
    for held in (device, world.device(secret)):
        with pytest.raises(InvalidSession):
            revoke(world, held, ada)
    assert world.row(ada).revoked_at == first


@pytest.mark.parametrize("verb", [set_active, revoke])
@pytest.mark.parametrize("kind", ["unknown", "foreign", "expired", "revoked", "newer", "user", "device", "wildcard"])
def test_verb_refuses_every_other_id_alike(
    world: World, verb: Callable[[World, ProvenDevice, str], None], kind: str
) -> None:
    """Unknown, foreign, expired, revoked: one and the same refusal, and nothing changed."""
    old, (ada,) = world.device_with("ada")
    _, (foreign,) = world.device_with("eve")
    short = world.sign_in(world.use(old), world.user("bob"), timeout=timedelta(minutes=5))
    opened = world.sign_in(world.use(short.secret), world.user("cleo"))
    world.clock.advance(minutes=5)
    device, stale = world.device(opened.secret), world.device(short.secret)
    revoke(world, device, ada)
    ids = {
        "unknown": "00000000-0000-4000-8000-000000000000",
        "foreign": foreign,
        "expired": short.session.id,
        "revoked": ada,
        "newer": opened.session.id,
        "user": opened.user.id,
        "device": device.id,
        "wildcard": "%",
    }
    before = world.everything()
    with pytest.raises(InvalidSession) as refusal:
        verb(world, stale if kind == "newer" else device, ids[kind])
    assert (refusal.value.args, vars(refusal.value)) == ((), {})
    assert world.everything() == before


def test_revoke_others_keeps_the_active_one(world: World) -> None:
    """Of this device only."""
    secret, (_, bob, _) = world.device_with("ada", "bob", "cleo")
    other, _ = world.device_with("eve")
    set_active(world, world.device(secret), bob)
    assert len(world.write(lambda db: verbs.revoke_others(db, world.device(secret), bob, now=world.clock.now))) == 2
    assert names(world, secret) == ["bob"]
    assert names(world, other) == ["eve"]


def test_revoke_all_ends_everything_on_this_device(world: World) -> None:
    """With its own reason; another device of the same people stays."""
    secret, ids = world.device_with("ada", "bob")
    ada = next(user for user in world.rows(User) if user.name == "ada")
    other = world.sign_in(None, ada).secret
    assert len(world.write(lambda db: verbs.revoke_all(db, world.device(secret), now=world.clock.now))) == 2
    assert names(world, secret) == []
    assert {world.row(session_id).revoked_reason for session_id in ids} == {SIGNED_OUT_ALL}
    assert names(world, other) == ["ada"]


def test_revoke_all_also_ends_what_the_cookie_is_too_old_for(world: World) -> None:
    """Whoever signs out of all leaves nothing behind."""
    old, _ = world.device_with("ada")
    device = world.device(old)
    new = world.sign_in(world.use(old), world.user("bob")).secret
    world.write(lambda db: verbs.revoke_all(db, device, now=world.clock.now))
    assert names(world, new) == []
