"""Accounts whose time is over or who made room: they stay on the device's screens, and open nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.errors import InvalidSession
from multisession_app.multi_session.options import REMEMBERED_MAX
from multisession_app.multi_session.queries import device_sessions as verbs, ended_sessions
from tests.support.browser import Browser
from tests.support.handshakes import call_socket
from tests.support.running import run
from tests.support.state_tab import Tab
from tests.support.world import Clock, World

DAYS = timedelta(days=30)


def remembered(world: World, secret: str) -> list[str]:
    """Return who is remembered on the device, last used first."""
    return [session.user.name for session in world.device(secret).remembered]


def signed_in(world: World, secret: str) -> list[str]:
    """Return who is signed in on the device, last used first."""
    return [session.user.name for session in world.device(secret).sessions]


def test_expired_account_is_remembered(world: World) -> None:
    """Out of the list of those who are signed in, marked in the other."""
    secret, _ = world.device_with("ada")
    world.clock.advance(days=15)
    opened = world.sign_in(world.use(secret), world.user("bob"))
    world.clock.advance(days=15)
    device = world.device(opened.secret)
    assert [session.user.name for session in device.sessions] == ["bob"]
    (ada,) = device.remembered
    assert (ada.user.email, ada.is_signed_out, ada.is_current) == ("ada@example.com", True, False)


def test_evicted_account_is_remembered(world: World) -> None:
    """Who made room can come back."""
    secret, _ = world.device_with("ada", "bob")
    opened = world.sign_in(world.use(secret), world.user("cleo"), maximum=2)
    assert signed_in(world, opened.secret) == ["cleo", "bob"]
    assert remembered(world, opened.secret) == ["ada"]


@pytest.mark.parametrize("way", ["revoke", "revoke_others", "revoke_all"])
def test_who_signed_out_by_hand_is_not_remembered(world: World, way: str) -> None:
    """A stolen laptop does not keep the e-mail."""
    secret, (ada, bob) = world.device_with("ada", "bob")
    device, now = world.device(secret), world.clock.now
    if way == "revoke":
        world.write(lambda db: verbs.revoke(db, device, ada, now=now))
    elif way == "revoke_others":
        world.write(lambda db: verbs.revoke_others(db, device, bob, now=now))
    else:
        world.write(lambda db: verbs.revoke_all(db, device, now=now))
    assert remembered(world, secret) == []


def test_sign_out_of_all_forgets_the_remembered_too(world: World) -> None:
    """Nothing is left behind."""
    secret, _ = world.device_with("ada", "bob")
    opened = world.sign_in(world.use(secret), world.user("cleo"), maximum=1)
    device = world.device(opened.secret)
    assert remembered(world, opened.secret) == ["bob", "ada"]
    world.write(lambda db: verbs.revoke_all(db, device, now=world.clock.now))
    assert remembered(world, opened.secret) == []


@pytest.mark.parametrize("end", ["expiry", "eviction"])
def test_signing_in_again_ends_the_remembering(world: World, end: str) -> None:
    """One row for each account, and none comes back when that session is signed out by hand."""
    ada = world.user("ada")
    opened = world.sign_in(None, ada)
    if end == "expiry":
        world.clock.advance(days=30)
    else:
        opened = world.sign_in(world.use(opened.secret), world.user("bob"), maximum=1)
    opened = world.sign_in(world.use(opened.secret), ada)
    assert "ada" not in remembered(world, opened.secret)
    device = world.device(opened.secret)
    world.write(lambda db: verbs.revoke(db, device, opened.session.id, now=world.clock.now))
    assert "ada" not in remembered(world, opened.secret) + signed_in(world, opened.secret)


def test_remembered_account_opens_nothing(client: Callable[..., Browser], clock: Clock) -> None:
    """Not to be switched to, signed out of or read as, nor in any list of the wire."""
    visitor = client()
    ada = visitor.sign_up("ada")
    clock.advance(days=30)
    assert visitor.active() is None
    assert visitor.listed() == []
    for path in ("/multi-session/set-active", "/multi-session/revoke"):
        answer = visitor.post(path, {"sessionId": ada})
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_SESSION_TOKEN")


def test_forget_takes_a_remembered_account_off_the_screens(visitor: Browser, multi_session: MultiSession) -> None:
    """By the HTTP door; a second time it is unknown."""
    multi_session.options = type(multi_session.options)(maximum_sessions=1)
    ada, _ = visitor.sign_up("ada"), visitor.sign_up("bob")
    assert visitor.post("/multi-session/forget", {"sessionId": ada}).json() == {"status": True}
    device = run(multi_session.devices.find(visitor.secret_hash))
    assert device is not None
    assert device.remembered == ()
    assert visitor.post("/multi-session/forget", {"sessionId": ada}).status_code == 401
    assert visitor.names() == ["bob"]


def test_forget_refuses_whom_it_may_not_touch(client: Callable[..., Browser], world: World, clock: Clock) -> None:
    """Signed in, foreign, unknown and no id at all: alike, and nothing changed."""
    visitor, stranger = client(), client()
    theirs = stranger.sign_up("eve")
    clock.advance(days=30)
    mine = visitor.sign_up("ada")
    visitor.names()
    before = world.everything()
    answers = [visitor.post("/multi-session/forget", {"sessionId": id}) for id in (mine, theirs, "unknown", "")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert client().post("/multi-session/forget", {"sessionId": theirs}).text == answers[0].text
    assert world.everything() == before


def test_verb_forget_refuses_a_signed_in_account(world: World) -> None:
    """The verb itself, not only the doors before it."""
    secret, (ada,) = world.device_with("ada")
    device = world.device(secret)
    with pytest.raises(InvalidSession):
        world.write(lambda db: ended_sessions.forget(db, device, ada, now=world.clock.now))
    assert signed_in(world, secret) == ["ada"]


def test_old_secret_does_not_see_who_came_later(world: World) -> None:
    """A stolen cookie that was replaced tells no e-mail of the accounts made after it."""
    secret, _ = world.device_with("ada")
    opened = world.sign_in(world.use(secret), world.user("bob"), timeout=timedelta(minutes=1))
    world.clock.advance(minutes=2)
    assert remembered(world, opened.secret) == ["bob"]
    assert remembered(world, secret) == []


def test_the_oldest_are_forgotten(world: World) -> None:
    """A browser that many people pass by keeps the last few of them."""
    secret, _ = world.device_with("first")
    for number in range(REMEMBERED_MAX + 1):
        world.clock.advance(seconds=1)
        secret = world.sign_in(world.use(secret), world.user(f"n{number}"), maximum=1).secret
    assert len(remembered(world, secret)) == REMEMBERED_MAX
    assert "first" not in remembered(world, secret)


def test_screen_shows_the_remembered_after_the_others(
    visitor: Browser, tab: Callable[..., Tab], multi_session: MultiSession
) -> None:
    """Marked; and "Sign out of all accounts" counts those who are signed in."""
    multi_session.options = type(multi_session.options)(maximum_sessions=1)
    ada, bob = visitor.sign_up("ada"), visitor.sign_up("bob")
    shown = tab(visitor)
    assert [(a.id, a.is_signed_out, a.is_current) for a in shown.state.accounts] == [
        (bob, False, True),
        (ada, True, False),
    ]
    assert not shown.state.has_others
    shown.call("forget", ada)
    assert "ada" in shown.state.notice
    shown.call("refresh")
    assert [a.id for a in shown.state.accounts] == [bob]


def test_signed_out_tab_can_forget(visitor: Browser, tab: Callable[..., Tab], clock: Clock) -> None:
    """Its device is proof enough, as for the list that it is shown."""
    ada = visitor.sign_up("ada")
    clock.advance(days=30)
    shown = tab(visitor)
    assert (shown.state.is_signed_in, [a.id for a in shown.state.accounts]) == (False, [ada])
    shown.call("forget", ada)
    shown.call("refresh")
    assert shown.state.accounts == []


def test_signed_out_tree_that_holds_the_remembered_opens_to_their_device_only(
    multi_session: MultiSession, client: Callable[..., Browser], clock: Clock
) -> None:
    """Not to whoever has read the tab's token and the session's id in a log."""
    visitor = client()
    ada = visitor.sign_up("ada")
    clock.advance(days=30)
    trees = set()
    for browser in (visitor, client()):
        inside = call_socket(multi_session, browser, query=f"token=tab~{ada}&EIO=4&transport=websocket")
        assert inside is not None
        trees.add(inside.scopes[-1]["query_string"])
    assert len(trees) == 2


def test_what_became_of_a_forgotten_account_is_told_nobody(
    visitor: Browser, multi_session: MultiSession, clock: Clock
) -> None:
    """Its name does not come back by its session's id."""
    ada = visitor.sign_up("ada")
    clock.advance(days=30)
    device = run(multi_session.devices.find(visitor.secret_hash))
    assert device is not None
    assert run(multi_session.device_sessions.find_ended(device.id, device.generation, ada)) is not None
    assert run(multi_session.device_sessions.find_ended(device.id, device.generation - 1, ada)) is None
    visitor.post("/multi-session/forget", {"sessionId": ada})
    assert run(multi_session.device_sessions.find_ended(device.id, device.generation, ada)) is None


@pytest.mark.parametrize("shown", ["\0", "\ud800", "\n", "é"])
def test_tab_that_has_shown_no_id_is_told_nothing(world: World, multi_session: MultiSession, shown: str) -> None:
    """A browser can send whatever it likes; not every database takes it."""
    secret, _ = world.device_with("ada")
    device = world.device(secret)
    assert run(multi_session.device_sessions.find_ended(device.id, device.generation, shown)) is None
