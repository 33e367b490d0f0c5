"""What opens a device: the cookie that this server has made and not replaced since, and nothing else in a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.options import SECRET_GRACE
from tests.multi_session.http.test_api import SIGNED_IN_ONLY
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.world import Clock

pytestmark = pytest.mark.sqlite

NEW = "another fine password"
PROOFS: list[tuple[str, dict[str, Any]]] = [
    ("/sign-in/email", {"email": email_of("ada"), "password": PASSWORD}),
    ("/sign-up/email", {"name": "Bob", "email": email_of("bob"), "password": PASSWORD}),
    ("/reauthenticate", {"password": PASSWORD}),
    ("/change-password", {"currentPassword": PASSWORD, "newPassword": NEW}),
]
ENDS = ["/multi-session/revoke", "/multi-session/revoke-all", "/sign-out", "/revoke-session", "/revoke-sessions"]


@pytest.mark.standard("OWASP Session 3")
def test_secret_counts_in_the_cookie_only(visitor: Browser, client: Callable[..., Browser]) -> None:
    """Not in an address, another header, another cookie or a body; and beside one's own cookie it changes nothing."""
    visitor.sign_up("ada")
    secret, eve = visitor.secret, client()
    eve.sign_up("eve")
    headers: list[dict[str, str | None]] = [
        {"Authorization": f"Bearer {secret}"},
        {"X-Session-Token": secret},
        {"X-Multi-Session-Device": secret},
        {"Cookie2": f"app_device={secret}"},
        {"Cookie": f"session={secret}; __Host-app_device={secret}"},
    ]
    for stranger, who in ((client(), None), (eve, "eve")):
        for name in ("app_device", "token", "sessionToken", "sessionId"):
            seen = stranger.get(f"/get-session?{name}={secret}").json()
            assert (seen["user"]["name"] if seen else None) == who
            answer = stranger.post("/multi-session/revoke", {"sessionToken": secret, name: secret})
            assert answer.status_code in {401, 409}
    for header in headers:
        assert client().get("/get-session", header).json() is None
    assert (visitor.active(), eve.active()) == ("ada", "eve")


@pytest.mark.standard("OWASP Session 4")
@pytest.mark.parametrize("planted", ["x" * 43, "chosen", "Zk3vq8Yx0aLr5TnB2cWm7EdJ4fHs9GuP1iOo6QyRtXe"])
def test_value_that_the_server_has_not_made_is_replaced_at_a_sign_in(
    client: Callable[..., Browser], planted: str
) -> None:
    """Whoever planted it has nothing of what the browser signs in to."""
    victim, attacker = client().holding(planted), client().holding(planted)
    assert victim.active() is None
    victim.sign_up("ada")
    assert (victim.active(), attacker.active()) == ("ada", None)
    assert planted != victim.secret


@pytest.mark.standard("OWASP Session 4")
def test_cookie_of_an_attackers_own_does_not_see_who_signs_in_on_it(client: Callable[..., Browser]) -> None:
    """Session fixation with a living one."""
    attacker = client()
    attacker.sign_up("eve")
    attacker.names()
    victim = attacker.copy()
    victim.sign_up("ada")
    assert victim.names() == ["ada", "eve"]
    assert (attacker.names(), attacker.active()) == (["eve"], "eve")


@pytest.mark.standard("ASVS 7.2.2", "ASVS 7.2.4", "OWASP Session 8")
@pytest.mark.parametrize(("path", "body"), PROOFS, ids=[path for path, _ in PROOFS])
def test_password_brings_a_new_cookie_and_the_one_before_dies(
    visitor: Browser, clock: Clock, path: str, body: dict[str, Any]
) -> None:
    """A minute after the new one is first used it opens nothing: no account, no route."""
    visitor.sign_up("ada")
    visitor.names()
    old = visitor.copy()
    assert visitor.post(path, body).status_code == 200
    assert visitor.secret != old.secret
    assert visitor.active()
    clock.advance(seconds=SECRET_GRACE.total_seconds())
    assert visitor.active()
    # Each time as it was: an answer may delete it.
    assert (old.copy().active(), old.copy().names()) == (None, [])
    assert old.copy().get("/list-sessions").status_code == 401


@pytest.mark.standard("ASVS 7.4.1", "OWASP Session 10", "NIST 5.1 (2)")
@pytest.mark.parametrize("path", [*ENDS, "/delete-user"])
def test_cookie_of_ended_sessions_opens_nothing(visitor: Browser, path: str) -> None:
    """Sent again by whoever has copied it: every route that needs an account refuses."""
    ada = visitor.sign_up("ada")
    visitor.names()
    copy = visitor.copy()
    assert copy.active() == "ada"
    body = {"sessionToken": ada, "token": ada, "password": PASSWORD}
    assert visitor.post(path, body).status_code == 200
    assert (copy.copy().active(), copy.copy().names()) == (None, [])
    further = body | {"currentPassword": PASSWORD, "newPassword": NEW}
    for route in SIGNED_IN_ONLY:
        answer = copy.copy().get(route) if route.startswith("/list") else copy.copy().post(route, further)
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED"), route


@pytest.mark.standard("ASVS 3.3.5", "ASVS 4.2.5")
def test_cookie_stays_one_and_short(multi_session: MultiSession, client: Callable[..., Browser]) -> None:
    """However many accounts there are."""
    visitor = client(multi_session, scheme="https")
    sizes = set()
    for name in ("ada", "bob", "cleo", "dora", "emil", "fay"):
        visitor.sign_up(name)
        sizes.add(len(f"{visitor.cookie.name}={visitor.secret}"))
    assert len(sizes) == 1
    assert sizes.pop() < 100
