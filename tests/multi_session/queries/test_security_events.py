"""What users read about their security: what is written down, of whom, and what each page of it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.database.models import SecurityEvent
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.options import SECURITY_EVENTS_PAGE
from multisession_app.multi_session.queries import security_events
from multisession_app.multi_session.security.origins import Source
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.guesses import wrong
from tests.support.running import run
from tests.support.world import Clock, World

KEYS = {"id", "kind", "at", "ipAddress", "userAgent", "detail", "deviceUserAgent", "isNewDevice"}


def page(browser: Browser, before: str = "") -> Any:
    """Return a page of the active user's events."""
    answer = browser.get("/list-security-events" + (f"?before={before}" if before else ""))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def kinds(browser: Browser) -> list[str]:
    """Return the kinds of the newest events, newest first."""
    return [event["kind"] for event in page(browser)["events"]]


def kinds_of(world: World) -> list[str]:
    """Return the kinds of all events in order of time."""
    return [event.kind for event in sorted(world.rows(SecurityEvent), key=lambda event: event.at)]


@pytest.mark.standard("ASVS 6.3.7")
def test_each_act_is_written_down_once(visitor: Browser, clock: Clock) -> None:
    """In the order of time, the newest first; a switch and a look are none."""
    visitor.sign_up("ada")
    for path, body in (
        ("/sign-in/email", {"email": email_of("ada"), "password": PASSWORD}),
        ("/sign-in/email", wrong("ada")),
        ("/reauthenticate", {"password": PASSWORD}),
        ("/change-password", {"currentPassword": PASSWORD, "newPassword": "another fine password"}),
    ):
        clock.advance(minutes=1)
        visitor.post(path, body)
        visitor.names()
    found = page(visitor)
    assert [event["kind"] for event in found["events"]] == [
        "password_changed",
        "reauthenticated",
        "failed_sign_in",
        "signed_in",
        "signed_up",
    ]
    assert {frozenset(event) for event in found["events"]} == {frozenset(KEYS)}
    assert found["next"] is None


@pytest.mark.standard("ASVS 6.3.5", "OWASP Session 14")
def test_first_sign_in_on_a_device_is_marked(visitor: Browser, client: Callable[..., Browser], clock: Clock) -> None:
    """Not the sign-up, which is the first of all, and not the next one there."""
    visitor.sign_up("ada")
    phone = client()
    for browser in (phone, phone, visitor):
        clock.advance(minutes=1)
        browser.sign_in("ada")
        browser.names()
    assert [event["isNewDevice"] for event in page(visitor)["events"]] == [False, False, True, False]
    clock.advance(minutes=1)
    visitor.sign_up("bob")
    visitor.names()
    clock.advance(minutes=1)
    phone.sign_in("bob")
    assert page(phone)["events"][0]["isNewDevice"] is True


def test_end_names_the_device_that_was_signed_out_and_the_one_that_did_it(
    visitor: Browser, client: Callable[..., Browser], clock: Clock
) -> None:
    """So that one can read: signed out from another device, when, by which."""
    body = {"name": "ada", "email": email_of("ada"), "password": PASSWORD}
    visitor.post("/sign-up/email", body, {"User-Agent": "Laptop"})
    phone = client(address="198.51.100.7")
    there = phone.post("/sign-in/email", body, {"User-Agent": "Phone"}).json()["token"]
    clock.advance(minutes=1)
    visitor.post("/revoke-session", {"token": there})
    ended = page(visitor)["events"][0]
    assert (ended["kind"], ended["userAgent"], ended["deviceUserAgent"], ended["ipAddress"], ended["detail"]) == (
        "revoked_elsewhere",
        "Laptop",
        "Phone",
        "127.0.0.1",
        "session_ended",
    )


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/multi-session/revoke", "signed_out"),
        ("/multi-session/revoke-others", "signed_out"),
        ("/multi-session/revoke-all", "signed_out_all"),
        ("/sign-out", "signed_out_all"),
    ],
)
def test_sign_outs_are_written_down_for_whom_they_end(
    visitor: Browser, client: Callable[..., Browser], clock: Clock, path: str, kind: str
) -> None:
    """For every account that was signed out, and in each one's own list."""
    ada, _ = visitor.sign_up("ada"), visitor.sign_up("bob")
    visitor.names()
    clock.advance(minutes=1)
    assert visitor.post(path, {"sessionToken": ada} if path.endswith("/revoke") else {}).status_code == 200
    clock.advance(minutes=1)
    phone = client()
    phone.sign_in("ada")
    assert kinds(phone) == ["signed_in", kind, "signed_up"]


def test_eviction_is_written_down_and_what_is_a_part_of_something_else_is_not(
    visitor: Browser, clock: Clock, world: World
) -> None:
    """A session that is replaced by its user's next one, and an account that is forgotten, are no news."""
    ids = []
    for name in ("ada", "bob", "cleo", "dora", "emil", "fay"):
        clock.advance(minutes=1)
        ids.append(visitor.sign_up(name))
        visitor.names()
    clock.advance(minutes=1)
    visitor.sign_in("fay")
    visitor.names()
    visitor.post("/multi-session/forget", {"sessionId": ids[0]})
    by_session = {
        event.session_id: event.kind for event in world.rows(SecurityEvent) if event.detail == "session_ended"
    }
    assert by_session == {ids[0]: "evicted"}


def test_signing_out_of_all_does_not_end_again_what_had_ended(visitor: Browser, clock: Clock, world: World) -> None:
    """A remembered account leaves the browser; its session ended when it ended."""
    ada = visitor.sign_up("ada")
    clock.advance(days=1)
    evicted_at = clock.now
    for name in ("bob", "cleo", "dora", "emil", "fay"):
        visitor.sign_up(name)
        visitor.names()
    clock.advance(days=1)
    secret = visitor.secret
    visitor.post("/sign-out")
    assert world.row(ada).revoked_at == evicted_at
    assert world.device(secret).remembered == ()
    of_ada = [event.kind for event in world.rows(SecurityEvent) if event.session_id == ada]
    assert sorted(of_ada) == ["evicted", "signed_up"]


def test_events_of_others_are_never_shown(visitor: Browser, clock: Clock) -> None:
    """Not to the neighbour on the same device, and not by naming their ids."""
    bob = visitor.sign_up("bob")
    clock.advance(minutes=1)
    visitor.sign_up("ada")
    visitor.names()
    (of_ada,) = page(visitor)["events"]
    visitor.post("/multi-session/set-active", {"sessionId": bob})
    assert kinds(visitor) == ["signed_up"]
    assert page(visitor, of_ada["id"]) == {"events": [], "next": None}
    for odd in ("x", "%00", "%ff", "'--", "x" * 5000, "%F0%9F%98%80"):
        assert page(visitor, odd) == {"events": [], "next": None}


def test_pages_hold_each_event_once_whatever_happens_meanwhile(visitor: Browser, world: World, clock: Clock) -> None:
    """Many at one moment too."""
    visitor.sign_up("ada")
    user_id = world.rows(SecurityEvent)[0].user_id

    def more(count: int) -> None:
        def work(db: Any) -> None:
            for _ in range(count):
                security_events.note(db, "signed_in", user_id, None, by=Source(), now=clock.now)

        world.write(work)

    more(SECURITY_EVENTS_PAGE)
    clock.advance(minutes=1)
    more(SECURITY_EVENTS_PAGE)
    first = page(visitor)
    clock.advance(minutes=1)
    more(5)
    second = page(visitor, first["next"])
    third = page(visitor, second["next"])
    ids = [event["id"] for found in (first, second, third) for event in found["events"]]
    assert len(ids) == len(set(ids)) == 2 * SECURITY_EVENTS_PAGE + 1
    assert third["next"] is None
    times = [event["at"] for found in (first, second, third) for event in found["events"]]
    assert times == sorted(times, reverse=True)


@pytest.mark.standard("ASVS 6.3.5")
def test_failed_sign_in_is_written_after_the_answer(
    visitor: Browser, multi_session: MultiSession, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that takes its time does not hold the answer up, and the end of the process waits for it."""
    visitor.sign_up("ada")
    visitor.names()
    may_write, real = asyncio.Event(), multi_session.database.write

    async def slow(work: Any) -> Any:
        await may_write.wait()
        return await real(work)

    async def scene() -> None:
        monkeypatch.setattr(multi_session.database, "write", slow)
        answer = await visitor.send("POST", "/sign-in/email", json=wrong("ada"))
        assert answer.status_code == 401
        may_write.set()
        await multi_session.authentication.settle()

    run(scene())
    assert sorted(kinds_of(world)) == ["failed_sign_in", "signed_up"]


@pytest.mark.standard("ASVS 6.3.8")
def test_unknown_email_costs_the_same_statements_as_a_wrong_password(
    visitor: Browser, client: Callable[..., Browser], database: Database, world: World
) -> None:
    """So neither the answer nor the work after it tells who exists; nothing is written for nobody."""
    visitor.sign_up("ada")
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    seen = []
    for name in ("ada", "nobody"):
        sent.clear()
        assert client().post("/sign-in/email", wrong(name)).status_code == 401
        seen.append(list(sent))
    event.remove(database.engine, "before_cursor_execute", note)
    assert seen[0] == seen[1]
    assert kinds_of(world) == ["signed_up", "failed_sign_in"]


def test_event_that_cannot_be_written_is_said_in_the_log_only(
    visitor: Browser, multi_session: MultiSession, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer has gone out; without the address or the name of anyone."""
    visitor.sign_up("ada")
    monkeypatch.setattr(security_events, "note_failed_sign_in", None)
    assert visitor.post("/sign-in/email", wrong("ada")).status_code == 401
    assert "Could not write down that a sign-in has failed." in caplog.text
    assert email_of("ada") not in caplog.text
