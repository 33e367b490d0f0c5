"""Requests that are nearly right, drawn by hypothesis."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from multisession_app.multi_session.http.endpoint import Endpoint
from multisession_app.multi_session.http.inputs import Body
from tests.support.browser import HOST, JSON

ORIGIN = f"http://{HOST}"
VISIBLE: dict[str, list[Any]] = {
    "name": ["Ada", "Grace", " Alan\t", "", "x" * 101, "\u202eadA"],
    "email": ["ada@example.com", "alan@example.com", "grace@example.com", "GRACE@example.com", "nobody", ""],
    "password": ["opaque enough 1", "opaque enough 2", "password", ""],
    "image": ["https://example.com/a.png", "javascript:alert(1)", None],
    "flag": [True, False],
}
SAME = {"currentPassword": "password", "newPassword": "password", "rememberMe": "flag", "revokeOtherSessions": "flag"}
IDS = {"sessionToken", "sessionId", "token"}
ORIGINS = [None, "null", "https://evil.example"]
TYPES = [None, "text/plain", "application/JSON; x"]
LEAPS = [*[0] * 24, 1, 59, 60, 61, 700, 3600, 86_400, 15 * 86_400]
# So that there is somebody to be signed out.
OFTEN = {
    "/sign-in/email": 5,
    "/sign-up/email": 2,
    "/multi-session/set-active": 3,
    "/multi-session/revoke": 2,
    "/multi-session/forget": 5,
    "/revoke-sessions": 2,
    "/reauthenticate": 2,
    "/change-password": 2,
    "/delete-user": 2,
}
SELDOM = {"/sign-out", "/multi-session/revoke-all", "/multi-session/revoke-others", "/ok", "/ready", "/openapi.json"}


@dataclass(frozen=True)
class SessionId:
    """Stands for one of the session ids seen so far."""

    number: int


@dataclass(frozen=True)
class Asked:
    """One request by one of the browsers, `leap` seconds after the one before."""

    browser: int
    leap: int
    route: str
    method: str
    path: str
    body: Any
    raw: bytes | None
    headers: Mapping[str, str | None]
    cookie: str


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=3,
)
# Not the ends of a range, which hypothesis likes.
rarely = st.sampled_from([False] * 8 + [True] + [False] * 8)


@st.composite
def bodies(draw: st.DrawFn, shape: type[Body]) -> dict[str, Any]:
    """Draw a body of nearly that shape."""
    drawn: dict[str, Any] = {}
    for name, told in shape.model_fields.items():
        key = "sessionToken" if name == "session_id" and told.is_required() else told.alias or name
        # What is on screen may be left out and mostly is.
        left_out = rarely if told.is_required() else st.booleans() if key not in IDS else rarely.map(operator.not_)
        if draw(left_out):
            continue
        known = VISIBLE.get(SAME.get(key, key), [])
        if draw(rarely):
            drawn[key] = draw(anything)
        elif key in IDS:
            drawn[key] = SessionId(draw(st.integers(0, 9)))
        elif known:
            # The first ones more often, so that people come back.
            drawn[key] = known[min(draw(st.integers(0, len(known) - 1)), draw(st.integers(0, len(known) - 1)))]
    return drawn


def conversations(table: Sequence[Endpoint], length: int) -> st.SearchStrategy[list[Asked]]:
    """Draw a conversation of several browsers with the routes of a table."""

    weighted = [row for row in table for _ in range(OFTEN.get(row.path, 1) * (1 if row.path in SELDOM else 3))]

    @st.composite
    def request(draw: st.DrawFn) -> Asked:
        endpoint = draw(st.sampled_from(weighted))
        odd = draw(st.sampled_from(range(40)))
        return Asked(
            browser=draw(st.integers(0, 2)),
            leap=draw(st.sampled_from(LEAPS)),
            route=f"{endpoint.method} {endpoint.path}",
            method=draw(st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"])) if odd == 1 else endpoint.method,
            path=endpoint.path + draw(st.sampled_from(["/", "x", "/../ok", "%00", "?before=%00%ff"])) * (odd == 2),
            body=draw(bodies(endpoint.takes)) if endpoint.takes else None,
            raw=draw(st.binary(max_size=20)) if odd == 3 else None,
            headers={
                "Origin": draw(st.sampled_from(ORIGINS)) if odd == 4 else ORIGIN,
                "Content-Type": draw(st.sampled_from(TYPES)) if odd == 5 else JSON,
                "User-Agent": draw(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=9)),
            },
            cookie=draw(st.sampled_from(["old", "none", "garbage"])) if odd in (6, 7) else "own",
        )

    return st.lists(request(), min_size=length, max_size=length)


def _sign(path: str, browser: int, number: int) -> Asked:
    body = {"name": VISIBLE["name"][number], "email": VISIBLE["email"][2 * number], "password": VISIBLE["password"][0]}
    own = {"Origin": ORIGIN, "Content-Type": JSON}
    return Asked(browser, 0, f"POST {path}", "POST", path, body, None, own, "own")


OPENING = [_sign("/sign-up/email", 0, 0), _sign("/sign-up/email", 0, 1), _sign("/sign-in/email", 1, 0)]
