"""Every route: what it takes, what it answers, and that no answer says too much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from multisession_app.multi_session.database.models import Device, DeviceSecret, User
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.world import Clock, World

SESSION_KEYS = {
    "id",
    "token",
    "userId",
    "createdAt",
    "updatedAt",
    "expiresAt",
    "lastActiveAt",
    "ipAddress",
    "userAgent",
}
USER_KEYS = {"id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt"}
READING = ["/get-session", "/multi-session/list-device-sessions"]
NAMING = ["/multi-session/set-active", "/multi-session/revoke"]
POSTING = ["/sign-up/email", "/sign-in/email", "/sign-out", *NAMING]
POSTING += ["/multi-session/revoke-others", "/multi-session/revoke-all"]
PROVING = ["/reauthenticate", "/change-password", "/delete-user"]
POSTING += ["/revoke-session", "/revoke-other-sessions", "/revoke-sessions", *PROVING]
SIGNED_IN_ONLY = ["/list-sessions", "/list-security-events", *POSTING[-6:]]


def check_session_and_user(answer: Any, name: str) -> None:
    """Both objects have exactly the fields that upstream's client reads."""
    session, user = answer["session"], answer["user"]
    assert (set(session), set(user)) == (SESSION_KEYS, USER_KEYS)
    assert session["id"] == session["token"]
    assert session["userId"] == user["id"]
    assert (user["name"], user["email"], user["emailVerified"], user["image"]) == (name, email_of(name), False, None)
    for time in ("createdAt", "updatedAt", "expiresAt", "lastActiveAt"):
        assert datetime.fromisoformat(session[time]).utcoffset() is not None


def test_sign_up_answers_token_and_user_and_sets_the_cookie(visitor: Browser) -> None:
    """The token is the public id of the session."""
    body = {"name": "Ada", "email": "ADA@Example.com", "password": PASSWORD, "callbackURL": "/", "image": "x", "odd": 1}
    answer = visitor.post("/sign-up/email", body, {"User-Agent": "Netscape\u00a0"[:8]})
    assert answer.status_code == 200
    assert set(answer.json()) == {"token", "user"}
    assert set(answer.json()["user"]) == USER_KEYS
    assert answer.json()["user"]["email"] == "ada@example.com"
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=Lax" in answer.headers["set-cookie"]
    assert visitor.listed()[0]["id"] == answer.json()["token"]
    assert visitor.listed()[0]["userAgent"] == "Netscape"


def test_sign_in_answers_redirect_token_and_user_and_sets_a_new_cookie(visitor: Browser) -> None:
    """As upstream's client wants it."""
    visitor.sign_up("ada")
    before = visitor.secret
    answer = visitor.post("/sign-in/email", {"email": " ADA@example.com", "password": PASSWORD, "rememberMe": True})
    assert (answer.status_code, answer.json()["redirect"]) == (200, False)
    assert set(answer.json()) == {"redirect", "token", "user"}
    assert visitor.secret != before


def test_get_session_answers_the_active_session_or_null(visitor: Browser) -> None:
    """Signed out is no error."""
    answer = visitor.get("/get-session")
    assert (answer.status_code, answer.json()) == (200, None)
    visitor.sign_up("ada")
    visitor.sign_up("bob")
    check_session_and_user(visitor.get("/get-session").json(), "bob")


def test_list_answers_all_accounts_last_used_first(visitor: Browser) -> None:
    """Each with its session, its user and whether it is the current one."""
    assert visitor.listed() == []
    ada, bob = visitor.sign_up("ada"), visitor.sign_up("bob")
    listed = visitor.listed()
    assert [(entry["id"], entry["isCurrent"]) for entry in listed] == [(bob, True), (ada, False)]
    for entry, name in zip(listed, ("bob", "ada"), strict=True):
        check_session_and_user(entry, name)
        assert set(entry) == {"session", "user", "id", "userAgent", "ipAddress", "lastActiveAt", "isCurrent"}


@pytest.mark.parametrize("field", ["sessionToken", "sessionId"])
def test_set_active_answers_the_session_that_is_now_active(visitor: Browser, field: str) -> None:
    """Under upstream's name for the id and under ours."""
    ada, _ = visitor.sign_up("ada"), visitor.sign_up("bob")
    answer = visitor.post("/multi-session/set-active", {field: ada})
    assert answer.status_code == 200
    check_session_and_user(answer.json(), "ada")
    assert visitor.active() == "ada"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("field", ["sessionToken", "sessionId"])
def test_revoke_ends_one_account(visitor: Browser, field: str) -> None:
    """Who was used last takes over."""
    _, bob = visitor.sign_up("ada"), visitor.sign_up("bob")
    answer = visitor.post("/multi-session/revoke", {field: bob})
    assert (answer.status_code, answer.json()) == (200, {"status": True})
    assert visitor.active() == "ada"
    again = visitor.post("/multi-session/revoke", {field: bob})
    assert (again.status_code, again.json()["code"]) == (401, "INVALID_SESSION_TOKEN")


def test_revoke_others_keeps_the_active_account(visitor: Browser) -> None:
    """The others are signed out."""
    for name in ("ada", "bob", "cleo"):
        visitor.sign_up(name)
    assert visitor.post("/multi-session/revoke-others").json() == {"status": True}
    assert visitor.names() == ["cleo"]


@pytest.mark.parametrize(
    ("path", "expected"), [("/multi-session/revoke-all", {"status": True}), ("/sign-out", {"success": True})]
)
def test_sign_out_ends_every_account_of_this_device(
    client: Callable[..., Browser], path: str, expected: dict[str, bool]
) -> None:
    """As upstream; the same person's other device stays, and without any account it is no error."""
    one, other = client(), client()
    one.sign_up("ada")
    one.sign_up("bob")
    other.sign_in("ada")
    for _ in range(2):
        answer = one.post(path)
        assert (answer.status_code, answer.json()) == (200, expected)
    assert (one.active(), one.names(), other.names()) == (None, [], ["ada"])


def test_ok_says_that_the_database_answers(visitor: Browser) -> None:
    """For who watches the server."""
    assert visitor.get("/ok").json() == {"ok": True}


def test_signed_out_browser_can_sign_in_again(visitor: Browser, world: World) -> None:
    """As a new device: nobody was left on the old one, so its cookie was deleted."""
    visitor.sign_up("ada")
    visitor.post("/sign-out")
    visitor.sign_in("ada")
    assert visitor.names() == ["ada"]
    assert len(world.rows(Device)) == 2


def test_session_id_is_no_bearer_token(visitor: Browser, client: Callable[..., Browser]) -> None:
    """It is public: it opens nothing, however it is sent."""
    ada = visitor.sign_up("ada")
    for stranger in (client(), client().holding(ada)):
        for headers in ({}, {"Authorization": f"Bearer {ada}"}, {"X-Session-Token": ada}):
            assert stranger.get("/get-session", headers).json() is None
            answer = stranger.post("/multi-session/revoke", {"sessionToken": ada}, headers)
            assert answer.json()["code"] == "INVALID_SESSION_TOKEN"
    assert visitor.active() == "ada"


@pytest.mark.standard("NIST 2.1.3")
def test_expired_account_is_gone_from_every_answer(visitor: Browser, clock: Clock) -> None:
    """Thirty days after its sign-in, whatever happened meanwhile."""
    ada = visitor.sign_up("ada")
    clock.advance(days=15)
    visitor.sign_up("bob")
    visitor.post("/multi-session/set-active", {"sessionToken": ada})
    clock.advance(days=15)
    assert (visitor.active(), visitor.names()) == ("bob", ["bob"])
    assert visitor.post("/multi-session/set-active", {"sessionToken": ada}).status_code == 401


def test_user_agent_is_kept_short_and_printable(visitor: Browser) -> None:
    """It is shown to the person; nobody can fill the database with it."""
    body = {"name": "Ada", "email": email_of("ada"), "password": PASSWORD}
    visitor.ask("POST", "/sign-up/email", {"User-Agent": "A\tB" + "x" * 5000}, json=body)
    assert visitor.listed()[0]["userAgent"] == ("AB" + "x" * 5000)[:512]


@pytest.mark.standard("ASVS 3.3.4", "OWASP Session 11")
def test_answers_hold_no_secret_and_stay_out_of_caches(visitor: Browser, world: World) -> None:
    """Neither the cookie's value, nor a hash, nor the key of the state trees, in no answer of any route."""
    body = {"name": "Ada", "email": email_of("ada"), "password": PASSWORD}
    answers = [visitor.post("/sign-up/email", body), visitor.post("/sign-up/email", body)]
    answers += [visitor.post("/sign-in/email", body), visitor.post("/sign-in/email", {**body, "password": "wrong"})]
    answers += [visitor.get(path) for path in [*READING, "/ok", "/nowhere"]]
    ada, secret = visitor.listed()[0]["id"], visitor.secret
    answers += [visitor.post(path, {"sessionToken": ada}) for path in [*NAMING, *NAMING]]
    answers += [visitor.post(path) for path in POSTING]
    hidden = {row.password_hash for row in world.rows(User)} | {row.state_key for row in world.rows(Device)}
    hidden |= {row.id for row in world.rows(Device)} | {row.hash for row in world.rows(DeviceSecret)} | {secret}
    for answer in answers:
        assert not [value for value in hidden if value in answer.text]
        assert "argon2" not in answer.text
        assert PASSWORD not in answer.text
        if answer.status_code != 404:
            assert answer.headers["cache-control"] == "no-store", answer.url
