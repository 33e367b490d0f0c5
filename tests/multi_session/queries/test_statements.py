"""How many SQL statements a request costs, besides BEGIN and COMMIT."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.database.transactions import Database
from tests.support.browser import Browser
from tests.support.running import run


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """Return the list of what is sent to the database."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture
def five(visitor: Browser) -> Browser:
    """Return a browser with five accounts, whose newest cookie is in use."""
    for name in ("ada", "bob", "cleo", "dora", "emil"):
        visitor.sign_up(name)
    assert len(visitor.names()) == 5
    return visitor


READING = {"/get-session": 1, "/multi-session/list-device-sessions": 1, "/list-sessions": 2, "/list-security-events": 2}


@pytest.mark.parametrize("path", READING)
def test_reading_costs_one_statement(five: Browser, statements: list[str], path: str) -> None:
    """However many accounts there are; what is not only this device's costs one more."""
    assert five.get(path).status_code == 200
    assert len(statements) == READING[path], statements


def test_set_active_costs_two_statements(five: Browser, statements: list[str]) -> None:
    """The look-up and the switch."""
    other = five.listed()[3]["id"]
    statements.clear()
    assert five.post("/multi-session/set-active", {"sessionToken": other}).status_code == 200
    assert len(statements) == 2, statements


@pytest.mark.parametrize("which", [0, 3], ids=["active", "other"])
def test_revoke_costs_at_most_three_statements(five: Browser, statements: list[str], which: int) -> None:
    """The look-up and the end; taking over needs no write."""
    chosen = five.listed()[which]["id"]
    statements.clear()
    assert five.post("/multi-session/revoke", {"sessionToken": chosen}).status_code == 200
    assert 1 < len(statements) <= 3, statements


def test_session_of_another_device_ends_in_five_statements(
    five: Browser, client: Callable[..., Browser], statements: list[str]
) -> None:
    """The look-up, whether the password is fresh, the end, its event, and who is active there now."""
    there = client().sign_in("emil")
    statements.clear()
    assert five.post("/revoke-session", {"token": there}).status_code == 200
    assert len(statements) == 5, statements


def test_ends_of_many_are_written_down_in_one_statement(five: Browser, statements: list[str]) -> None:
    """However many accounts are signed out at once."""
    assert five.post("/multi-session/revoke-others").status_code == 200
    assert len(statements) == 3, statements


def test_no_cookie_costs_nothing(visitor: Browser, statements: list[str]) -> None:
    """Visitors who never signed in do not touch the database."""
    assert visitor.get("/get-session").json() is None
    assert visitor.listed() == []
    assert statements == []


def test_check_of_an_event_costs_one_statement(
    five: Browser, multi_session: MultiSession, statements: list[str]
) -> None:
    """Every event on a socket pays it."""
    device = run(multi_session.devices.find(five.secret_hash))
    assert device is not None
    statements.clear()
    assert run(multi_session.devices.reread(device.id, device.generation)) is not None
    assert len(statements) == 1, statements


@pytest.mark.sqlite
def test_looking_up_uses_indexes(five: Browser, database: Database, statements: list[str]) -> None:
    """A hundred thousand rows cost what a thousand do: no table is read from end to end."""
    five.get("/get-session")
    (statement,) = statements
    with database.engine.connect() as connection:
        plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, ("x",) * statement.count("?")).all()
    steps = [str(step[-1]) for step in plan]
    assert steps
    assert not [step for step in steps if step.startswith("SCAN")], steps
    # Not by the index of all that this device ever held.
    assert "ix_multi_session_activation" in " ".join(steps)
