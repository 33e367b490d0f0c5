"""Which sockets a change moves, in this process and in another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from socket import create_server
from typing import Any
from uuid import uuid4

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.pubsub import PubSub
from multisession_app.multi_session.actions.tabs import Change, Connection, Identity
from multisession_app.multi_session.queries.devices import ProvenDevice
from tests.support.browser import Browser
from tests.support.running import run

pytestmark = pytest.mark.sqlite


def socket(
    device: str = "d1", session: str = "s1", generation: int = 1, *, tab: str = "t", tree: str = "tree"
) -> Connection:
    """Make an open socket."""
    return Connection(Identity(str(uuid4()), tab, device, session, generation), tree=tree)


def pubsub_with(*sockets: Connection) -> tuple[PubSub, list[Connection]]:
    """Return what knows these sockets, and the list of those that it will have refreshed."""
    pubsub, refreshed = PubSub(), []

    async def refresh(connection: Connection) -> None:
        refreshed.append(connection)

    pubsub.tabs.refresh = refresh
    for connection in sockets:
        pubsub.tabs.add(connection)
    return pubsub, refreshed


def change(device: str = "d1", session: str = "s1", generation: int = 1) -> Change:
    """Say what a device has become."""
    return Change(device_id=device, session_id=session, generation=generation)


def test_switch_kicks_exactly_the_sockets_of_the_old_account() -> None:
    """Those that show the new one read their accounts anew; other devices and signed-out tabs notice nothing."""
    old, new = socket(session="s1"), socket(session="s2")
    foreign, signed_out = socket("d2", "s1"), socket("", "")
    pubsub, refreshed = pubsub_with(old, new, foreign, signed_out)
    run(pubsub.publish(change(session="s2")))
    kicked = [connection.kicked.is_set() for connection in (old, new, foreign, signed_out)]
    assert kicked == [True, False, False, False]
    assert refreshed == [new]


def test_sign_out_of_the_last_kicks_every_tab_of_the_device() -> None:
    """They come back signed out."""
    tabs = [socket(), socket()]
    pubsub, refreshed = pubsub_with(*tabs)
    run(pubsub.publish(change(session="")))
    assert all(tab.kicked.is_set() for tab in tabs)
    assert refreshed == []


def test_newer_cookie_kicks_the_sockets_that_have_an_older_one() -> None:
    """They come back with the new one; those that have it stay."""
    older, same, newer = socket(generation=1), socket(generation=2), socket(generation=3)
    pubsub, refreshed = pubsub_with(older, same, newer)
    run(pubsub.publish(change(generation=2)))
    assert [tab.kicked.is_set() for tab in (older, same, newer)] == [True, False, False]
    assert refreshed == [same, newer]


def test_change_during_a_move_is_never_taken_for_none() -> None:
    """What the moving socket has read may be older, even if it has gone nowhere yet."""
    tab = socket(session="s1")
    pubsub, refreshed = pubsub_with(tab)
    asked: list[Connection] = []
    pubsub.tabs.move = asked.append
    tab.is_moving = True
    run(pubsub.publish(change(session="s1")))
    assert (asked, refreshed) == ([tab], [])


def test_change_of_a_users_sessions_refreshes_their_tabs_on_other_devices() -> None:
    """Theirs only; nobody is moved, since nobody's account has changed there."""
    mine, other, own = socket("d2", "s2"), socket("d2", "s3"), socket("d1", "s1")
    mine.user_id, other.user_id, own.user_id = "ada", "bob", "ada"
    pubsub, refreshed = pubsub_with(mine, other, own)
    run(pubsub.publish(Change("d1", "s1", 1, user_ids=("ada",))))
    assert refreshed == [mine, own]
    run(pubsub.publish(Change("d1", None, 2, user_ids=("ada",))))
    assert refreshed == [mine, own, mine], "the device itself is told nothing"
    assert not any(tab.kicked.is_set() for tab in (mine, other, own))


def test_moving_tab_of_a_user_whose_sessions_changed_looks_again() -> None:
    """On another device too, what it has read may be older."""
    tab = socket("d2", "s2")
    tab.user_id, tab.is_moving = "ada", True
    pubsub, refreshed = pubsub_with(tab)
    asked: list[Connection] = []
    pubsub.tabs.move = asked.append
    run(pubsub.publish(Change("d1", "s1", 1, user_ids=("ada",))))
    assert (asked, refreshed) == ([tab], [])


def test_change_during_a_handshake_marks_the_socket_stale() -> None:
    """It has no device yet; whoever it will be, it looks again."""
    opening = socket("", "", tree="")
    pubsub, refreshed = pubsub_with(opening)
    run(pubsub.publish(change()))
    assert opening.is_stale
    assert not opening.kicked.is_set()
    assert refreshed == []


def test_closed_socket_is_forgotten() -> None:
    """Neither kicked nor refreshed; forgetting twice is no error."""
    tab = socket()
    pubsub, refreshed = pubsub_with(tab)
    pubsub.tabs.remove(tab)
    pubsub.tabs.remove(tab)
    run(pubsub.publish(change(session="s2")))
    assert not tab.kicked.is_set()
    assert pubsub.tabs.connections == {}
    assert refreshed == []


def test_without_a_refresh_nothing_breaks() -> None:
    """As when Reflex is not there."""
    pubsub = PubSub()
    pubsub.tabs.add(socket())
    run(pubsub.publish(change()))
    run(pubsub.listen())
    run(pubsub.close())


def test_handshake_is_repeated_when_the_device_changed_meanwhile(
    visitor: Browser, multi_session: MultiSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look-up saw the old account, the switch was published, and the socket acts as the new one."""
    first, _ = visitor.sign_up("ada"), visitor.sign_up("bob")
    visitor.names()
    connection = Connection.of("t")
    multi_session.tabs.add(connection)
    real, looks = multi_session.devices._look_up, 0

    async def switched_behind_the_look_up(*request: Any) -> object:
        nonlocal looks
        looks += 1
        device = await real(*request)
        if looks == 1:
            assert isinstance(device, ProvenDevice)
            await multi_session.device_sessions.set_active(device, first)
        return device

    monkeypatch.setattr(multi_session.devices, "_look_up", switched_behind_the_look_up)
    run(multi_session.devices.bind(connection, visitor.secret_hash))
    assert looks == 2
    assert connection.session_id == first


def test_a_socket_that_has_lost_its_device_acts_as_nobody(multi_session: MultiSession, visitor: Browser) -> None:
    """Nothing of the account before is left in its ids."""
    visitor.sign_up("ada")
    connection = Connection.of("t")
    run(multi_session.devices.bind(connection, visitor.secret_hash))
    assert "" not in {connection.session_id, connection.user_id}
    connection.act_as(None)
    fresh = Connection.of("t")
    fresh.act_as(None)
    assert connection.identity == Identity(connection.id, "t")
    assert (connection.user_id, connection.ends_at, connection.tree) == ("", None, fresh.tree)


def test_unknown_cookie_binds_to_no_device(multi_session: MultiSession) -> None:
    """The socket is a signed-out one."""
    for secret_hash in (None, "0" * 64):
        connection = Connection.of("t")
        assert run(multi_session.devices.bind(connection, secret_hash)) is None
        assert (connection.identity.device, connection.session_id, connection.identity.generation) == ("", "", 0)


def test_change_reaches_the_sockets_of_another_process(redis_url: str) -> None:
    """Over Redis; the process that publishes does not apply its own message twice."""
    old, here, foreign = socket(session="s1"), socket(session="s2"), socket("d2", "s1")
    there = pubsub_with(old, foreign)[0]

    async def scene(ours: PubSub, theirs: PubSub) -> None:
        refreshed: list[Connection] = []

        async def refresh(connection: Connection) -> None:
            refreshed.append(connection)

        ours.tabs.refresh = refresh
        ours.tabs.add(here)
        theirs.tabs.connections = there.tabs.connections
        await _until_told(ours, theirs, lambda: old.kicked.is_set(), change(session="s2"))
        assert not foreign.kicked.is_set()
        told = len(refreshed)
        marker = socket("marker")
        theirs.tabs.add(marker)
        await _until_told(ours, theirs, marker.kicked.is_set, change("marker", "s9"))
        assert refreshed == [here] * told

    run(_two_processes(redis_url, "test_live_a", scene))


def test_users_are_named_to_other_processes_too(redis_url: str) -> None:
    """A tab of theirs there reads anew."""
    tab = socket("d2", "s2")
    tab.user_id = "ada"

    async def scene(ours: PubSub, theirs: PubSub) -> None:
        refreshed: list[Connection] = []

        async def refresh(connection: Connection) -> None:
            refreshed.append(connection)

        theirs.tabs.refresh = refresh
        theirs.tabs.add(tab)
        await _until_told(ours, theirs, lambda: bool(refreshed), Change("d1", None, 0, ("ada",)))

    run(_two_processes(redis_url, "test_live_d", scene))


def test_message_of_another_app_is_not_heard(redis_url: str) -> None:
    """Two apps on one Redis have a channel each."""
    tab, own = socket(), socket("own")

    async def scene(ours: PubSub, theirs: PubSub) -> None:
        theirs.tabs.add(tab)
        theirs.tabs.add(own)
        stranger = PubSub(redis_url, channel="test_live_other")
        await stranger.publish(change(session="s2"))
        await stranger.close()
        await _until_told(ours, theirs, own.kicked.is_set, change("own", "s9"))
        assert not tab.kicked.is_set()

    run(_two_processes(redis_url, "test_live_b", scene))


def test_nonsense_on_the_channel_does_not_end_the_listening(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Said in the log, and listened on."""
    tab = socket()
    real_sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: real_sleep(0))

    async def scene(ours: PubSub, theirs: PubSub) -> None:
        theirs.tabs.add(tab)
        assert ours._redis is not None
        deadline = time.monotonic() + 10
        while "Could not apply a change" not in caplog.text:
            assert time.monotonic() < deadline
            await ours._redis.publish("test_live_c", "nonsense")
            await real_sleep(0.01)
        await _until_told(ours, theirs, tab.kicked.is_set, change(session="s2"))

    run(_two_processes(redis_url, "test_live_c", scene))


def test_lost_redis_costs_promptness_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    """This process's tabs are moved, the log says why the others are not, and the verb succeeds."""

    async def scene() -> Connection:
        pubsub, tab = PubSub("redis://127.0.0.1:1"), socket()
        pubsub.tabs.add(tab)
        for _ in range(3):
            await pubsub.publish(change(session="s2"))
        await pubsub.close()
        return tab

    assert run(scene()).kicked.is_set()
    [line] = [line for line in caplog.messages if "Redis" in line]
    assert line == "Redis does not answer (ConnectionError). Tabs of other processes hear of changes late."


def test_hanging_redis_holds_a_change_up_for_a_second(caplog: pytest.LogCaptureFixture) -> None:
    """Once, not for each device that is told; this process's tabs have moved before."""

    async def scene() -> float:
        with create_server(("127.0.0.1", 0)) as deaf:
            pubsub, tab = PubSub(f"redis://127.0.0.1:{deaf.getsockname()[1]}"), socket()
            pubsub.tabs.add(tab)
            began = time.monotonic()
            await pubsub.tell_devices({f"d{number}": "s2" for number in range(50)})
            await pubsub.close()
            assert tab.kicked.is_set()
            return time.monotonic() - began

    assert run(scene()) < 1.5
    assert caplog.text.count("Redis does not answer (TimeoutError)") == 1


async def _two_processes(redis_url: str, channel: str, scene: Callable[[PubSub, PubSub], Awaitable[None]]) -> None:
    ours, theirs = PubSub(redis_url, channel=channel), PubSub(redis_url, channel=channel)
    listening = [asyncio.create_task(pubsub.listen()) for pubsub in (ours, theirs)]
    try:
        await scene(ours, theirs)
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        await ours.close()
        await theirs.close()


async def _until_told(ours: PubSub, theirs: PubSub, look: Callable[[], bool], message: Change) -> None:
    # Published again and again, since a subscription begins at a time of its own.
    deadline = time.monotonic() + 10
    while not look():
        assert time.monotonic() < deadline, "the other process was not told"
        await ours.publish(message)
        await asyncio.sleep(0.02)
