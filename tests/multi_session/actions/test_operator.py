"""What the operator ends is ended, and open tabs follow, whichever process the operator works in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
from redis.asyncio import Redis

from multisession_app.multi_session.actions import operator
from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.operator import Operator
from multisession_app.multi_session.actions.pubsub import PubSub
from multisession_app.multi_session.actions.schedule import tell_ended_by_operator, watch_endings
from multisession_app.multi_session.actions.tabs import Connection
from multisession_app.multi_session.database.models import ENDED_BY_OPERATOR, DeviceSession, SecurityEvent
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.errors import InvalidSession, NoSuchUser, PasswordTooShort
from multisession_app.multi_session.options import Options
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.running import run
from tests.support.world import Clock, World

NEW = "another fine password"
ADA = email_of("ada")


@pytest.fixture
def operators(database: Database, clock: Clock) -> Iterator[MultiSession]:
    """Return a kit of another process on the same database."""
    other = Database(database.engine.url.render_as_string(hide_password=False))
    yield MultiSession(options=Options(), database=other, now=clock)
    other.engine.dispose()


def open_tab(kit: MultiSession, browser: Browser) -> Connection:
    """Open a tab of a browser."""
    connection = Connection.of("t")
    kit.tabs.add(connection)
    run(kit.devices.bind(connection, browser.secret_hash))
    return connection


def test_operator_sees_a_users_sessions_on_every_device(
    both: list[Browser], operators: MultiSession, clock: Clock
) -> None:
    """Whatever way the address is typed; no one else's, and none that has ended."""
    user, sessions = run(Operator(operators).sessions_of(" ADA@Example.com"))
    assert user.email == ADA
    assert {session.device_id for session in sessions} == {
        device.identity.device for device in _devices(operators, both)
    }
    clock.advance(days=31)
    assert run(Operator(operators).sessions_of(ADA))[1] == []


@pytest.mark.standard("ASVS 7.4.5")
def test_operator_ends_a_users_sessions(both: list[Browser], operators: MultiSession, world: World) -> None:
    """On all devices; other accounts there stay. The user reads it in the recent activity."""
    here, phone = both
    assert run(Operator(operators).end_sessions(ADA)) == 2
    assert (here.names(), phone.names()) == (["bob"], [])
    assert [event.kind for event in world.rows(SecurityEvent)].count(ENDED_BY_OPERATOR) == 2
    assert run(Operator(operators).end_sessions(ADA)) == 0


def test_operator_ends_one_session(both: list[Browser], operators: MultiSession) -> None:
    """That of the user who is named: another's id ends nothing."""
    here, phone = both
    of_bob = here.listed()[1]["id"]
    for wrong in (of_bob, "unknown", "\0"):
        with pytest.raises(InvalidSession):
            run(Operator(operators).end_sessions(ADA, wrong))
    assert run(Operator(operators).end_sessions(ADA, here.listed()[0]["id"])) == 1
    assert (here.names(), phone.names()) == (["bob"], ["ada"])


@pytest.mark.standard("ASVS 7.4.5")
def test_operator_ends_everyones_sessions(
    both: list[Browser], operators: MultiSession, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few at a time, until none is left; nobody stands on a screen any more."""
    monkeypatch.setattr(operator, "SWEEP_BATCH", 2)
    assert run(Operator(operators).end_everyones_sessions()) == 3
    assert [browser.names() for browser in both] == [[], []]
    assert {row.revoked_reason for row in world.rows(DeviceSession)} == {ENDED_BY_OPERATOR}


@pytest.mark.standard("ASVS 6.4.3")
def test_operator_sets_a_password(both: list[Browser], operators: MultiSession, client: Callable[..., Browser]) -> None:
    """The old one opens nothing any more, and neither do the sessions that it opened."""
    assert run(Operator(operators).set_password(ADA, NEW)) == 2
    assert both[1].names() == []
    stranger = client()
    assert stranger.post("/sign-in/email", {"email": ADA, "password": PASSWORD}).status_code == 401
    assert stranger.post("/sign-in/email", {"email": ADA, "password": NEW}).status_code == 200


def test_operator_s_password_is_judged_as_everyones(both: list[Browser], operators: MultiSession) -> None:
    """And nothing is done."""
    with pytest.raises(PasswordTooShort):
        run(Operator(operators).set_password(ADA, "short"))
    assert both[1].names() == ["ada"]


@pytest.mark.parametrize("email", ["nobody@example.com", "", "no address", "\0"])
def test_unknown_address_is_said(operators: MultiSession, email: str) -> None:
    """The operator has made a typing mistake."""
    for doing in (
        Operator(operators).sessions_of(email),
        Operator(operators).end_sessions(email),
        Operator(operators).set_password(email, NEW),
        Operator(operators).disable(email),
        Operator(operators).enable(email),
    ):
        with pytest.raises(NoSuchUser):
            run(doing)


def test_tabs_follow_what_another_process_has_ended(
    both: list[Browser], multi_session: MultiSession, operators: MultiSession, clock: Clock
) -> None:
    """Without Redis the server looks for itself. Each tab is told once, and nobody else's is."""
    here, phone = (open_tab(multi_session, browser) for browser in both)
    since = run(tell_ended_by_operator(multi_session, multi_session.now()))
    clock.advance(seconds=1)
    run(Operator(operators).end_sessions(ADA, both[1].listed()[0]["id"]))
    since = run(tell_ended_by_operator(multi_session, since))
    assert (here.kicked.is_set(), phone.kicked.is_set()) == (False, True)
    phone.kicked.clear()
    run(tell_ended_by_operator(multi_session, since))
    assert not phone.kicked.is_set()


@pytest.mark.slow
def test_server_looks_every_second(
    both: list[Browser], multi_session: MultiSession, operators: MultiSession, clock: Clock
) -> None:
    """As part of what it does then anyway."""
    here = open_tab(multi_session, both[0])

    async def scene() -> None:
        keeping = asyncio.create_task(watch_endings(multi_session))
        await asyncio.sleep(0)
        clock.advance(seconds=1)
        await Operator(operators).end_sessions(ADA)
        await asyncio.wait_for(here.kicked.wait(), 10)
        keeping.cancel()

    run(scene())


@pytest.mark.sqlite
def test_tabs_follow_over_redis(
    both: list[Browser], multi_session: MultiSession, operators: MultiSession, redis_url: str
) -> None:
    """Without anybody looking for it."""

    async def scene() -> None:
        multi_session.pubsub, operators.pubsub = (PubSub(redis_url, "test_operating") for _ in range(2))
        here = Connection.of("t")
        multi_session.tabs.add(here)
        await multi_session.devices.bind(here, both[0].secret_hash)
        listening = asyncio.create_task(multi_session.pubsub.listen())
        watching = Redis.from_url(redis_url)
        while not (await watching.pubsub_numsub("test_operating"))[0][1]:
            await asyncio.sleep(0.05)
        await watching.aclose()
        await Operator(operators).end_sessions(ADA)
        await here.kicked.wait()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await multi_session.pubsub.close()
        await operators.pubsub.close()

    run(asyncio.wait_for(scene(), 20))


def _devices(kit: MultiSession, browsers: list[Browser]) -> list[Connection]:
    return [open_tab(kit, browser) for browser in browsers]
