"""Who may not sign in over HTTP, and what is left behind then: nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.database.models import SecurityEvent, User
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.world import Clock, World


@pytest.mark.standard("ASVS 6.3.8")
def test_wrong_password_and_unknown_address_are_refused_alike(visitor: Browser, world: World) -> None:
    """Neither answer says which; neither leaves anything behind, but for the user to read."""
    visitor.sign_up("ada")
    visitor.names()
    before = world.everything()
    wrong = visitor.post("/sign-in/email", {"email": email_of("ada"), "password": "wrong " + PASSWORD})
    unknown = visitor.post("/sign-in/email", {"email": email_of("bob"), "password": PASSWORD})
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert (wrong.status_code, wrong.json()["code"]) == (401, "INVALID_EMAIL_OR_PASSWORD")
    assert "set-cookie" not in wrong.headers
    assert world.everything() | {"security_event": []} == before | {"security_event": []}
    assert [event.kind for event in world.rows(SecurityEvent)].count("failed_sign_in") == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"email": email_of("ada")}, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
        ({"email": "ADA@EXAMPLE.COM "}, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
        ({"email": "no address"}, 400, "INVALID_EMAIL"),
        ({"name": "  "}, 400, "INVALID_NAME"),
        ({"name": "x" * 101}, 400, "INVALID_NAME"),
        ({"password": "short"}, 400, "PASSWORD_TOO_SHORT"),
        ({"password": "vK9#xq2L" * 17}, 400, "PASSWORD_TOO_LONG"),
        ({"password": "password1"}, 400, "PASSWORD_TOO_COMMON"),
    ],
)
def test_sign_up_refuses_with_a_reason(
    visitor: Browser, world: World, change: dict[str, str], status: int, code: str
) -> None:
    """And makes no user, no session, no cookie."""
    visitor.sign_up("ada")
    visitor.names()
    before = world.everything()
    answer = visitor.post("/sign-up/email", {"name": "Bob", "email": email_of("bob"), "password": PASSWORD, **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert "set-cookie" not in answer.headers
    assert world.everything() == before


def test_full_device_answers_403_and_names_the_accounts(
    kit_with: Callable[..., MultiSession], client: Callable[..., Browser], world: World
) -> None:
    """With eviction off; the user of the refused sign-up is not made either."""
    visitor = client(kit_with(maximum_sessions=1, revoke_oldest_on_max=False))
    visitor.sign_up("ada")
    answer = visitor.post("/sign-up/email", {"name": "Bob", "email": email_of("bob"), "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (403, "MAXIMUM_SESSIONS_REACHED")
    assert "ada" in answer.json()["message"]
    assert [user.name for user in world.rows(User)] == ["ada"]


@pytest.mark.standard("NIST 5.1 (4)")
@pytest.mark.parametrize("path", ["/sign-up/email", "/sign-in/email"])
def test_post_that_names_another_account_than_the_active_one_is_refused(
    visitor: Browser, world: World, path: str
) -> None:
    """The page showed Ada while another tab switched to Bob: 409, and nothing is done."""
    ada, bob = visitor.sign_up("ada"), visitor.sign_up("bob")
    visitor.names()
    before = world.everything()
    body = {"name": "Cleo", "email": email_of("ada"), "password": PASSWORD}
    for shown in (ada, "", "nonsense"):
        answer = visitor.post(path, {**body, "sessionId": shown})
        assert (answer.status_code, answer.json()["code"]) == (409, "SESSION_CHANGED")
        assert world.everything() == before
    assert visitor.sign_in("ada", sessionId=bob)


def test_signed_out_page_names_no_account(visitor: Browser) -> None:
    """An empty id is that of nobody."""
    visitor.sign_up("ada", sessionId="")
    body = {"email": email_of("ada"), "password": PASSWORD}
    assert visitor.post("/sign-in/email", {**body, "sessionId": ""}).status_code == 409


def test_old_cookie_signs_nobody_in(visitor: Browser, clock: Clock) -> None:
    """A thief's copy from before the last sign-in gets neither a session nor a new cookie."""
    visitor.sign_up("ada")
    visitor.names()
    thief = visitor.copy()
    visitor.sign_up("bob")
    assert visitor.active() == "bob"
    answer = thief.post("/sign-in/email", {"email": email_of("ada"), "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (409, "SESSION_CHANGED")
    assert "set-cookie" not in answer.headers
    assert thief.names() == ["ada"]
    clock.advance(minutes=1)
    assert visitor.names() == ["bob", "ada"]
    assert (thief.names(), thief.active()) == ([], None)
