"""Each route, asked without a cookie, with garbage for one, and about sessions that are foreign, expired or revoked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.http.inputs import Chosen, Token
from multisession_app.multi_session.http.routes import ENDPOINTS
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.world import Clock, World

ASKING = ("no cookie", "garbage", "foreign", "expired", "revoked")
DONE, CHANGED = "200", "409 SESSION_CHANGED"
NOT_HERE, NOBODY = "401 INVALID_SESSION_TOKEN", "401 UNAUTHORIZED"
OF_NOBODY = (DONE, DONE, CHANGED, DONE, DONE)
OF_SOMEBODY = (NOBODY, NOBODY, CHANGED, NOBODY, NOBODY)
ANSWERS = {
    "POST /sign-up/email": OF_NOBODY,
    "POST /sign-in/email": OF_NOBODY,
    "POST /sign-out": OF_NOBODY,
    "GET /get-session": (DONE,) * 5,
    "GET /multi-session/list-device-sessions": (DONE,) * 5,
    "POST /multi-session/set-active": (NOT_HERE,) * 5,
    "POST /multi-session/revoke": (NOT_HERE,) * 5,
    "POST /multi-session/revoke-others": OF_NOBODY,
    "POST /multi-session/revoke-all": OF_NOBODY,
    # An expired account is remembered, which is what this takes away.
    "POST /multi-session/forget": (NOT_HERE, NOT_HERE, NOT_HERE, DONE, NOT_HERE),
    "GET /list-sessions": (NOBODY, NOBODY, DONE, NOBODY, NOBODY),
    "GET /list-security-events": (NOBODY, NOBODY, DONE, NOBODY, NOBODY),
    "POST /revoke-session": (NOBODY, NOBODY, NOT_HERE, NOBODY, NOBODY),
    "POST /revoke-other-sessions": OF_SOMEBODY,
    "POST /revoke-sessions": OF_SOMEBODY,
    "POST /update-user": OF_SOMEBODY,
    "POST /reauthenticate": OF_SOMEBODY,
    "POST /change-password": OF_SOMEBODY,
    "POST /delete-user": OF_SOMEBODY,
    "GET /ok": (DONE,) * 5,
    "GET /ready": (DONE,) * 5,
    "GET /openapi.json": (DONE,) * 5,
}


def test_every_route_is_asked(multi_session: MultiSession) -> None:
    """A new one has to say what it answers."""
    assert sorted(ANSWERS) == sorted(f"{row.method} {row.path}" for row in ENDPOINTS)


@pytest.mark.parametrize(("asking", "route"), [(asking, route) for route in ANSWERS for asking in ASKING])
def test_route_answers(
    visitor: Browser,
    client: Callable[..., Browser],
    multi_session: MultiSession,
    world: World,
    clock: Clock,
    asking: str,
    route: str,
) -> None:
    """As the table says; a refusal changes nothing, and nobody else's account ever changes."""
    ada = visitor.sign_up("ada")
    stranger = client()
    named = stranger.sign_up("eve") if asking == "foreign" else ada
    if asking == "no cookie":
        visitor = client()
    elif asking == "garbage":
        visitor = client().holding("x" * 43)
    elif asking == "expired":
        clock.advance(days=30)
    elif asking == "revoked":
        visitor.post("/multi-session/revoke", {"sessionToken": ada})
    visitor.names()
    stranger.names()
    before = world.everything()

    method, path = route.split()
    takes = next(row.takes for row in ENDPOINTS if (row.method, row.path) == (method, path))
    # What names no other session may say which one is on screen; it is told when that is not its own.
    field = "sessionToken" if takes is Chosen else "token" if takes is Token else "sessionId"
    if field == "sessionId" and asking != "foreign":
        field = "unknown"
    body = {"name": "Ada", "email": email_of("ada" if "sign-in" in path else "bob"), "password": PASSWORD, field: named}
    body |= {"currentPassword": PASSWORD, "newPassword": "another odd passphrase"}
    answer = visitor.post(path, body) if method == "POST" else visitor.get(f"{path}?before={named}")

    expected: Any = ANSWERS[route][ASKING.index(asking)]
    got = str(answer.status_code) if answer.is_success else f"{answer.status_code} {answer.json()['code']}"
    assert got == expected
    if answer.is_client_error:
        assert set(answer.json()) == {"code", "message"}
        assert world.everything() == before
    if method == "GET" and asking != "foreign" and expected == DONE and path.count("session"):
        assert answer.json() in (None, [])
    if asking == "foreign":
        assert stranger.active() == "eve"
        assert email_of("eve") not in answer.text
