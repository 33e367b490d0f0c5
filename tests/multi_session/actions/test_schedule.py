"""When a session's time is over its tabs hear of it, and idle sessions end by what people do, not by open tabs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.schedule import tell_expired, watch_endings
from multisession_app.multi_session.actions.tabs import Connection
from tests.support.browser import Browser
from tests.support.running import run
from tests.support.world import Clock, World

pytestmark = pytest.mark.sqlite

IDLE = timedelta(minutes=15)


@pytest.fixture
def idle_kit(kit_with: Callable[..., MultiSession]) -> MultiSession:
    """A kit whose sessions end after a quarter of an hour without use."""
    return kit_with(idle_timeout=IDLE)


def connect(kit: MultiSession, visitor: Browser, tab: str = "t") -> Connection:
    """Register a socket of this browser and look up as whom it acts."""
    connection = Connection.of(tab)
    kit.tabs.add(connection)
    run(kit.devices.bind(connection, visitor.secret_hash))
    return connection


def refreshed(kit: MultiSession) -> list[str]:
    """Return the list that the tabs told to read anew are noted in."""
    told: list[str] = []

    async def refresh(connection: Connection) -> None:
        told.append(connection.identity.tab)

    kit.tabs.refresh = refresh
    return told


@pytest.mark.standard("OWASP WebSocket 3")
def test_tab_is_called_back_when_its_session_expires(
    multi_session: MultiSession, visitor: Browser, clock: Clock
) -> None:
    """Not a second before; the one who was used last takes over."""
    visitor.sign_up("ada")
    clock.advance(days=1)
    bob = visitor.sign_up("bob")
    visitor.post("/multi-session/set-active", {"sessionId": visitor.listed()[1]["id"]})
    connection = connect(multi_session, visitor)
    clock.advance(days=29, seconds=-1)
    run(tell_expired(multi_session))
    assert not connection.kicked.is_set()
    clock.advance(seconds=1)
    run(tell_expired(multi_session))
    assert connection.kicked.is_set()
    assert connect(multi_session, visitor).session_id == bob


def test_tab_reads_anew_when_another_account_expires(
    multi_session: MultiSession, visitor: Browser, clock: Clock
) -> None:
    """Its socket stays, its list is corrected; once."""
    visitor.sign_up("ada")
    clock.advance(days=1)
    visitor.sign_up("bob")
    visitor.names()
    told, connection = refreshed(multi_session), connect(multi_session, visitor)
    clock.advance(days=29)
    run(tell_expired(multi_session))
    run(tell_expired(multi_session))
    assert told == ["t"]
    assert not connection.kicked.is_set()


def test_tab_whose_secret_has_died_is_called_back(multi_session: MultiSession, visitor: Browser, clock: Clock) -> None:
    """It acts for nobody any more."""
    visitor.sign_up("ada")
    visitor.names()
    connection = connect(multi_session, visitor)
    visitor.sign_up("bob")
    visitor.names()
    connection.kicked.clear()
    clock.advance(days=31)
    run(tell_expired(multi_session))
    assert connection.kicked.is_set()


def test_nothing_is_read_while_no_time_is_over(
    multi_session: MultiSession, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand open tabs cost a look at a thousand dates."""
    visitor.sign_up("ada")
    connect(multi_session, visitor)
    monkeypatch.setattr(multi_session, "database", None)
    run(tell_expired(multi_session))


@pytest.mark.slow
def test_keeping_time_outlives_an_error(multi_session: MultiSession, visitor: Browser, clock: Clock) -> None:
    """The database may be away for a while."""
    visitor.sign_up("ada")
    connection = connect(multi_session, visitor)
    clock.advance(days=30)
    whole = multi_session.database

    async def go() -> None:
        multi_session.database = None  # type: ignore[assignment]
        keeping = asyncio.create_task(watch_endings(multi_session))
        await asyncio.wait([keeping], timeout=1.5)
        assert not keeping.done()
        multi_session.database = whole
        await asyncio.wait_for(connection.kicked.wait(), 10)
        keeping.cancel()

    run(go())


@pytest.mark.standard("ASVS 7.3.1", "OWASP Session 9", "NIST 5.2")
def test_idle_session_ends(idle_kit: MultiSession, client: Callable[..., Browser], clock: Clock) -> None:
    """To the second after its last use, and is remembered."""
    visitor = client(idle_kit)
    visitor.sign_up("ada")
    clock.advance(minutes=10)
    assert visitor.active() == "ada"
    clock.advance(minutes=15, seconds=-1)
    device = run(idle_kit.devices.find(visitor.secret_hash, is_use=False))
    assert device is not None and device.active is not None
    clock.advance(seconds=1)
    assert visitor.active() is None
    device = run(idle_kit.devices.find(visitor.secret_hash))
    assert device is not None
    assert [held.user.name for held in device.remembered] == ["ada"]


def test_without_idle_timeout_a_session_lasts_its_whole_time(visitor: Browser, clock: Clock) -> None:
    """Off by default."""
    visitor.sign_up("ada")
    clock.advance(days=29)
    assert visitor.active() == "ada"


@pytest.mark.standard("ASVS 7.3.2", "OWASP Session 9", "NIST 5.1 (2)", "NIST 5.2")
def test_use_does_not_lengthen_the_whole_time(
    kit_with: Callable[..., MultiSession], client: Callable[..., Browser], clock: Clock
) -> None:
    """Thirty days, however busy (NIST SP 800-63B-4, 5.2)."""
    visitor = client(kit_with(idle_timeout=timedelta(days=20)))
    visitor.sign_up("ada")
    clock.advance(days=15)
    assert visitor.active() == "ada"
    clock.advance(days=15)
    assert visitor.active() is None


def test_each_account_is_idle_for_itself(idle_kit: MultiSession, client: Callable[..., Browser], clock: Clock) -> None:
    """Who is busy does not keep the others signed in; a switch is a use."""
    visitor = client(idle_kit)
    ada = visitor.sign_up("ada")
    visitor.sign_up("bob")
    clock.advance(minutes=10)
    visitor.post("/multi-session/set-active", {"sessionId": ada})
    clock.advance(minutes=10)
    assert visitor.names() == ["ada", "bob"], "the page that switched was Bob's"
    clock.advance(minutes=5)
    assert visitor.names() == ["ada"]


@pytest.mark.standard("ASVS 7.3.1")
def test_open_tab_does_not_keep_an_idle_session(
    idle_kit: MultiSession, client: Callable[..., Browser], clock: Clock, world: World
) -> None:
    """Its socket may come and go, and it may read anew: nobody did anything."""
    visitor = client(idle_kit)
    ada = visitor.sign_up("ada")
    start = clock.now
    for _ in range(3):
        clock.advance(minutes=5, seconds=-1)
        connection = connect(idle_kit, visitor)
        visitor.get("/get-session", {"Reflex-Client-Token": "t~" + ada})
        idle_kit.tabs.remove(connection)
    assert world.row(ada).last_active_at == start
    connection = connect(idle_kit, visitor)
    clock.advance(seconds=3)
    run(tell_expired(idle_kit))
    assert connection.kicked.is_set()


def test_use_elsewhere_keeps_the_tab(idle_kit: MultiSession, client: Callable[..., Browser], clock: Clock) -> None:
    """What another tab does counts for this one."""
    visitor = client(idle_kit)
    visitor.sign_up("ada")
    visitor.names()
    connection, _ = connect(idle_kit, visitor), refreshed(idle_kit)
    clock.advance(minutes=10)
    assert visitor.active() == "ada"
    clock.advance(minutes=10)
    run(tell_expired(idle_kit))
    assert not connection.kicked.is_set()
    clock.advance(minutes=5)
    run(tell_expired(idle_kit))
    assert connection.kicked.is_set()
