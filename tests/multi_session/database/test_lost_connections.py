"""A database that goes away: what is tried again, what is not, and what people are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, make_url, text
from sqlmodel import Session, select

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.database import transactions
from multisession_app.multi_session.database.models import User
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.errors import DatabaseUnavailable
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from multisession_app.multi_session.http.routes import api
from multisession_app.multi_session.options import Options
from tests.support.browser import Browser
from tests.support.cut_line import CutLine
from tests.support.handshakes import call_socket
from tests.support.postgres_server import connect
from tests.support.running import run
from tests.support.server import HOST, free_port
from tests.support.world import NOW, World

pytestmark = pytest.mark.postgresql


def url_of(database: Database) -> str:
    """Return the address of a database with its password."""
    return database.engine.url.render_as_string(hide_password=False)


def cut(database: Database) -> None:
    """End all connections to a database, as a restart or a firewall does."""
    with connect(url_of(database)) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def add_user(db: Session) -> None:
    """Write a row that can be there only once."""
    db.add(User(id="1", name="n", email="n@example.com", password_hash="-", created_at=NOW, updated_at=NOW))
    db.flush()


@pytest.fixture
def gone() -> Iterator[Database]:
    """Return a database at an address where nothing listens."""
    database = Database(f"postgresql+psycopg://nobody:hunter2@{HOST}:{free_port()}/app")
    yield database
    database.close()


@pytest.fixture
def stranded(gone: Database) -> Browser:
    """Return a browser with a cookie, before a kit whose database is gone."""
    kit = MultiSession(options=Options(), database=gone)
    return Browser(DeviceMiddleware(api(), kit)).holding("a-secret-of-another-day")


def test_connections_that_were_cut_while_idle_are_not_noticed(world: World) -> None:
    """A whole pool of them: reads and writes go on."""

    async def fill_the_pool() -> None:
        await asyncio.gather(*(world.database.read(lambda db: db.exec(text("SELECT pg_sleep(0.05)"))) for _ in "12345"))  # type: ignore[call-overload]

    run(fill_the_pool())
    cut(world.database)
    assert world.rows(User) == []
    run(fill_the_pool())
    cut(world.database)
    world.write(add_user)
    assert len(world.rows(User)) == 1


@pytest.mark.parametrize("has_written", [False, True], ids=["before anything", "after a statement"])
def test_write_that_is_cut_before_its_commit_is_done_once(world: World, has_written: bool) -> None:
    """Nothing of the first turn can be there, so the second does it all."""
    turns = []

    def work(db: Session) -> None:
        turns.append(1)
        if has_written:
            add_user(db)
        if len(turns) == 1:
            cut(world.database)
        if not has_written:
            add_user(db)
        db.exec(select(User)).all()

    # So that the pool has a connection to be cut.
    assert world.rows(User) == []
    world.write(work)
    assert len(turns) == 2
    assert len(world.rows(User)) == 1


def test_write_that_is_cut_at_its_commit_is_not_done_again(world: World) -> None:
    """Nobody knows whether it was done: it is refused, and done once or not at all."""
    turns = []

    def lose(connection: Any) -> None:
        cut(world.database)

    def work(db: Session) -> None:
        turns.append(1)
        add_user(db)

    event.listen(world.database.engine, "commit", lose, once=True)
    with pytest.raises(DatabaseUnavailable):
        world.write(work)
    assert len(turns) == 1
    assert world.rows(User) == []


def test_server_that_cuts_every_connection_is_given_up(world: World) -> None:
    """After the second time."""
    turns = []

    def work(db: Session) -> None:
        turns.append(1)
        db.exec(select(User)).all()
        cut(world.database)
        db.exec(select(User)).all()

    for do in world.read, world.write:
        turns.clear()
        with pytest.raises(DatabaseUnavailable):
            do(work)
        assert len(turns) == 2


def test_database_that_is_read_only_is_away_for_writes_alone(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A standby, or a host that locks a full disk. The log says so once, and once when a write is done again."""

    def lock(is_locked: bool) -> None:
        with connect(url_of(world.database)) as connection:
            connection.execute("SET default_transaction_read_only = off")
            name = world.database.engine.url.database
            connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {is_locked}')
        cut(world.database)

    world.write(lambda db: None)
    caplog.clear()
    lock(True)
    try:
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                world.write(add_user)
            assert world.rows(User) == []
    finally:
        lock(False)
    assert world.rows(User) == []
    world.write(add_user)
    assert [message.partition(" (")[0] for message in caplog.messages] == [
        "The database does not answer",
        "The database answers again.",
    ]


def test_transaction_that_was_ended_for_being_idle_is_refused(world: World) -> None:
    """The handler took too long, or its thread was not let run."""

    def work(db: Session) -> None:
        db.connection().execute(text("SET LOCAL idle_in_transaction_session_timeout = 50"))
        time.sleep(0.2)
        add_user(db)

    with pytest.raises(DatabaseUnavailable):
        world.write(work)
    assert world.rows(User) == []


def test_statement_that_takes_too_long_is_ended(world: World) -> None:
    """The address can say how long; nobody waits for ever behind a lock."""
    hurried = Database(url_of(world.database) + "?options=-c statement_timeout=100")
    with pytest.raises(DatabaseUnavailable):
        run(hurried.read(lambda db: db.connection().execute(text("SELECT pg_sleep(5)"))))
    hurried.close()


def test_look_up_gives_up_on_a_database_that_hangs(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Those that come later, and writes, do so at once; when it goes on all is well, and the log has said so once."""
    monkeypatch.setattr(transactions, "LOOK_UP_TIMEOUT", timedelta(seconds=0.3))
    url = make_url(url_of(world.database))
    line = CutLine(free_port(), url.port or 5432)

    async def go(database: Database) -> None:
        async def ask(times: int) -> tuple[set[type], float]:
            began = time.monotonic()
            answers = (database.look_up(lambda db: db.exec(select(User)).all()) for _ in range(times))
            found = {type(answer) for answer in await asyncio.gather(*answers, return_exceptions=True)}
            return found, time.monotonic() - began

        assert (await ask(1))[0] == {list}
        line.hang()
        found, seconds = await ask(30)
        assert found == {DatabaseUnavailable}
        assert 0.3 <= seconds < 1
        found, seconds = await ask(30)
        assert found == {DatabaseUnavailable}
        assert seconds < 0.1
        with pytest.raises(DatabaseUnavailable):
            await asyncio.wait_for(database.write(add_user), 0.1)
        line.mend()
        deadline = time.monotonic() + 5
        while (await ask(1))[0] != {list}:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        assert await database.look_up(lambda db: db.exec(select(User)).all()) == []

    with line.open():
        database = Database(url.set(port=line.port).render_as_string(hide_password=False))
        run(go(database))
        database.close()
    # Those that were given up end with the line.
    assert [message.partition(" (")[0] for message in caplog.messages if "database" in message][:2] == [
        "The database does not answer",
        "The database answers again.",
    ]


def test_queue_and_a_slow_query_are_no_database_that_hangs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits behind others, or beside an app's long query, is answered."""
    monkeypatch.setattr(transactions, "LOOK_UP_TIMEOUT", timedelta(seconds=0.3))

    def sleep(seconds: float) -> Callable[[Session], Any]:
        return lambda db: db.connection().execute(text(f"SELECT pg_sleep({seconds})"))

    async def go() -> None:
        slow = asyncio.create_task(world.database.read(sleep(1)))
        await asyncio.sleep(0.4)
        await asyncio.gather(*(world.database.look_up(sleep(0.1)) for _ in range(50)))
        await slow

    run(go())


@pytest.mark.parametrize("path", ["/get-session", "/multi-session/list-device-sessions", "/ok"])
def test_database_that_is_gone_is_said_with_a_code(stranded: Browser, path: str) -> None:
    """Not "signed out", which would be wrong, and not a bare error 500."""
    answer = stranded.get(path)
    assert answer.status_code == 503
    assert answer.json()["code"] == "DATABASE_UNAVAILABLE"
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.standard("ASVS 16.5.1")
def test_neither_answer_nor_log_tells_the_password_of_the_database(
    stranded: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the kind of the driver's error; the answer not even that."""
    answer = stranded.get("/get-session")
    assert "hunter2" not in answer.text + caplog.text
    assert HOST not in answer.text + caplog.text
    assert "The database does not answer" in caplog.text


def test_socket_is_refused_while_the_database_is_gone(stranded: Browser, gone: Database) -> None:
    """The browser tries again by itself; nobody is taken for signed out."""
    assert call_socket(MultiSession(options=Options(), database=gone), stranded) is None


def test_event_loop_goes_on_while_a_query_runs(world: World) -> None:
    """Queries run in threads."""

    async def go() -> int:
        query = asyncio.create_task(world.database.read(lambda db: db.connection().execute(text("SELECT pg_sleep(1)"))))
        ticks = 0
        while not query.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks

    assert run(go()) > 10


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_address_may_be_as_hosts_give_it(world: World, scheme: str, new_url: Callable[[], str]) -> None:
    """They name no driver."""
    database = Database(new_url().replace("postgresql+psycopg", scheme))
    assert run(database.read(lambda db: db.exec(select(User)).all())) == []
    database.close()


def test_times_come_back_as_they_went_whatever_the_server_s_zone_is(world: World) -> None:
    """Aware, in UTC. The server of the tests is in Newfoundland."""
    world.user("ada")
    made = world.rows(User)[0].created_at
    assert made == NOW
    assert made.utcoffset() is not None
    assert made.isoformat() == NOW.isoformat()
