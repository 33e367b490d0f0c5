"""A database of the first version goes on with the newest: nobody is signed out, nothing is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

import multisession_app
from multisession_app.multi_session.database.models import EVICTED, DeviceSession, User
from multisession_app.multi_session.database.transactions import Database
from multisession_app.notes import Note
from tests.support.browser import PASSWORD, Browser
from tests.support.postgres_server import connect
from tests.support.schema import differences
from tests.support.world import Clock, World

DUMP = Path(__file__).with_name("first_version.sql")
NOTES = Path(multisession_app.__file__).parent / "migrations"
# What stood in the cookies of its three browsers.
HOME = "b4Az-v67L6sD9iokMZpTc2zqOXaMnYUoWqoq2Gu6BpA"
WORK = "WzVi4-U2EO4SVf72hG6dSGEK9ec-1a2pPyc4oDq3IVw"
LIBRARY = "hRVyK9wsNbnZALzItBxD4MM3MZxc9XYNqZdRP1HEs2Y"


@pytest.fixture
def now() -> datetime:
    """Return the day after the last thing in the database happened."""
    return datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def old(empty_url: str) -> str:
    """Return the address of a database as the first version left it."""
    written = DUMP.read_text()
    if empty_url.startswith("sqlite"):
        path = Path(empty_url.removeprefix("sqlite:///"))
        path.parent.mkdir()
        with closing(sqlite3.connect(path)) as db:
            db.executescript(written)
    else:
        with connect(empty_url) as connection:
            connection.execute("SET timezone = 'UTC'")
            connection.execute(written.replace("DATETIME", "TIMESTAMP WITH TIME ZONE").encode())
    return empty_url


@pytest.fixture
def database(old: str) -> Iterator[Database]:
    """Return it migrated, as a start of the newest version does."""
    database = Database(old)
    database.migrate()
    database.migrate(NOTES, "notes_version")
    yield database
    database.engine.dispose()


def test_everyone_who_was_signed_in_still_is(visitor: Browser) -> None:
    """In the same order, with the same account active."""
    assert visitor.holding(HOME).names() == ["Bob", "Emil", "Dora"]
    assert visitor.holding(WORK).names() == ["Bob", "Ada"]
    assert visitor.holding(LIBRARY).names() == ["Gus"]
    assert visitor.holding(HOME).active() == "Bob"


def test_old_cookie_does_all_that_a_new_one_does(visitor: Browser) -> None:
    """Switch, add an account, see and end sessions elsewhere, change the password."""
    home = visitor.holding(HOME)
    assert home.post("/multi-session/set-active", {"sessionId": home.listed()[1]["id"]}).status_code == 200
    assert home.active() == "Emil"
    home.sign_in("Bob")
    assert home.active() == "Bob"
    assert len(home.get("/list-sessions").json()) == 2
    assert home.post("/revoke-other-sessions").status_code == 200
    assert visitor.holding(WORK).names() == ["Ada"]
    new = {"currentPassword": PASSWORD, "newPassword": PASSWORD + " 2"}
    assert home.post("/change-password", new).status_code == 200
    assert home.names() == ["Bob", "Emil", "Dora"]


def test_nothing_is_lost(world: World) -> None:
    """Rows, their times, and the app's own."""
    assert len(world.rows(User)) == 9
    assert len(world.rows(DeviceSession)) == 12
    (note,) = world.rows(Note)
    assert note.text == "Buy bread – it's “the” last; really"
    ada = next(user for user in world.rows(User) if user.name == "Ada")
    assert ada.created_at == datetime(2026, 3, 1, 12, 0, 7, 1234, tzinfo=UTC)


def test_schema_is_that_of_a_new_database(database: Database) -> None:
    """As if it had begun with the newest version."""
    assert differences(database) == []


def test_accounts_with_the_same_place_in_the_order_get_one_each(old: str, clock: Clock) -> None:
    """Earlier versions could leave such on a database with more than one writer."""
    world = World(Database(old), clock)
    world.write(lambda db: db.connection().execute(text("UPDATE multi_session_device_session SET activation = 1")))
    world.database.migrate()
    held = [row for row in world.rows(DeviceSession) if row.revoked_reason in {None, EVICTED}]
    assert len({(row.device_id, row.activation) for row in held}) == len(held) == 8
    world.database.engine.dispose()
