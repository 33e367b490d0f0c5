"""What the log says of sign-ins, refusals and ends, and what it never says."""

from __future__ import annotations

import logging
from urllib.parse import quote

import pytest
from sqlmodel import Session

from multisession_app.multi_session.database.models import SIGNED_IN, User
from multisession_app.multi_session.queries import security_events
from multisession_app.multi_session.security.origins import NOWHERE
from multisession_app.multi_session.security.validation import masked
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.world import NOW, World

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """As under `reflex run`."""
    caplog.set_level(logging.INFO)


@pytest.mark.standard("ASVS 16.3.1", "OWASP Session 16")
def test_sign_in_and_sign_out_are_told_with_user_and_session(
    visitor: Browser, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """One line for each, by ids: the operator's `sessions` gives the user to an address."""
    first = visitor.sign_up("ada")
    user_id = world.rows(User)[0].id
    visitor.post("/multi-session/revoke", {"sessionId": first})
    second = visitor.sign_in("ada")
    for kind, session_id in ("signed_up", first), ("signed_out", first), ("signed_in", second):
        assert caplog.messages.count(f"{kind}: user {user_id}, session {session_id}, by 127.0.0.1") == 1


@pytest.mark.standard("ASVS 16.3.1")
def test_refused_sign_in_is_told_with_a_masked_address(visitor: Browser, caplog: pytest.LogCaptureFixture) -> None:
    """From where, whose account, and why; alike whether somebody has the address or not."""
    visitor.sign_up("ada")
    for name in "ada", "zoe":
        caplog.clear()
        visitor.post("/sign-in/email", {"email": email_of(name), "password": "wrong " + PASSWORD})
        line = "Refused '/api/auth/sign-in/email' from 127.0.0.1 ({}***@example.com): INVALID_EMAIL_OR_PASSWORD"
        assert line.format(name[0]) in caplog.messages


@pytest.mark.standard("ASVS 16.3.1", "ASVS 16.3.3")
def test_every_entry_of_a_password_is_told(visitor: Browser, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Right and wrong ones, whatever they are asked for, and those that nobody looks at any more."""
    session_id = visitor.sign_up("ada")
    who = world.rows(User)[0].id
    visitor.post("/reauthenticate", {"password": PASSWORD})
    visitor.post("/change-password", {"currentPassword": PASSWORD, "newPassword": "another fine one"})
    for kind in "reauthenticated", "password_changed":
        assert caplog.messages.count(f"{kind}: user {who}, session {session_id}, by 127.0.0.1") == 1
    wrong = {"currentPassword": "wrong", "newPassword": "a third fine one", "password": "wrong"}
    for path in "/reauthenticate", "/change-password", "/delete-user":
        visitor.post(path, wrong)
        assert f"Refused '/api/auth{path}' from 127.0.0.1 ({who}): INVALID_PASSWORD" in caplog.messages
    for _ in range(8):
        visitor.post("/reauthenticate", wrong)
    assert f"Refused '/api/auth/reauthenticate' from 127.0.0.1 ({who}): TOO_MANY_REQUESTS" in caplog.messages


@pytest.mark.standard("ASVS 16.3.2")
def test_refused_click_is_told_with_the_user(visitor: Browser, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Somebody who is signed in is named by their id."""
    visitor.sign_up("ada")
    visitor.post("/multi-session/set-active", {"sessionId": "of-nobody"})
    who = world.rows(User)[0].id
    line = f"Refused '/api/auth/multi-session/set-active' from 127.0.0.1 ({who}): INVALID_SESSION_TOKEN"
    assert line in caplog.messages


@pytest.mark.standard("ASVS 16.3.3", "ASVS 16.4.1", "OWASP WebSocket 7")
def test_foreign_page_is_told(visitor: Browser, caplog: pytest.LogCaptureFixture) -> None:
    """What an address says cannot begin a line of its own."""
    visitor.get("//api/auth/ok%0Asigned_in", {"Origin": "https://evil.example"})
    assert "Refused '/api/auth/ok\\nsigned_in' from 127.0.0.1: INVALID_ORIGIN" in caplog.messages


@pytest.mark.standard("ASVS 16.4.1")
@pytest.mark.parametrize("sign", ["\x1b[2J", "\x85", "\u2028", "\u202e"])
def test_address_of_nothing_is_told_in_letters(visitor: Browser, caplog: pytest.LogCaptureFixture, sign: str) -> None:
    """What clears a terminal, or begins a line or turns it around there, is spelt out."""
    path = f"/api/auth/no{sign}thing"
    visitor.get("//" + quote(path[1:]))
    assert f"Refused {path!r} from 127.0.0.1 (nobody): NOT_FOUND" in caplog.messages
    assert sign not in caplog.text


@pytest.mark.parametrize("sign", ["x", "\x01", "\U000e0001", "\\"])
def test_long_path_and_email_make_a_short_line_that_ends_with_the_code(
    visitor: Browser, caplog: pytest.LogCaptureFixture, sign: str
) -> None:
    """A stranger may send any number of them."""
    visitor.get("/" + quote(sign * (1900 // len(quote(sign)))))
    visitor.get("/ok?", {"Origin": "https://evil.example"})
    visitor.post("/sign-in/email", {"email": "a@" + sign * 1000, "password": "x"})
    visitor.get("//" + quote(sign * (1900 // len(quote(sign)))), {"Origin": "https://evil.example"})
    lines = [line for line in caplog.messages if line.startswith("Refused")]
    assert [line.rpartition(": ")[2] for line in lines] == [
        "NOT_FOUND",
        "INVALID_ORIGIN",
        "INVALID_EMAIL_OR_PASSWORD",
        "INVALID_ORIGIN",
    ]
    assert max(map(len, lines)) < 260


def test_refusals_are_counted_by_code_and_network(visitor: Browser, caplog: pytest.LogCaptureFixture) -> None:
    """At both doors; a customer has a whole /48."""
    visitor.address = "2001:db8:1:2::3"
    visitor.get("/nothing")
    visitor.get("/ok", {"Origin": "https://evil.example"})
    assert [record.__dict__["refused"] for record in caplog.records if "Refused" in record.msg] == [
        ("NOT_FOUND", "2001:db8:1::/48"),
        ("INVALID_ORIGIN", "2001:db8:1::/48"),
    ]


@pytest.mark.standard("ASVS 16.2.5", "OWASP Session 16")
def test_log_holds_no_secret_no_password_and_no_address(visitor: Browser, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever was done."""
    visitor.sign_up("ada")
    secrets = [visitor.secret]
    visitor.sign_in("ada")
    visitor.post("/change-password", {"currentPassword": PASSWORD, "newPassword": "another fine one"})
    visitor.post("/sign-up/email", {"name": "Ada", "email": email_of("ada"), "password": PASSWORD})
    secrets += [visitor.secret, visitor.secret_hash]
    visitor.post("/sign-out")
    secrets += [PASSWORD, "another fine one", email_of("ada"), "Ada"]
    assert len(caplog.messages) > 4
    assert not [secret for secret in secrets if secret in caplog.text]


def test_what_is_rolled_back_is_not_told(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The log says what has happened."""

    def work(db: Session) -> None:
        security_events.note(db, SIGNED_IN, "u", "s", by=NOWHERE, now=NOW)
        raise LookupError

    with pytest.raises(LookupError):
        world.write(work)
    assert "signed_in" not in caplog.text


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("ada@example.com", "a***@example.com"),
        (" ADA@Example.com ", "a***@example.com"),
        ("a@b.example", "a***@b.example"),
        ("not an address\nsigned_in: user", "***"),
        ("", "***"),
    ],
)
def test_address_is_masked(email: str, shown: str) -> None:
    """One letter and the domain; of what is no address nothing, since it could say anything."""
    assert masked(email) == shown
