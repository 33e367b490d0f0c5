"""One account's sessions on all its devices, through the routes: seen from each, ended from each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.errors import InvalidSession
from multisession_app.multi_session.options import ANSWER_ON_ITS_WAY
from tests.multi_session.http.test_api import SESSION_KEYS
from tests.support.browser import PASSWORD, Browser
from tests.support.running import run
from tests.support.world import Clock, World

NEW = "another fine password"
ENDING = ["/revoke-session", "/revoke-other-sessions", "/revoke-sessions"]


@pytest.fixture
def phone(client: Callable[..., Browser]) -> Browser:
    """Another device."""
    return client(address="198.51.100.7")


@pytest.fixture
def both(visitor: Browser, phone: Browser) -> tuple[str, str]:
    """Ada is signed in on both devices; return the ids of her sessions."""
    here = visitor.sign_up("ada")
    there = phone.sign_in("ada")
    for browser in (visitor, phone):
        browser.names()
    return here, there


def sessions(browser: Browser) -> list[str]:
    """Return the ids that the active user's list holds."""
    answer = browser.get("/list-sessions")
    assert answer.status_code == 200, answer.text
    return [entry["id"] for entry in answer.json()]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


def end(browser: Browser, path: str, session_id: str = "") -> httpx.Response:
    """Post to a route that ends sessions."""
    return browser.post(path, {"token": session_id} if path == "/revoke-session" else {})


@pytest.mark.standard("ASVS 7.5.2")
def test_list_holds_the_active_users_sessions_on_every_device(
    visitor: Browser, phone: Browser, both: tuple[str, str]
) -> None:
    """This device's first, in upstream's shape; nobody else's, and none that has ended."""
    here, there = both
    visitor.sign_up("bob")
    visitor.post("/multi-session/set-active", {"sessionId": here})
    listed = visitor.get("/list-sessions")
    assert [set(entry) for entry in listed.json()] == [SESSION_KEYS | {"isCurrent"}] * 2
    assert [(entry["id"], entry["isCurrent"]) for entry in listed.json()] == [(here, True), (there, False)]
    assert listed.json()[1]["ipAddress"] == "198.51.100.7"
    assert listed.headers["cache-control"] == "no-store"
    assert sessions(phone) == [there, here]
    phone.post("/multi-session/revoke", {"sessionId": there})
    assert sessions(visitor) == [here]


def test_list_leaves_out_what_has_run_out_of_time(visitor: Browser, phone: Browser, clock: Clock) -> None:
    """As every other list does."""
    visitor.sign_up("ada")
    clock.advance(days=29)
    there = phone.sign_in("ada")
    clock.advance(days=1)
    assert sessions(phone) == [there]


def test_listing_needs_no_password(visitor: Browser, both: tuple[str, str], clock: Clock) -> None:
    """However long ago it was typed."""
    clock.advance(days=20)
    assert sessions(visitor) == list(both)


def test_session_of_another_device_ends_and_leaves_nothing_there(
    visitor: Browser, phone: Browser, both: tuple[str, str], multi_session: MultiSession, world: World
) -> None:
    """Whoever has stolen the device does not keep the e-mail; its other accounts stay signed in."""
    here, there = both
    phone.sign_up("bob")
    answer = end(visitor, "/revoke-session", there)
    assert (answer.status_code, answer.json()) == (200, {"status": True})
    assert phone.names() == ["bob"]
    assert world.row(there).revoked_reason == "revoked_elsewhere"
    assert world.device(phone.secret).remembered == ()
    assert sessions(visitor) == [here]
    assert refusal(end(visitor, "/revoke-session", there)) == (401, "INVALID_SESSION_TOKEN")


@pytest.mark.standard("ASVS 7.5.2")
def test_own_session_ends_without_a_password(
    visitor: Browser, phone: Browser, both: tuple[str, str], clock: Clock
) -> None:
    """Signing out here is always possible; who was used before takes over."""
    visitor.sign_up("bob")
    visitor.post("/multi-session/set-active", {"sessionId": both[0]})
    clock.advance(days=1)
    assert end(visitor, "/revoke-session", both[0]).status_code == 200
    assert (visitor.active(), phone.active()) == ("bob", "ada")


def test_other_sessions_end_and_this_one_stays(visitor: Browser, phone: Browser, both: tuple[str, str]) -> None:
    """The other accounts of both devices are not concerned."""
    phone.sign_up("bob")
    assert end(visitor, "/revoke-other-sessions").status_code == 200
    assert (visitor.active(), phone.names()) == ("ada", ["bob"])


def test_all_sessions_end_everywhere(visitor: Browser, phone: Browser, both: tuple[str, str], world: World) -> None:
    """This one too; the other accounts of both devices are not concerned."""
    phone.sign_up("bob")
    answer = end(visitor, "/revoke-sessions")
    assert answer.status_code == 200
    assert answer.headers["clear-site-data"] == '"cache"'
    assert (visitor.active(), phone.names()) == (None, ["bob"])
    assert {world.row(session_id).revoked_reason for session_id in both} == {"signed_out_everywhere"}


@pytest.mark.standard("ASVS 7.5.2", "ASVS 7.5.3")
@pytest.mark.parametrize("path", ENDING)
def test_ending_elsewhere_needs_a_fresh_password(
    visitor: Browser, both: tuple[str, str], clock: Clock, world: World, path: str
) -> None:
    """Ten minutes after the sign-in and not a second more; typing it again is enough."""
    clock.advance(minutes=10)
    visitor.names()
    clock.advance(seconds=1)
    before = world.everything()
    assert refusal(end(visitor, path, both[1])) == (403, "SESSION_NOT_FRESH")
    assert world.everything() == before
    assert visitor.post("/reauthenticate", {"password": PASSWORD}).status_code == 200
    clock.advance(minutes=10)
    assert end(visitor, path, both[1]).status_code == 200
    assert world.row(both[1]).revoked_at == clock.now


def test_fresh_for_is_an_option(
    kit_with: Callable[..., MultiSession], client: Callable[..., Browser], clock: Clock
) -> None:
    """An app may ask sooner."""
    visitor = client(kit_with(fresh_for=timedelta(minutes=1)))
    visitor.sign_up("ada")
    clock.advance(seconds=61)
    assert refusal(end(visitor, "/revoke-sessions")) == (403, "SESSION_NOT_FRESH")


@pytest.mark.parametrize("path", ENDING)
def test_replaced_cookie_gains_nothing_by_a_password_typed_with_its_successor(
    visitor: Browser, both: tuple[str, str], clock: Clock, world: World, path: str
) -> None:
    """A stolen copy lives on for a minute, and for that minute is not fresh."""
    clock.advance(minutes=11)
    stolen = visitor.copy()
    assert visitor.post("/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert visitor.active() == "ada"
    assert stolen.active() == "ada"
    assert refusal(end(stolen, path, both[1])) == (403, "SESSION_NOT_FRESH")
    assert world.row(both[1]).revoked_at is None
    assert end(visitor, path, both[1]).status_code == 200


@pytest.mark.parametrize("path", ENDING)
@pytest.mark.parametrize("proof", ["/reauthenticate", "/change-password"])
def test_old_cookie_gains_nothing_by_a_password_whose_answer_was_lost(
    visitor: Browser, both: tuple[str, str], clock: Clock, world: World, proof: str, path: str
) -> None:
    """A thief may take the lost cookie's place by signing in with an account of their own, and is not fresh then."""
    clock.advance(minutes=11)
    stolen = visitor.copy()
    words = {"password": PASSWORD, "currentPassword": PASSWORD, "newPassword": NEW, "revokeOtherSessions": False}
    assert visitor.post(proof, words).status_code == 200
    clock.now += ANSWER_ON_ITS_WAY
    stolen.sign_up("eve")
    assert stolen.names() == ["eve", "ada"]
    assert stolen.post("/multi-session/set-active", {"sessionId": both[0]}).status_code == 200
    assert refusal(end(stolen, path, both[1])) == (403, "SESSION_NOT_FRESH")
    assert world.row(both[1]).revoked_at is None


def test_password_typed_again_after_a_lost_answer_is_enough(
    visitor: Browser, both: tuple[str, str], clock: Clock
) -> None:
    """The owner, too, has the old cookie then."""
    clock.advance(minutes=11)
    old = visitor.copy()
    visitor.post("/reauthenticate", {"password": PASSWORD})
    clock.now += ANSWER_ON_ITS_WAY
    assert old.post("/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert end(old, "/revoke-session", both[1]).status_code == 200


def test_another_accounts_password_on_the_same_device_does_not_count(
    visitor: Browser, both: tuple[str, str], clock: Clock
) -> None:
    """Freshness is the session's, not the device's."""
    clock.advance(minutes=11)
    visitor.sign_up("bob")
    visitor.names()
    assert visitor.post("/multi-session/set-active", {"sessionId": both[0]}).status_code == 200
    assert refusal(end(visitor, "/revoke-session", both[1])) == (403, "SESSION_NOT_FRESH")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "kind", ["unknown", "foreign", "neighbour", "revoked", "evicted", "expired", "empty", "long", "odd", "secret"]
)
def test_other_session_id_is_refused_alike(
    visitor: Browser, phone: Browser, client: Callable[..., Browser], clock: Clock, world: World, kind: str
) -> None:
    """Another user's, on whatever device, as one that never was; nothing changed."""
    laptop, stranger = client(), client()
    expired = laptop.sign_up("ada")
    clock.advance(days=30)
    here, there = visitor.sign_in("ada"), phone.sign_in("ada")
    phone.post("/multi-session/revoke", {"sessionId": there})
    tablet = client()
    evicted = tablet.sign_in("ada")
    for name in ("u1", "u2", "u3", "u4", "u5"):
        tablet.sign_up(name)
    neighbour = visitor.sign_up("bob")
    visitor.names()
    visitor.post("/multi-session/set-active", {"sessionId": here})
    ids = {
        "unknown": "00000000-0000-4000-8000-000000000000",
        "foreign": stranger.sign_up("eve"),
        "neighbour": neighbour,
        "revoked": there,
        "evicted": evicted,
        "expired": expired,
        "empty": "",
        "long": "x" * 10_000,
        "odd": "\u202e½",
        "secret": visitor.secret,
    }
    before = world.everything()
    answer = end(visitor, "/revoke-session", ids[kind])
    assert refusal(answer) == (401, "INVALID_SESSION_TOKEN")
    assert answer.json() == end(visitor, "/revoke-session", "x").json()
    assert world.everything() == before


@pytest.mark.sqlite
@pytest.mark.parametrize("path", [*ENDING, "/reauthenticate", "/change-password", "/delete-user"])
def test_page_that_shows_another_account_changes_nothing(
    visitor: Browser, both: tuple[str, str], world: World, path: str
) -> None:
    """The device has gone on to Bob; what was clicked for Ada is not done to him."""
    visitor.sign_up("bob")
    visitor.names()
    before = world.everything()
    passwords = {"password": PASSWORD, "currentPassword": PASSWORD, "newPassword": NEW}
    for on_screen in (both[0], "", "unknown"):
        answer = visitor.post(path, {"sessionId": on_screen, "token": both[1], **passwords})
        assert refusal(answer) == (409, "SESSION_CHANGED")
    assert world.everything() == before


def test_session_that_ended_while_its_request_ran_ends_no_others(
    visitor: Browser, both: tuple[str, str], multi_session: MultiSession, world: World
) -> None:
    """Signed out from the phone at the same moment: the transaction looks again."""
    device = world.device(visitor.secret)
    visitor.post("/multi-session/revoke", {"sessionId": both[0]})
    for verb in (multi_session.user_sessions.revoke_other_sessions, multi_session.user_sessions.revoke_sessions):
        with pytest.raises(InvalidSession):
            run(verb(device))
    assert world.row(both[1]).revoked_at is None


@pytest.mark.parametrize("path", ["/revoke-other-sessions", "/revoke-sessions", "/change-password"])
def test_session_that_stood_idle_too_long_ends_with_the_others(
    kit_with: Callable[..., MultiSession], client: Callable[..., Browser], clock: Clock, path: str
) -> None:
    """Else a thief's would come back to life with a longer `idle_timeout`, after all that the owner has done."""
    strict = kit_with(idle_timeout=timedelta(hours=1))
    thief = client(strict)
    thief.sign_up("ada")
    thief.names()
    clock.advance(hours=2)
    owner = client(strict)
    owner.sign_in("ada")
    owner.names()
    assert (thief.active(), len(sessions(owner))) == (None, 1)
    assert owner.post(path, {"currentPassword": PASSWORD, "newPassword": NEW}).status_code == 200
    later = client(kit_with())
    later.cookies = thief.cookies
    assert later.names() == []
