"""The life of a device secret: what it opens, and when it dies."""

from __future__ import annotations

from contextlib import suppress

import pytest

from multisession_app.multi_session.database.models import Device, DeviceSecret, User
from multisession_app.multi_session.errors import SessionChanged
from multisession_app.multi_session.options import ANSWER_HAS_TIME, ANSWER_ON_ITS_WAY, SECRET_GRACE
from multisession_app.multi_session.queries import devices
from multisession_app.multi_session.queries.device_secrets import hash_secret, make_secret, make_state_key
from tests.support.world import World

GRACE = SECRET_GRACE.total_seconds()


@pytest.mark.standard("ASVS 7.2.2", "ASVS 7.2.3", "OWASP Session 2", "NIST 5.1 (1)", "NIST 5.1.1")
def test_secrets_are_256_random_bits() -> None:
    """None like another, long enough not to be guessed."""
    secrets = {make_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {43}
    keys = {make_state_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(bytes.fromhex(key)) for key in keys} == {32}


def test_database_holds_no_secret_in_clear(world: World) -> None:
    """Who reads the database can open nothing."""
    secret, _ = world.device_with("ada", "bob")
    assert secret not in repr(world.everything())
    assert hash_secret(secret) in {row.hash for row in world.rows(DeviceSecret)}


@pytest.mark.parametrize("secret", ["", "x", "x" * 10_000, "' OR 1=1 --", "\ud7ff\x00"])
def test_unknown_secret_opens_nothing(world: World, secret: str) -> None:
    """Whatever a jar holds."""
    world.device_with("ada")
    assert world.present(secret) is None


def test_hash_of_a_secret_is_no_secret(world: World) -> None:
    """Nor is any other value that the database holds."""
    world.device_with("ada")
    for row in world.rows(DeviceSecret):
        assert world.present(row.hash) is None
    for device in world.rows(Device):
        assert world.present(device.id) is None
        assert world.present(device.state_key) is None


def test_sign_in_makes_a_new_secret(world: World) -> None:
    """ASVS 7.2.4; the device stays the same."""
    first, _ = world.device_with("ada")
    second = world.sign_in(world.use(first), world.user("bob")).secret
    assert second != first
    assert world.device(second).id == world.device(first).id


def test_looking_up_writes_nothing(world: World) -> None:
    """Only the use of a secret does."""
    secret, _ = world.device_with("ada")
    before = world.everything()
    device = world.device(secret)
    assert device.is_first_use
    world.read(lambda db: devices.reread(db, device.id, device.generation, now=world.clock.now))
    assert world.everything() == before


def test_second_use_is_no_first_use(world: World) -> None:
    """So it writes nothing."""
    secret, _ = world.device_with("ada")
    world.use(secret)
    assert not world.device(secret).is_first_use


def test_old_secret_opens_nothing_newer(world: World) -> None:
    """A stolen copy does not see who signs in after it was replaced."""
    old, (ada,) = world.device_with("ada")
    new = world.sign_in(world.use(old), world.user("bob")).secret
    assert [session.id for session in world.device(old).sessions] == [ada]
    assert len(world.device(new).sessions) == 2


def test_old_secret_does_not_open_the_same_persons_newer_session(world: World) -> None:
    """Signing in again closes the earlier session, and the old secret does not open the one after it."""
    old, _ = world.device_with("ada")
    ada = world.device(old).sessions[0].user
    user = next(u for u in world.rows(User) if u.id == ada.id)
    world.sign_in(world.use(old), user)
    assert world.device(old).sessions == ()


def test_old_secret_dies_a_minute_after_the_successors_first_use(world: World) -> None:
    """Not a moment later, and the successor lives on."""
    old, _ = world.device_with("ada")
    new = world.sign_in(world.use(old), world.user("bob")).secret
    world.clock.advance(days=3)
    world.use(new)
    world.clock.advance(seconds=GRACE - 1)
    assert world.present(old) is not None
    world.clock.advance(seconds=1)
    assert world.present(old) is None
    assert world.present(new) is not None


def test_further_uses_do_not_put_off_the_death_of_the_old_secret(world: World) -> None:
    """Counted from the first use."""
    old, _ = world.device_with("ada")
    new = world.sign_in(world.use(old), world.user("bob")).secret
    for _ in range(4):
        world.use(new)
        world.use(old)
        world.clock.advance(seconds=GRACE / 4)
    assert world.present(old) is None


def test_third_secret_does_not_bring_the_first_one_back(world: World) -> None:
    """Nor give it another minute."""
    first, _ = world.device_with("ada")
    second = world.sign_in(world.use(first), world.user("bob")).secret
    world.use(second)
    world.clock.advance(seconds=GRACE / 2)
    third = world.sign_in(world.use(second), world.user("cleo")).secret
    world.use(third)
    world.clock.advance(seconds=GRACE / 2)
    assert world.present(first) is None
    assert world.present(second) is not None


def test_lost_response_loses_no_device(world: World) -> None:
    """The browser never got the new cookie: the old one opens what it opened, however late."""
    old, (ada,) = world.device_with("ada")
    world.sign_in(world.use(old), world.user("bob"))
    world.clock.advance(days=20)
    assert [session.id for session in world.device(old).sessions] == [ada]


def test_lost_response_can_be_repeated(world: World) -> None:
    """The person signs in once more, and then has both accounts."""
    old, (ada,) = world.device_with("ada")
    bob = world.user("bob")
    world.sign_in(world.use(old), bob)
    world.clock.now += ANSWER_ON_ITS_WAY
    again = world.sign_in(world.use(old), bob)
    assert [session.id for session in world.device(again.secret).sessions] == [again.session.id, ada]


def test_sign_in_of_a_lost_response_is_not_found_open(world: World) -> None:
    """Whoever holds the old cookie signs in and sees what it opened before, not what the lost one would have."""
    old, (ada,) = world.device_with("ada")
    lost = world.sign_in(world.use(old), world.user("bob"))
    world.clock.now += ANSWER_ON_ITS_WAY
    eve = world.sign_in(world.use(old), world.user("eve"))
    assert [session.id for session in world.device(eve.secret).sessions] == [eve.session.id, ada]
    assert [session.id for session in world.device(lost.secret).sessions] == [ada]


def test_old_cookie_cannot_keep_the_owner_out(world: World) -> None:
    """Whoever has it too may try as often as they like: the owner waits once, not for ever."""
    old, (ada,) = world.device_with("ada")
    world.sign_in(world.use(old), world.user("eve"))
    for number in range(3):
        world.clock.now += ANSWER_ON_ITS_WAY / 2
        with suppress(SessionChanged):
            world.sign_in(world.use(old), world.user(f"eve{number}"))
    world.clock.now += ANSWER_HAS_TIME
    bob = world.sign_in(world.use(old), world.user("bob"))
    assert [session.id for session in world.device(bob.secret).sessions] == [bob.session.id, ada]


def test_answer_has_time_to_be_used_however_many_were_lost_before(world: World) -> None:
    """Else who holds a copy of the old cookie would undo each sign-in of the owner within a blink."""
    old, (ada,) = world.device_with("ada")
    eve, bob, eve_too = world.user("eve"), world.user("bob"), world.user("eve too")
    world.sign_in(world.use(old), eve)
    world.clock.now += ANSWER_ON_ITS_WAY
    owner = world.sign_in(world.use(old), bob)
    stolen = world.device(old)
    world.clock.now += ANSWER_HAS_TIME * 0.9
    for user in (eve, eve_too):
        with pytest.raises(SessionChanged):
            world.sign_in(stolen, user)
    world.use(owner.secret)
    world.clock.now += 10 * ANSWER_ON_ITS_WAY
    with pytest.raises(SessionChanged):
        world.sign_in(stolen, eve_too)
    assert [session.id for session in world.device(owner.secret).sessions] == [owner.session.id, ada]


@pytest.mark.parametrize("accounts", [1, 5])
def test_old_cookie_in_a_loop_cannot_keep_the_owner_out(world: World, accounts: int) -> None:
    """Whoever has it tries ten times a second, and is always before the owner, who tries every second.

    Each account holds up others for a moment, and waits twice as long after each of its own.
    """
    old, (ada,) = world.device_with("ada")
    eves, bob = [world.user(f"eve{number}") for number in range(accounts)], world.user("bob")
    device, owner, tries = world.use(old), None, 0
    while owner is None:
        for eve in eves if tries % 10 else [*eves, bob]:
            with suppress(SessionChanged):
                opened = world.sign_in(device, eve)
                owner = opened if eve is bob else None
        tries += 1
        world.clock.advance(seconds=0.1)
        assert tries < 10 * 60
    world.use(owner.secret)
    assert [session.id for session in world.device(owner.secret).sessions] == [owner.session.id, ada]


def test_answers_lost_one_after_the_other_can_be_repeated(world: World) -> None:
    """Each after twice the time, with whichever account."""
    old, (ada,) = world.device_with("ada")
    bob = world.user("bob")
    for number in range(3):
        world.sign_in(world.use(old), bob)
        world.clock.now += ANSWER_ON_ITS_WAY * 2**number
    again = world.sign_in(world.use(old), bob)
    assert [session.id for session in world.device(again.secret).sessions] == [again.session.id, ada]


def test_second_sign_in_waits_for_the_answer_of_the_first(world: World) -> None:
    """The jar may keep either cookie of two at once, so only one is handed out."""
    old, _ = world.device_with("ada")
    device = world.use(old)
    world.sign_in(device, world.user("bob"))
    with pytest.raises(SessionChanged):
        world.sign_in(device, world.user("cleo"))


def test_sign_in_with_an_old_secret_is_refused_once_a_newer_one_is_in_use(world: World) -> None:
    """Else who stole the old one could sign in and be handed a secret that opens everybody's sessions."""
    old, _ = world.device_with("ada")
    stolen = world.device(old)
    new = world.sign_in(world.use(old), world.user("bob")).secret
    world.use(new)
    eve, before = world.user("eve"), world.everything()
    for device in (stolen, world.device(old)):
        with pytest.raises(SessionChanged):
            world.sign_in(device, eve)
    assert world.everything() | {"user": []} == before | {"user": []}


def test_secret_that_died_while_a_request_ran_does_not_sign_in(world: World) -> None:
    """A password's hash takes time, and a proxy more: the proof is checked again in the transaction."""
    old, _ = world.device_with("ada")
    held = world.device(old)
    new = world.sign_in(world.use(old), world.user("bob")).secret
    world.use(new)
    world.clock.advance(days=1)
    with pytest.raises(SessionChanged):
        world.sign_in(held, world.user("eve"))


def test_present_again_follows_the_secret_that_the_socket_had(world: World) -> None:
    """An open socket proves no more than its cookie did, and dies with it."""
    old, (ada,) = world.device_with("ada")
    held = world.device(old)
    new = world.sign_in(world.use(old), world.user("bob")).secret

    def again() -> devices.ProvenDevice | None:
        return world.read(lambda db: devices.reread(db, held.id, held.generation, now=world.clock.now))

    found = again()
    assert found is not None
    assert [session.id for session in found.sessions] == [ada]
    world.use(new)
    world.clock.advance(seconds=GRACE)
    assert again() is None


@pytest.mark.parametrize("generation", [-1, 1, 2**31 - 1])
def test_present_again_refuses_a_generation_that_never_was(world: World, generation: int) -> None:
    """One cannot name a newer one than was made."""
    device = world.device(world.device_with("ada")[0])
    assert world.read(lambda db: devices.reread(db, device.id, generation, now=world.clock.now)) is None


def test_devices_are_apart(world: World) -> None:
    """Each secret opens its own device, whoever is signed in on both."""
    first, (one,) = world.device_with("ada")
    ada = world.rows(User)[0]
    second = world.sign_in(None, ada)
    assert [session.id for session in world.device(first).sessions] == [one]
    assert [session.id for session in world.device(second.secret).sessions] == [second.session.id]
    keys = {device.state_key for device in world.rows(Device)}
    assert len(keys) == 2
