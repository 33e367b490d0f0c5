"""The password typed again, and changed: who is let through, who is signed out, and which cookies die."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.database.models import DeviceSession, SecurityEvent, User
from multisession_app.multi_session.errors import InvalidCredentials, InvalidPassword, InvalidSession, SessionChanged
from multisession_app.multi_session.options import SECRET_GRACE
from multisession_app.multi_session.queries.devices import ProvenDevice
from multisession_app.multi_session.security import passwords
from multisession_app.multi_session.security.origins import Source
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.running import run
from tests.support.world import Clock, World

NEW = "another fine password"
CHANGE = {"currentPassword": PASSWORD, "newPassword": NEW}


@pytest.fixture
def ada(visitor: Browser) -> str:
    """Ada is signed in, with a cookie that is in use; return her session's id."""
    session_id = visitor.sign_up("ada")
    visitor.names()
    return session_id


def change(browser: Browser, **more: Any) -> httpx.Response:
    """Change the active user's password."""
    return browser.post("/change-password", CHANGE | more)


def refusal(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Return the status, code and field of a refusal."""
    return answer.status_code, answer.json()["code"], answer.json().get("field")


def device_of(world: World, browser: Browser) -> ProvenDevice:
    """Look a browser's cookie up."""
    return world.device(browser.secret)


async def outcomes(*verbs: Any) -> list[object]:
    """Carry verbs out at the same time and return the class of each refusal, None for success."""
    done = await asyncio.gather(*verbs, return_exceptions=True)
    return [type(answer) if isinstance(answer, Exception) else None for answer in done]


@pytest.mark.standard("NIST 5.2")
def test_reauthenticating_makes_a_new_secret_and_notes_the_time(
    visitor: Browser, ada: str, clock: Clock, world: World
) -> None:
    """The session, and all others of the device, stay."""
    before, old = world.row(ada), visitor.secret
    clock.advance(hours=1)
    answer = visitor.post("/reauthenticate", {"password": PASSWORD})
    assert (answer.status_code, answer.json()) == (200, {"status": True})
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert visitor.secret != old
    assert visitor.active() == "ada"
    after = world.row(ada)
    assert after.authenticated_at == clock.now
    assert (after.generation, after.expires_at) == (before.generation, before.expires_at)


def test_lost_answer_of_a_reauthentication_loses_no_device(visitor: Browser, ada: str, clock: Clock) -> None:
    """The browser goes on with the old cookie, and can try again."""
    old = visitor.copy()
    visitor.post("/reauthenticate", {"password": PASSWORD})
    clock.advance(days=2)
    assert old.active() == "ada"
    assert old.post("/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert old.active() == "ada"


@pytest.mark.standard("ASVS 7.5.1")
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/reauthenticate", {"password": "x" + PASSWORD}, "password"),
        ("/reauthenticate", {"password": ""}, "password"),
        ("/reauthenticate", {"password": "x" * 10_000}, "password"),
        ("/change-password", CHANGE | {"currentPassword": "x" + PASSWORD}, "currentPassword"),
        ("/delete-user", {"password": "x" + PASSWORD}, "password"),
    ],
)
def test_wrong_password_changes_nothing(
    visitor: Browser, ada: str, world: World, path: str, body: dict[str, str], field: str
) -> None:
    """It is said about its field, and written down for the user to read."""
    before = world.everything()
    answer = visitor.post(path, body)
    assert refusal(answer) == (400, "INVALID_PASSWORD", field)
    assert "set-cookie" not in answer.headers
    assert world.everything() | {"security_event": []} == before | {"security_event": []}
    (failed,) = [event for event in world.rows(SecurityEvent) if event.kind == "failed_sign_in"]
    assert failed.session_id == ada


@pytest.mark.parametrize("path", ["/reauthenticate", "/change-password", "/delete-user"])
def test_guesses_are_counted_with_those_at_sign_in(
    visitor: Browser, client: Callable[..., Browser], ada: str, path: str
) -> None:
    """Ten from this device, whatever the door; the owner's other devices are not concerned."""
    wrong = {"email": email_of("ada"), "password": "wrong", "currentPassword": "wrong", "newPassword": NEW}
    for door in ("/sign-in/email", path) * 5:
        assert visitor.post(door, wrong).status_code in {400, 401}
    right = {"password": PASSWORD} | CHANGE
    answer = visitor.post(path, right)
    assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert client().sign_in("ada")


def test_right_passwords_are_not_counted(visitor: Browser, ada: str, clock: Clock) -> None:
    """However often one is asked for it."""
    for _ in range(12):
        assert visitor.post("/reauthenticate", {"password": PASSWORD}).status_code == 200
        assert visitor.active() == "ada"


def test_change_answers_token_and_user_and_sets_a_cookie(visitor: Browser, ada: str) -> None:
    """As upstream's client wants it; only the new password signs in from now on."""
    answer = change(visitor)
    assert (answer.status_code, answer.json()["token"], answer.json()["user"]["name"]) == (200, ada, "ada")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert visitor.active() == "ada"
    for password, status in ((PASSWORD, 401), (NEW, 200)):
        body = {"email": email_of("ada"), "password": password}
        assert visitor.post("/sign-in/email", body).status_code == status


@pytest.mark.standard("ASVS 7.4.3")
def test_change_ends_the_users_sessions_on_other_devices(
    visitor: Browser, client: Callable[..., Browser], ada: str, world: World
) -> None:
    """On by default; nobody else's, and no e-mail stays behind there."""
    phone = client()
    there = phone.sign_in("ada")
    phone.sign_up("bob")
    assert change(visitor).status_code == 200
    assert (visitor.active(), phone.names()) == ("ada", ["bob"])
    assert world.row(there).revoked_reason == "password_changed"
    assert device_of(world, phone).remembered == ()


@pytest.mark.standard("ASVS 7.4.3")
def test_change_may_leave_the_other_sessions(visitor: Browser, client: Callable[..., Browser], ada: str) -> None:
    """If the person says so, in the word that upstream has for it."""
    phone = client()
    phone.sign_in("ada")
    assert change(visitor, revokeOtherSessions=False).status_code == 200
    assert phone.active() == "ada"
    values: list[Any] = ["no", None, 0, []]
    for value in values:
        assert refusal(change(visitor, revokeOtherSessions=value))[:2] == (400, "VALIDATION_ERROR")


@pytest.mark.standard("ASVS 7.2.4")
def test_older_cookies_die_at_the_first_use_of_the_new_one(
    visitor: Browser, ada: str, world: World, clock: Clock
) -> None:
    """Without a minute of grace: whoever has a copy is out, even one that was in its minute already."""
    older = visitor.copy()
    visitor.post("/reauthenticate", {"password": PASSWORD})
    visitor.names()
    clock.advance(seconds=SECRET_GRACE.total_seconds() / 2)
    old = visitor.copy()
    assert change(visitor).status_code == 200
    assert (older.active(), old.active()) == ("ada", "ada"), "until it is sure that the browser has the new one"
    assert visitor.active() == "ada"
    assert (older.active(), old.active()) == (None, None)


def test_older_cookies_die_even_if_the_answer_to_the_change_was_lost(visitor: Browser, ada: str, clock: Clock) -> None:
    """The next secret's first use ends them as that one's would have."""
    thief, owner = visitor.copy(), visitor.copy()
    assert change(visitor).status_code == 200
    clock.advance(minutes=1)
    assert owner.post("/reauthenticate", {"password": NEW}).status_code == 200
    assert owner.active() == "ada"
    assert thief.active() is None


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("short", "PASSWORD_TOO_SHORT"),
        ("x" * 129, "PASSWORD_TOO_LONG"),
        ("password123", "PASSWORD_TOO_COMMON"),
        ("ada@example.com", "PASSWORD_TOO_COMMON"),
        (PASSWORD, "PASSWORD_UNCHANGED"),
        # The same in full-width letters, as another keyboard types it.
        ("".join(chr(ord(c) + 0xFEE0) if c != " " else "\u3000" for c in PASSWORD), "PASSWORD_UNCHANGED"),
    ],
)
def test_bad_new_password_is_refused(visitor: Browser, ada: str, world: World, new: str, code: str) -> None:
    """In words, about the field of the new one, and nothing changes."""
    before = world.everything()
    assert refusal(change(visitor, newPassword=new)) == (400, code, "newPassword")
    assert world.everything() == before


def test_new_password_that_is_the_old_one_is_not_told_to_a_guesser(visitor: Browser, ada: str) -> None:
    """Only who knows the old one hears it."""
    assert refusal(change(visitor, currentPassword="a guess", newPassword=PASSWORD))[1] == "INVALID_PASSWORD"


def test_of_two_changes_at_once_one_wins(
    visitor: Browser, client: Callable[..., Browser], ada: str, multi_session: MultiSession, world: World
) -> None:
    """From two devices, both with the old password: the loser's is not stored, and its device is signed out."""
    phone = client()
    phone.sign_in("ada")
    phone.names()
    one, other = device_of(world, visitor), device_of(world, phone)
    verbs = [
        multi_session.authentication.change_password(device, current=PASSWORD, new=new, source=Source())
        for device, new in ((one, NEW), (other, "yet another password"))
    ]
    # The loser has verified the old password before the winner's commit, or after it.
    lost = {None, InvalidCredentials}, {None, InvalidPassword}
    assert set(run(outcomes(*verbs))) in lost
    assert sorted(row.revoked_reason or "" for row in world.rows(DeviceSession)) == ["", "password_changed"]
    changes = [event for event in world.rows(SecurityEvent) if event.kind == "password_changed"]
    assert sorted(event.detail for event in changes) == ["", "session_ended"]


@pytest.mark.parametrize("verb", ["sign_in", "reauthenticate", "delete_user"])
def test_old_password_verified_before_the_change_opens_nothing_after_it(
    visitor: Browser,
    client: Callable[..., Browser],
    ada: str,
    multi_session: MultiSession,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
) -> None:
    """Else a thief who knows the old one could sign in across the change that was to shut them out."""
    phone = client()
    phone.sign_in("ada")
    phone.names()
    there = device_of(world, phone)
    here = device_of(world, visitor)
    real = passwords.verify_password
    is_first = True

    async def change_meanwhile(password: str, password_hash: str | None) -> tuple[bool, str | None]:
        nonlocal is_first
        answer = await real(password, password_hash)
        if is_first:
            is_first = False
            await multi_session.authentication.change_password(
                here, current=PASSWORD, new=NEW, revoke_others=False, source=Source()
            )
        return answer

    monkeypatch.setattr(passwords, "verify_password", change_meanwhile)

    async def go() -> object:
        if verb == "sign_in":
            return await multi_session.authentication.sign_in(
                None, email=email_of("ada"), password=PASSWORD, source=Source()
            )
        return await getattr(multi_session.authentication, verb)(there, password=PASSWORD, source=Source())

    sessions = len(world.rows(DeviceSession))
    with pytest.raises(InvalidCredentials):
        run(go())
    assert len(world.rows(DeviceSession)) == sessions
    assert [user.name for user in world.rows(User)] == ["ada"]


def test_reauthenticating_while_another_account_signs_in_loses_neither(
    visitor: Browser, ada: str, multi_session: MultiSession, world: World
) -> None:
    """Both want to hand out the next secret: one does, the other is asked to try again, and changes nothing."""
    device = device_of(world, visitor)
    run(
        multi_session.authentication.sign_up(
            None, name="Bob", email="bob@example.com", password=PASSWORD, source=Source()
        )
    )
    verbs = [
        multi_session.authentication.reauthenticate(device, password=PASSWORD, source=Source()),
        multi_session.authentication.sign_in(device, email="bob@example.com", password=PASSWORD, source=Source()),
    ]
    assert sorted(map(str, run(outcomes(*verbs)))) == sorted(map(str, [None, SessionChanged]))


@pytest.mark.parametrize("verb", ["reauthenticate", "change_password", "delete_user"])
def test_session_that_ended_while_the_password_was_verified_does_nothing(
    visitor: Browser, ada: str, multi_session: MultiSession, world: World, verb: str
) -> None:
    """Signed out from another device at the same moment; all or nothing."""
    device = device_of(world, visitor)
    visitor.post("/multi-session/revoke", {"sessionId": ada})
    before = world.everything()
    words = {"current": PASSWORD, "new": NEW} if verb == "change_password" else {"password": PASSWORD}
    with pytest.raises(InvalidSession):
        run(getattr(multi_session.authentication, verb)(device, **words, source=Source()))
    assert world.everything() == before


def test_replaced_cookie_cannot_be_made_new(visitor: Browser, ada: str, world: World) -> None:
    """Whoever has a stolen, replaced one, and the password, gets no secret that opens the whole device."""
    stolen = visitor.copy()
    visitor.sign_up("bob")
    visitor.names()
    for path, body in (("/reauthenticate", {"password": PASSWORD}), ("/change-password", CHANGE)):
        before = world.everything()
        assert refusal(stolen.post(path, body))[:2] == (409, "SESSION_CHANGED")
        assert world.everything() == before
