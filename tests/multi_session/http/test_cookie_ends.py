"""A cookie that ends with the browser on a shared computer, and one that is deleted once it opens nothing."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx import Response

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.options import ANSWER_ON_ITS_WAY
from multisession_app.multi_session.queries.devices import ProvenDevice
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.running import run
from tests.support.world import Clock

NEW_PASSWORD = "another horse battery staple"
LEFT = ANSWER_ON_ITS_WAY + timedelta(seconds=1)


def is_short(visitor: Browser) -> bool:
    """Say whether the cookie in the jar ends with the browser."""
    return visitor.cookie.discard


@pytest.mark.standard("OWASP Session 6")
@pytest.mark.parametrize("verb", ["sign_up", "sign_in"])
def test_cookie_of_a_shared_computer_ends_with_the_browser(
    visitor: Browser, client: Callable[..., Browser], verb: str
) -> None:
    """It has neither Max-Age nor Expires."""
    if verb == "sign_in":
        client().sign_up("ada")
    getattr(visitor, verb)("ada", rememberMe=False)
    assert is_short(visitor)


def test_cookie_stays_short_while_somebody_on_the_device_is(visitor: Browser, clock: Clock) -> None:
    """Whatever replaces it: another sign-in, a password entry, a new password. The statement is about the computer."""
    visitor.sign_up("ada")
    assert not is_short(visitor)
    visitor.sign_up("bob", rememberMe=False)
    assert is_short(visitor) and visitor.active() == "bob"
    visitor.sign_up("cleo")
    assert is_short(visitor) and visitor.active() == "cleo"
    assert visitor.post("/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert is_short(visitor) and visitor.active() == "cleo"
    change = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    assert visitor.post("/change-password", change).status_code == 200
    assert is_short(visitor)
    assert visitor.names() == ["cleo", "bob", "ada"]


@pytest.mark.parametrize("end", ["signed out", "over", "signed in anew", "evicted"])
def test_cookie_is_kept_again_once_nobody_on_the_device_is_short(
    client: Callable[..., Browser], kit_with: Callable[..., MultiSession], clock: Clock, end: str
) -> None:
    """From the next sign-in on."""
    visitor = client(kit_with(maximum_sessions=2))
    visitor.sign_up("ada")
    bob = visitor.sign_up("bob", rememberMe=False)
    if end == "signed out":
        assert visitor.post("/multi-session/revoke", {"sessionToken": bob}).status_code == 200
    elif end == "over":
        clock.advance(days=1)
    elif end == "evicted":
        assert visitor.active() == "bob"
        visitor.sign_in("ada")
        visitor.names()
    assert visitor.active()
    if end == "signed in anew":
        visitor.sign_in("bob")
    else:
        visitor.sign_up("cleo")
    assert not is_short(visitor)


@pytest.mark.parametrize("end", ["expired", "evicted", "signed out"])
def test_shared_computer_remembers_nobody(
    client: Callable[..., Browser], kit_with: Callable[..., MultiSession], clock: Clock, end: str
) -> None:
    """Neither name nor e-mail of who was there for a short time is left on its screens."""
    kit = kit_with(maximum_sessions=1)
    visitor = client(kit)
    bob = visitor.sign_up("bob", rememberMe=False)
    assert visitor.active() == "bob"
    if end == "expired":
        clock.advance(days=1)
    elif end == "evicted":
        visitor.sign_up("cleo")
    else:
        visitor.post("/multi-session/revoke", {"sessionToken": bob})
        visitor.sign_up("cleo")
    device = _device(kit, visitor)
    assert device is not None and device.remembered == ()
    assert visitor.post("/multi-session/forget", {"sessionToken": bob}).json()["code"] == "INVALID_SESSION_TOKEN"


def _device(kit: MultiSession, visitor: Browser) -> ProvenDevice | None:
    return run(kit.devices.find(visitor.secret_hash))


@pytest.mark.standard("OWASP Session 10", "NIST 5.1.1")
@pytest.mark.parametrize(
    "path",
    [
        "/sign-out",
        "/multi-session/revoke",
        "/multi-session/revoke-all",
        "/revoke-session",
        "/revoke-sessions",
        "/delete-user",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_signing_the_last_account_out_deletes_the_cookie(
    client: Callable[..., Browser], path: str, scheme: str
) -> None:
    """By the attributes that it was set with."""
    visitor = client(scheme=scheme)
    own = visitor.sign_up("ada")
    assert visitor.active() == "ada"
    written = visitor.cookie
    answer = visitor.post(path, {"sessionToken": own, "token": own, "password": PASSWORD})
    assert answer.status_code == 200
    prefix, secure = ("__Host-", "; Secure") if scheme == "https" else ("", "")
    assert answer.headers["set-cookie"] == f"{prefix}app_device=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}"
    assert written.name == f"{prefix}app_device"
    assert len(visitor.cookies.jar) == 0
    assert visitor.active() is None


def test_cookie_stays_while_it_opens_something_or_shows_somebody(visitor: Browser, clock: Clock) -> None:
    """Another account, or a remembered one, which it is the key to. Removing that one deletes it."""
    ada = visitor.sign_up("ada")
    assert visitor.active() == "ada"
    clock.advance(days=29)
    bob = visitor.sign_up("bob")
    assert visitor.active() == "bob"
    clock.advance(days=1)
    assert visitor.names() == ["bob"]
    assert "set-cookie" not in visitor.post("/multi-session/revoke", {"sessionToken": bob}).headers
    assert "set-cookie" not in visitor.get("/get-session").headers
    assert "Max-Age=0" in visitor.post("/multi-session/forget", {"sessionToken": ada}).headers["set-cookie"]


def test_answer_to_an_old_cookie_deletes_nothing(visitor: Browser) -> None:
    """The browser may have the newer one by the time it comes; so may one to a cookie that nobody knows."""
    visitor.sign_up("ada")
    visitor.names()
    old = visitor.copy()
    visitor.sign_up("bob")
    visitor.names()
    answer = old.post("/multi-session/revoke-all")
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    stranger = visitor.holding("x" * 43)
    assert "set-cookie" not in stranger.get("/get-session").headers
    assert "set-cookie" not in stranger.post("/sign-out").headers


def test_next_look_deletes_what_a_sign_out_over_the_socket_left(
    visitor: Browser, multi_session: MultiSession, clock: Clock
) -> None:
    """A websocket cannot. A socket's page looks once more when nobody is left; so do clients of their own accord."""
    visitor.sign_up("ada")
    assert visitor.active() == "ada"
    device = _device(multi_session, visitor)
    assert device is not None
    run(multi_session.device_sessions.revoke(device, device.active_id))
    other_tab = visitor.copy()
    assert "Max-Age=0" in visitor.get("/get-session").headers["set-cookie"]
    # Only once: this answer would come after that one, and perhaps after the next sign-in.
    for _ in range(2):
        assert "set-cookie" not in other_tab.get("/get-session").headers
        clock.advance(seconds=LEFT.total_seconds())
    # That answer was lost, if the cookie is still there: the next sign-out begins anew.
    other_tab.sign_in("ada")
    assert other_tab.active() == "ada"
    assert "Max-Age=0" in other_tab.post("/sign-out").headers["set-cookie"]


def test_sign_in_beside_an_answer_that_deletes_the_cookie_is_to_be_repeated(visitor: Browser, clock: Clock) -> None:
    """The browser sent it before that answer came, which would delete the new cookie as well."""
    own = visitor.sign_up("ada")
    assert visitor.active() == "ada"
    other_tab = visitor.copy()
    visitor.post("/multi-session/revoke", {"sessionToken": own})
    body = {"email": email_of("ada"), "password": PASSWORD}
    answer = other_tab.post("/sign-in/email", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "SESSION_CHANGED")
    # Whose cookie is deleted is somebody new at once.
    assert visitor.post("/sign-in/email", body).status_code == 200
    assert visitor.active() == "ada"
    # And that answer was lost, if the cookie still comes later.
    clock.advance(seconds=LEFT.total_seconds())
    assert other_tab.post("/sign-in/email", body).status_code == 200
    assert other_tab.active() == "ada"


def test_no_answer_deletes_the_cookie_that_another_one_brings(
    client: Callable[..., Browser], times: Callable[[int], int]
) -> None:
    """Sent at the same moment, in whichever order they are answered and arrive."""
    client().sign_up("ada")
    body = {"email": email_of("ada"), "password": PASSWORD}
    for _ in range(times(100)):
        visitor = client()
        own = visitor.sign_in("ada")
        assert visitor.active() == "ada"
        other_tab = visitor.copy()

        async def both(one: Browser = visitor, other: Browser = other_tab, own: str = own) -> tuple[Response, Response]:
            return await gather(
                one.send("POST", "/multi-session/revoke", json={"sessionToken": own}),
                other.send("POST", "/sign-in/email", json=body),
            )

        signed_out, signed_in = run(both())
        is_deleted = "Max-Age=0" in signed_out.headers.get("set-cookie", "")
        assert signed_in.status_code == (409 if is_deleted else 200)
