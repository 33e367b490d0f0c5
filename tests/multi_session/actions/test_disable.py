"""An account that the operator has disabled: nobody is signed in with it, and nobody comes in, or learns why."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import httpx
import pytest
from sqlmodel import col, update

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.operator import Operator
from multisession_app.multi_session.actions.tabs import Connection
from multisession_app.multi_session.database.models import (
    ACCOUNT_DISABLED,
    ACCOUNT_ENABLED,
    ENDED_BY_OPERATOR,
    FAILED_SIGN_IN,
    DeviceSession,
    SecurityEvent,
    User,
)
from multisession_app.multi_session.security import passwords
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.running import run
from tests.support.world import World

ADA = email_of("ada")
RIGHT = {"email": ADA, "password": PASSWORD}
WRONG = {"email": ADA, "password": "not this one at all"}


@pytest.fixture
def operator(multi_session: MultiSession) -> Operator:
    """Return the operator of this process."""
    return Operator(multi_session)


def without_time(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """Return all that an answer says."""
    return answer.status_code, answer.content, dict(answer.headers)


@pytest.mark.standard("ASVS 7.4.2")
def test_all_sessions_end_at_once_and_tabs_are_told(
    both: list[Browser],
    operator: Operator,
    multi_session: MultiSession,
    world: World,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """On every device; the other accounts there stay, and no screen keeps the e-mail."""
    tabs = [Connection.of("t") for _ in both]
    for tab, browser in zip(tabs, both, strict=True):
        multi_session.tabs.add(tab)
        run(multi_session.devices.bind(tab, browser.secret_hash))
    caplog.set_level(logging.INFO)
    assert run(operator.disable(ADA)) == (True, 2)
    assert [tab.kicked.is_set() for tab in tabs] == [True, True]
    assert [browser.names() for browser in both] == [["bob"], []]
    assert {row.revoked_reason for row in world.rows(DeviceSession) if row.revoked_at} == {ENDED_BY_OPERATOR}
    assert world.device(both[1].secret).remembered == ()
    assert [line for line in caplog.messages if line.startswith(f"{ACCOUNT_DISABLED}: user ")]


@pytest.mark.standard("ASVS 7.4.2", "ASVS 6.3.8")
def test_sign_in_is_refused_as_with_a_wrong_password(
    both: list[Browser], operator: Operator, client: Callable[..., Browser], world: World
) -> None:
    """In the same words, on a device that knows the account and on one that does not; it counts as a failed one."""
    run(operator.disable(ADA))
    for browser in (*both, client()):
        told = [without_time(browser.post("/sign-in/email", body)) for body in (WRONG, RIGHT)]
        assert told[0] == told[1]
        assert told[0][0] == 401
    events = [row for row in world.rows(SecurityEvent) if row.kind == FAILED_SIGN_IN]
    assert len(events) == 6
    statuses = [both[1].post("/sign-in/email", RIGHT).status_code for _ in range(9)]
    assert statuses == [401] * 8 + [429]


@pytest.mark.standard("ASVS 6.3.8")
def test_same_work_is_done(both: list[Browser], operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """One hash, whatever the password: the time tells nothing."""
    run(operator.disable(ADA))
    verified: list[bool] = []
    real = passwords._context.verify_and_update

    def verify(*arguments: str) -> tuple[bool, str | None]:
        verified.append(True)
        found: tuple[bool, str | None] = real(*arguments)
        return found

    monkeypatch.setattr(passwords._context, "verify_and_update", verify)
    monkeypatch.setattr(passwords._context, "hash", lambda password: pytest.fail("hashed anew"))
    for body in (RIGHT, WRONG, {**RIGHT, "email": "nobody@example.com"}):
        assert both[1].post("/sign-in/email", body).status_code == 401
    assert verified == [True] * 3


def test_address_stays_taken(both: list[Browser], operator: Operator, client: Callable[..., Browser]) -> None:
    """Nobody signs up in the place of a disabled account."""
    run(operator.disable(ADA))
    answer = client().post("/sign-up/email", {"name": "Eve", **RIGHT})
    assert (answer.status_code, answer.json()["field"]) == (422, "email")


def test_enabled_again_the_password_opens(both: list[Browser], operator: Operator, world: World) -> None:
    """With nothing lost; whoever was signed in has to sign in again, and reads what happened."""
    run(operator.disable(ADA))
    assert run(operator.enable(ADA)) is True
    assert both[1].names() == []
    both[1].sign_in("ada")
    assert both[1].names() == ["ada"]
    told = [row.kind for row in world.rows(SecurityEvent)]
    assert (told.count(ACCOUNT_DISABLED), told.count(ACCOUNT_ENABLED)) == (1, 1)


def test_repeating_changes_nothing(both: list[Browser], operator: Operator, world: World) -> None:
    """And says so."""
    assert run(operator.enable(ADA)) is False
    run(operator.disable(ADA))
    before = world.everything()
    world.clock.advance(minutes=1)
    assert run(operator.disable(ADA)) == (False, 0)
    assert world.everything() == before


def test_new_password_does_not_enable(both: list[Browser], operator: Operator, world: World) -> None:
    """The operator may set one beforehand."""
    run(operator.disable(ADA))
    run(operator.set_password(ADA, "another fine password"))
    new = {"email": ADA, "password": "another fine password"}
    assert both[1].post("/sign-in/email", new).status_code == 401
    run(operator.enable(ADA))
    assert both[1].post("/sign-in/email", new).status_code == 200


@pytest.mark.parametrize("has_old_hash", [False, True], ids=["", "hash made anew"])
def test_sign_in_that_crosses_it_is_refused(
    both: list[Browser],
    operator: Operator,
    client: Callable[..., Browser],
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    has_old_hash: bool,
) -> None:
    """The password was verified while the account was enabled: the transaction looks again."""
    real = passwords.verify_password

    async def verify(password: str, password_hash: str | None) -> tuple[bool, str | None]:
        right, _ = await real(password, password_hash)
        await operator.disable(ADA)
        return right, password_hash if has_old_hash else None

    monkeypatch.setattr(passwords, "verify_password", verify)
    assert client().post("/sign-in/email", RIGHT).json()["code"] == "INVALID_EMAIL_OR_PASSWORD"
    assert {row.user_id for row in world.rows(DeviceSession) if row.revoked_at is None} == {
        user.id for user in world.rows(User) if user.name == "bob"
    }


def test_sign_ins_at_the_same_time_leave_no_session(
    both: list[Browser], operator: Operator, client: Callable[..., Browser], world: World
) -> None:
    """In whatever order their transactions come: refused, or ended with the others."""
    browsers = [client(address=f"198.51.100.{number}") for number in range(12)]

    async def all_at_once() -> list[int]:
        sending = [asyncio.create_task(browser.send("POST", "/sign-in/email", json=RIGHT)) for browser in browsers]
        await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
        await operator.disable(ADA)
        return [answer.status_code for answer in await asyncio.gather(*sending)]

    assert set(run(all_at_once())) <= {200, 401}
    assert [browser.names() for browser in browsers] == [[]] * 12


def test_row_that_crossed_it_all_the_same_opens_nothing(
    both: list[Browser], operator: Operator, world: World, multi_session: MultiSession
) -> None:
    """Whatever has written it: every request and every event looks at the account too."""
    phone = both[1]
    session_id = phone.listed()[0]["id"]
    run(operator.disable(ADA))
    alive = update(DeviceSession).where(col(DeviceSession.id) == session_id)
    world.write(lambda db: db.exec(alive.values(revoked_at=None, revoked_reason=None)))
    assert (phone.names(), phone.session()) == ([], None)
    assert phone.get("/list-sessions").status_code == 401
    assert phone.post("/multi-session/set-active", {"sessionId": session_id}).status_code == 401
    assert phone.post("/reauthenticate", {"password": PASSWORD}).status_code == 401
