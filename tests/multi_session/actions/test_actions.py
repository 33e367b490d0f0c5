"""What both doors call: the verb is done, then the tabs are told, and never the other way round."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from passlib.context import CryptContext
from sqlmodel import update

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.tabs import Change
from multisession_app.multi_session.database.models import DeviceSession, User
from multisession_app.multi_session.errors import InvalidImage, InvalidName, InvalidSession, SessionChanged
from multisession_app.multi_session.queries.devices import ProvenDevice
from multisession_app.multi_session.security.origins import Source
from tests.support.browser import PASSWORD, Browser
from tests.support.running import run
from tests.support.world import Clock, World


@pytest.fixture
def told(multi_session: MultiSession, monkeypatch: pytest.MonkeyPatch) -> list[Change]:
    """Return the list of what is published."""
    changes: list[Change] = []

    async def publish(change: Change) -> None:
        changes.append(change)

    monkeypatch.setattr(multi_session.pubsub, "publish", publish)
    return changes


def present(kit: MultiSession, visitor: Browser) -> ProvenDevice:
    """Return the device behind a browser's cookie."""
    device = run(kit.devices.find(visitor.secret_hash))
    assert device is not None
    return device


def test_first_use_of_a_cookie_calls_the_older_tabs_back(
    multi_session: MultiSession, visitor: Browser, told: list[Change]
) -> None:
    """The sign-in itself tells nobody: a tab that came back at once would still have the old cookie."""
    visitor.sign_up("ada")
    assert told == []
    device = present(multi_session, visitor)
    assert told == [Change(device.id, device.active_id, device.generation)]
    present(multi_session, visitor)
    assert len(told) == 1


def test_verbs_tell_who_is_active_now(multi_session: MultiSession, visitor: Browser, told: list[Change]) -> None:
    """After a switch the chosen one, after a sign-out who takes over, at the end nobody."""
    ids = [visitor.sign_up(name) for name in ("ada", "bob", "cleo", "dora")]

    def last() -> str | None:
        return told[-1].session_id

    run(multi_session.device_sessions.set_active(present(multi_session, visitor), ids[0]))
    assert last() == ids[0]
    run(multi_session.device_sessions.revoke(present(multi_session, visitor), ids[0]))
    assert last() == ids[3]
    run(multi_session.device_sessions.revoke(present(multi_session, visitor), ids[1]))
    assert last() == ids[3]
    run(multi_session.device_sessions.revoke_others(present(multi_session, visitor), ids[3]))
    assert last() == ids[3]
    run(multi_session.device_sessions.update_profile(present(multi_session, visitor), ids[3], name="D", image=None))
    assert last() == ids[3]
    run(multi_session.device_sessions.revoke_all(present(multi_session, visitor)))
    assert last() == ""


def test_refused_verb_tells_nobody(multi_session: MultiSession, visitor: Browser, told: list[Change]) -> None:
    """Nothing has changed."""
    visitor.sign_up("ada")
    device = present(multi_session, visitor)
    told.clear()
    for verb in (multi_session.device_sessions.set_active, multi_session.device_sessions.revoke):
        with pytest.raises(InvalidSession):
            run(verb(device, "unknown"))
    for name, image, refusal in (("", None, InvalidName), ("A", "http://x", InvalidImage)):
        with pytest.raises(refusal):
            run(multi_session.device_sessions.update_profile(device, device.active_id, name=name, image=image))
    assert told == []


def test_tabs_are_told_only_what_is_committed(
    multi_session: MultiSession, visitor: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks when told sees the new truth."""
    ada, _ = visitor.sign_up("ada"), visitor.sign_up("bob")
    device, seen = present(multi_session, visitor), []

    async def publish(change: Change) -> None:
        found = await multi_session.devices.find(visitor.secret_hash)
        assert found is not None
        seen.append(found.active_id == change.session_id == ada)

    monkeypatch.setattr(multi_session.pubsub, "publish", publish)
    run(multi_session.device_sessions.set_active(device, ada))
    assert seen == [True]


def test_switch_to_a_session_that_ended_meanwhile_is_refused(
    multi_session: MultiSession, visitor: Browser, world: World
) -> None:
    """The device was looked up before; the transaction looks again."""
    ada, bob = visitor.sign_up("ada"), visitor.sign_up("bob")
    device = present(multi_session, visitor)
    run(multi_session.device_sessions.revoke(device, ada))
    before = world.everything()
    with pytest.raises(InvalidSession):
        run(multi_session.device_sessions.set_active(device, ada))
    assert world.everything() == before
    assert present(multi_session, visitor).active_id == bob


def test_profile_of_nobody_is_refused(multi_session: MultiSession, visitor: Browser) -> None:
    """No account is active."""
    visitor.sign_up("ada")
    signed_out = visitor.copy()
    visitor.post("/sign-out")
    with pytest.raises(InvalidSession):
        run(multi_session.device_sessions.update_profile(present(multi_session, signed_out), "", name="A", image=None))


def test_sign_up_that_may_not_sign_in_makes_no_user(
    multi_session: MultiSession, visitor: Browser, world: World
) -> None:
    """One transaction: here the cookie is too old."""
    visitor.sign_up("ada")
    old = present(multi_session, visitor)
    visitor.sign_up("bob")
    present(multi_session, visitor)
    with pytest.raises(SessionChanged):
        run(
            multi_session.authentication.sign_up(
                old, name="Eve", email="eve@example.com", password=PASSWORD, source=Source()
            )
        )
    assert sorted(user.name for user in world.rows(User)) == ["ada", "bob"]


@pytest.mark.real_hashes
def test_hash_with_old_parameters_is_replaced_at_the_sign_in(visitor: Browser, world: World) -> None:
    """And the password still opens the account afterwards."""
    visitor.sign_up("ada")
    old = CryptContext(schemes=["argon2"], argon2__memory_cost=1024, argon2__time_cost=1, argon2__parallelism=1)
    weak = old.hash(PASSWORD)
    world.write(lambda db: db.exec(update(User).values(password_hash=weak)))
    visitor.sign_in("ada")
    stored = world.rows(User)[0].password_hash
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    visitor.sign_in("ada")
    assert world.rows(User)[0].password_hash == stored


def test_use_is_noted_once_a_minute_for_the_account_that_is_used(
    multi_session: MultiSession, visitor: Browser, world: World, clock: Clock
) -> None:
    """Whichever is active; a look at the device is no use."""
    ada, bob = visitor.sign_up("ada"), visitor.sign_up("bob")
    device = present(multi_session, visitor)
    start = clock.now
    clock.advance(seconds=59)
    run(multi_session.devices.note_use(device, ada))
    assert world.row(ada).last_active_at == start
    clock.advance(seconds=1)
    run(multi_session.devices.reread(device.id, device.generation))
    run(multi_session.devices.note_use(device, "of another device"))
    assert world.row(ada).last_active_at == start
    run(multi_session.devices.note_use(device, ada))
    assert (world.row(ada).last_active_at, world.row(bob).last_active_at) == (clock.now, start)


def test_find_ended_says_what_became_of_ones_own(multi_session: MultiSession, client: Callable[..., Browser]) -> None:
    """And nothing of another device's."""
    visitor, stranger = client(), client()
    ada, eve = visitor.sign_up("ada"), stranger.sign_up("eve")
    device = present(multi_session, visitor)
    run(multi_session.device_sessions.revoke(device, ada))
    found = run(multi_session.device_sessions.find_ended(device.id, device.generation, ada))
    assert found is not None
    row, user = found
    assert isinstance(row, DeviceSession)
    assert (row.revoked_reason, user.name) == ("signed_out", "ada")
    assert run(multi_session.device_sessions.find_ended(device.id, device.generation, eve)) is None
