"""A database, a clock, the kit on them, and browsers before it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from passlib.context import CryptContext
from sqlalchemy import event, make_url

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.tabs import HEADER
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from multisession_app.multi_session.http.routes import api
from multisession_app.multi_session.options import Options
from multisession_app.multi_session.security import passwords
from multisession_app.multi_session.websocket.runtime import runtime
from tests.support.browser import Browser
from tests.support.event_check import Guarding
from tests.support.guesses import HOME
from tests.support.postgres_server import connect
from tests.support.running import run
from tests.support.scenes import Namespace, Play, Scene
from tests.support.state_tab import Tab
from tests.support.world import NOW, Clock, World


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that needs a database on both kinds, unless it is marked to be about one."""
    if "database_kind" in metafunc.fixturenames:
        kinds = ("sqlite", "postgresql")
        marked = [kind for kind in kinds if metafunc.definition.get_closest_marker(kind)]
        # With the mark, so that -m "not postgresql" means it.
        each = [pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in marked or kinds]
        metafunc.parametrize("database_kind", each)


CHEAP = CryptContext(
    schemes=["argon2"], argon2__type="ID", argon2__memory_cost=8, argon2__time_cost=1, argon2__parallelism=1
)
NOBODYS_HASH = CHEAP.hash("the password of nobody")


@pytest.fixture(autouse=True)
def cheap_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let argon2 take half a millisecond instead of 25, where the hash is not what is tested."""
    if request.node.get_closest_marker("real_hashes") is None:
        monkeypatch.setattr(passwords, "_context", CHEAP)
        monkeypatch.setattr(passwords, "_dummy_hash", lambda: NOBODYS_HASH)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty SQLite file with the newest schema, to copy."""
    path = tmp_path_factory.mktemp("migrated") / "app.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def clean(request: pytest.FixtureRequest) -> list[str]:
    """Return the addresses of PostgreSQL databases with the newest schema and no rows; the first one to copy."""
    url = request.getfixturevalue("postgres").create()
    _migrate(url)
    return [url]


@pytest.fixture(scope="session")
def databases() -> dict[str, Database]:
    """Keep a `Database` for each address, with the statements that it has compiled, which takes most of a test."""
    return {}


@pytest.fixture
def new_url(database_kind: str, request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Return what gives the addresses of fresh databases."""
    made: list[str] = []
    if database_kind == "sqlite":
        migrated: Path = request.getfixturevalue("migrated")

        def make() -> str:
            path = migrated.with_name(f"{len(made)}.db")
            shutil.copy(migrated, path)
            made.append(f"sqlite:///{path}")
            return made[-1]

        yield make
        for number in range(len(made)):
            for path in migrated.parent.glob(f"{number}.db*"):
                path.unlink()
        return

    clean: list[str] = request.getfixturevalue("clean")

    def take() -> str:
        # Copying takes ten times as long as emptying the few rows of the last test.
        template = str(make_url(clean[0]).database)
        made.append(clean.pop() if len(clean) > 1 else request.getfixturevalue("postgres").create(template))
        return made[-1]

    yield take
    for url in made:
        empty(url)
    clean.extend(made)


@pytest.fixture
def empty_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a database without tables."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path}/new/app.db"
    url: str = request.getfixturevalue("postgres").create()
    return url


@pytest.fixture
def new_database(
    database_kind: str, new_url: Callable[[], str], databases: dict[str, Database]
) -> Iterator[Callable[[], Database]]:
    """Return what makes fresh databases, for tests that need many."""
    made: list[Database] = []

    def make() -> Database:
        url = new_url()
        if url not in databases:
            databases[url] = Database(url)
            if database_kind == "sqlite":
                # As for PostgreSQL: nothing of a test has to be safe on the disk.
                event.listen(databases[url].engine, "connect", lambda c, _: c.execute("PRAGMA synchronous = OFF"))
        made.append(databases[url])
        return made[-1]

    yield make
    for database in made:
        database.engine.dispose()


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Database:
    """Return a fresh database."""
    return new_database()


@pytest.fixture
def now() -> datetime:
    """Return the time at which tests begin."""
    return NOW


@pytest.fixture
def clock(now: datetime) -> Clock:
    """Return the kit's clock, which the test moves."""
    return Clock(now)


@pytest.fixture
def world(database: Database, clock: Clock) -> World:
    """Return the database and the verbs on it."""
    return World(database, clock)


@pytest.fixture
def kit_with(database: Database, clock: Clock) -> Callable[..., MultiSession]:
    """Return what makes a kit with other options."""

    def make(**options: Any) -> MultiSession:
        return MultiSession(options=Options(**options), database=database, now=clock)

    return make


@pytest.fixture
def multi_session(kit_with: Callable[..., MultiSession]) -> MultiSession:
    """Return the kit with its default options."""
    return kit_with()


@pytest.fixture
def client(multi_session: MultiSession) -> Callable[..., Browser]:
    """Return what opens another browser before the kit, or before another kit that is given."""

    doors: dict[int, DeviceMiddleware] = {}

    def open_browser(kit: MultiSession = multi_session, **more: Any) -> Browser:
        door = doors.get(id(kit)) or doors.setdefault(id(kit), DeviceMiddleware(api(), kit))
        return Browser(door, settle=kit.authentication.settle, **more)

    return open_browser


@pytest.fixture
def visitor(client: Callable[..., Browser]) -> Browser:
    """Return a browser that has never been here."""
    return client()


@pytest.fixture
def at(client: Callable[..., Browser]) -> Callable[..., Browser]:
    """Return what opens another browser at an address."""

    def open_browser(address: str = HOME) -> Browser:
        return client(address=address)

    return open_browser


@pytest.fixture
def one_clock(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `limits`, which asks the machine for the time, see the kit's."""
    monkeypatch.setattr(time, "time", lambda: clock().timestamp())


@pytest.fixture
def tab(multi_session: MultiSession, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Tab]:
    """Return what opens a tab of a browser, as its active account or as one that is named."""
    monkeypatch.setattr(runtime, "multi_session", multi_session)

    def open_tab(visitor: Browser, session_id: str | None = None) -> Tab:
        device = run(multi_session.devices.find(visitor.secret_hash))
        assert device is not None
        ids = {"device": device.id, "session": session_id or device.active_id, "generation": str(device.generation)}
        tab = Tab(multi_session, {HEADER + "connection": "c", **{HEADER + name: value for name, value in ids.items()}})
        tab.call("refresh")
        return tab

    return open_tab


@pytest.fixture
def namespace() -> Namespace:
    """Return Reflex's side of open sockets."""
    return Namespace()


@pytest.fixture
def guarding(multi_session: MultiSession, namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Guarding:
    """Return the guard of this process."""
    guarding = Guarding(multi_session, namespace)
    monkeypatch.setattr(runtime, "multi_session", multi_session)
    monkeypatch.setattr(runtime, "app", guarding.app)
    return guarding


@pytest.fixture
def elsewhere(kit_with: Callable[..., MultiSession]) -> Callable[[Browser], Browser]:
    """Return what opens the same browser before another process, of which this one hears nothing."""

    def open_browser(visitor: Browser) -> Browser:
        other, kit = visitor.copy(), kit_with()
        other.app = DeviceMiddleware(api(), kit)
        return other

    return open_browser


@pytest.fixture
def play(multi_session: MultiSession, visitor: Browser, namespace: Namespace) -> Play:
    """Return what plays a scene with two accounts, of which the second is active."""
    ada, bob = visitor.sign_up("ada"), visitor.sign_up("bob")
    visitor.names()

    def go(scene: Callable[[Scene, Browser, str, str], Coroutine[Any, Any, None]]) -> None:
        run(scene(Scene(multi_session, namespace), visitor, ada, bob))

    return go


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()


def empty(url: str) -> None:
    """Delete every row of the kit's tables in a PostgreSQL database."""
    tables = (b"multi_session_user", b"multi_session_device")
    with connect(url) as connection:
        for table in tables:
            connection.execute(b"DELETE FROM " + table)
