"""Whose turn it is to have a password hashed, when many wait; without a hash, whose time is not what is tested."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from multisession_app.multi_session.errors import ServerBusy
from multisession_app.multi_session.options import (
    KNOWN_COOKIES_MAX,
    PASSWORDS_AT_ONCE,
    PASSWORDS_WAITING,
    PASSWORDS_WAITING_OF_ADDRESS,
    PASSWORDS_WAITING_OF_DEVICE,
)
from multisession_app.multi_session.security.origins import Source
from multisession_app.multi_session.security.password_queue import PasswordQueue
from tests.support.guesses import ELSEWHERE, HOME
from tests.support.running import run

FLOOD = [f"device {number}" for number in range(150)]


class Crowd:
    """People before a queue that stands still until `let_go`."""

    def __init__(self) -> None:
        """Begin with as many hashes as can be made at once, which end when the crowd is let go."""
        self.queue = PasswordQueue()
        self.turns: list[str] = []
        self.refused: list[str] = []
        self._ended = asyncio.Event()
        self._all: list[asyncio.Task[None]] = []

    async def begin(self) -> Crowd:
        """Occupy the queue."""
        for number in range(PASSWORDS_AT_ONCE):
            await self.come("203.0.113.1", f"first {number}", self._ended.wait)
        self.turns.clear()
        return self

    async def come(
        self,
        address: str,
        who: str,
        work: Callable[[], Awaitable[object]] | None = None,
        *,
        gone: asyncio.Event | None = None,
        is_known: bool = False,
    ) -> asyncio.Task[None]:
        """Let somebody come and return what waits for them."""

        async def wait() -> None:
            assert gone is not None
            await gone.wait()

        async def go() -> None:
            try:
                source = Source(ip_address=address, gone=wait if gone else None)
                async with self.queue.turn(source, who, is_known=is_known):
                    self.turns.append(who)
                    await (work() if work else asyncio.sleep(0))
            except ServerBusy:
                self.refused.append(who)

        task = asyncio.create_task(go())
        self._all.append(task)
        await asyncio.sleep(0)
        return task

    async def let_go(self) -> list[str]:
        """Let the queue move until nobody waits, and return who had a turn, in order."""
        self._ended.set()
        async with asyncio.timeout(10):
            await asyncio.gather(*self._all, return_exceptions=True)
        assert not self.queue._networks
        assert self.queue._free == PASSWORDS_AT_ONCE
        return self.turns


def play(scene: Callable[[Crowd], Awaitable[None]]) -> None:
    """Run a scene before an occupied queue."""

    async def go() -> None:
        await scene(await Crowd().begin())

    run(go())


def test_flood_of_one_address_waits_behind_itself() -> None:
    """150 devices with three each; whoever comes after them from elsewhere is next, then who comes from there."""

    async def scene(crowd: Crowd) -> None:
        for _ in range(3):
            for device in FLOOD:
                await crowd.come(HOME, device)
        await crowd.come(ELSEWHERE, "stranger")
        await crowd.come(HOME, "colleague")
        turns = await crowd.let_go()
        assert turns.index("stranger") <= 1
        assert turns.index("colleague") <= 2

    play(scene)


def test_flood_of_a_customers_ipv6_addresses_is_one() -> None:
    """Each from a /64 of its own, in one /48."""

    async def scene(crowd: Crowd) -> None:
        for number in range(450):
            await crowd.come(f"2001:db8:1:{number:x}::1", f"device {number}")
        await crowd.come("2001:db8:2::1", "stranger")
        assert (await crowd.let_go()).index("stranger") <= 1

    play(scene)


@pytest.mark.parametrize("stranger", ["another device", "ada@example.com"])
def test_somebody_at_the_floods_own_address_is_next_too(stranger: str) -> None:
    """With a cookie or without: those who have had a turn wait for those who have not."""

    async def scene(crowd: Crowd) -> None:
        had_a_turn = asyncio.Event()
        for device in FLOOD[:50]:
            await crowd.come(HOME, device)
        last = await crowd.come(HOME, "last", had_a_turn.wait)
        for _ in range(PASSWORDS_WAITING_OF_DEVICE - 1):
            for device in FLOOD[:50]:
                await crowd.come(HOME, device)
        crowd._ended.set()
        while "last" not in crowd.turns:
            await asyncio.sleep(0)
        before = len(crowd.turns)
        await crowd.come(HOME, stranger)
        had_a_turn.set()
        await last
        assert (await crowd.let_go()).index(stranger) < before + PASSWORDS_AT_ONCE

    play(scene)


def test_devices_of_an_address_take_turns() -> None:
    """Whoever asks for four has the second when all others have had one, and who asks for one is first."""

    async def scene(crowd: Crowd) -> None:
        for device in "aaaabbc":
            await crowd.come(HOME, device)
        assert "".join(await crowd.let_go()) == "cbabaaa"

    play(scene)


def test_addresses_take_turns() -> None:
    """However many devices each has."""

    async def scene(crowd: Crowd) -> None:
        for device in ("a1", "a2", "a3", "a4"):
            await crowd.come(HOME, device)
        for device in ("b1", "b2"):
            await crowd.come(ELSEWHERE, device)
        assert await crowd.let_go() == ["a1", "b1", "a2", "b2", "a3", "a4"]

    play(scene)


def test_device_has_only_so_many_places() -> None:
    """The next is refused at once; its other requests and other devices are not."""

    async def scene(crowd: Crowd) -> None:
        for _ in range(10):
            await crowd.come(HOME, "flood")
        assert crowd.refused == ["flood"] * (10 - PASSWORDS_WAITING_OF_DEVICE)
        await crowd.come(HOME, "stranger")
        assert (await crowd.let_go()).count("flood") == PASSWORDS_WAITING_OF_DEVICE
        assert "stranger" in crowd.turns

    play(scene)


def test_office_of_five_hundred_is_heard() -> None:
    """All of them at nine o'clock, behind one address; the next is told to come back."""

    async def scene(crowd: Crowd) -> None:
        people = [f"person {number}" for number in range(PASSWORDS_WAITING_OF_ADDRESS)]
        for person in people:
            await crowd.come(HOME, person)
        await crowd.come(HOME, "late")
        assert crowd.refused == ["late"]
        assert await crowd.let_go() == people

    play(scene)


def test_whoever_has_most_places_gives_one_up() -> None:
    """When an address is full, a device that has several; when all is full, an address."""

    async def scene(crowd: Crowd) -> None:
        floods = [HOME, ELSEWHERE]
        for address in floods:
            for number in range(PASSWORDS_WAITING_OF_ADDRESS):
                await crowd.come(address, f"{address} {number % 150}")
        assert crowd.queue._length == PASSWORDS_WAITING
        await crowd.come(HOME, "colleague")
        await crowd.come("8.8.8.8", "stranger")
        assert crowd.queue._length == PASSWORDS_WAITING
        assert len(crowd.refused) == 0
        turns = await crowd.let_go()
        assert {"colleague", "stranger"} <= {*turns}
        assert len(crowd.refused) == 2

    play(scene)


def test_whoever_goes_away_frees_the_place_and_is_not_hashed() -> None:
    """As a server tells it, or by an end of the task."""

    async def scene(crowd: Crowd) -> None:
        gone = asyncio.Event()
        await crowd.come(HOME, "closed", gone=gone)
        cancelled = await crowd.come(HOME, "cancelled")
        await crowd.come(HOME, "waits", gone=asyncio.Event())
        assert crowd.queue._length == 3
        gone.set()
        cancelled.cancel()
        with suppress(asyncio.CancelledError):
            await cancelled
        for _ in range(5):
            await asyncio.sleep(0)
        assert crowd.queue._length == 1
        assert await crowd.let_go() == ["waits"]

    play(scene)


def test_turn_that_comes_as_somebody_goes_is_passed_on() -> None:
    """Else the queue would stand still one day."""

    async def scene(crowd: Crowd) -> None:
        gone = [asyncio.Event() for _ in range(4)]
        tasks = [await crowd.come(HOME, f"{number}", gone=event) for number, event in enumerate(gone)]
        crowd._ended.set()
        tasks[0].cancel()
        gone[1].set()
        tasks[2].cancel()
        await crowd.come(HOME, "next")
        assert "next" in await crowd.let_go()

    play(scene)


def test_turn_ends_with_an_error_too() -> None:
    """What is raised in it comes out, and the next go on."""

    async def fail() -> None:
        raise ValueError

    async def scene(crowd: Crowd) -> None:
        failing = await crowd.come(HOME, "failing", fail)
        await crowd.come(HOME, "next")
        assert await crowd.let_go() == ["failing", "next"]
        assert isinstance(failing.exception(), ValueError)

    play(scene)


def test_known_device_is_let_in_at_an_address_full_of_invented_cookies() -> None:
    """And is next, with each of its four requests but for one of the others in between; these lose four places."""

    async def scene(crowd: Crowd) -> None:
        for number in range(PASSWORDS_WAITING_OF_ADDRESS + 1):
            await crowd.come(HOME, f"invented {number}")
        for _ in range(PASSWORDS_WAITING_OF_DEVICE + 1):
            await crowd.come(HOME, "ada", is_known=True)
        assert crowd.queue._length == PASSWORDS_WAITING_OF_ADDRESS
        assert crowd.refused.count("ada") == 1
        # Nor does who comes then push out what she has.
        await crowd.come(HOME, "invented too")
        assert crowd.refused.count("ada") == 1
        turns = await crowd.let_go()
        assert [turns[number] for number in (0, 2, 4, 6)] == ["ada"] * 4

    play(scene)


def test_known_devices_keep_no_new_one_out() -> None:
    """However many requests of theirs wait, every other turn is of somebody else; among themselves they take turns."""

    async def scene(crowd: Crowd) -> None:
        for device in "aaaabbb":
            await crowd.come(HOME, device, is_known=True)
        for device in "xy":
            await crowd.come(HOME, device)
        assert "".join(await crowd.let_go()) == "bxaybabaa"

    play(scene)


def test_known_devices_that_fill_an_address_make_room_for_one_with_fewer() -> None:
    """For a new device too."""

    async def scene(crowd: Crowd) -> None:
        for number in range(PASSWORDS_WAITING_OF_ADDRESS):
            await crowd.come(HOME, f"{number % 125}", is_known=True)
        await crowd.come(HOME, "ada", is_known=True)
        await crowd.come(HOME, "new")
        assert {"ada", "new"} <= {*await crowd.let_go()}
        assert len(crowd.refused) == 2

    play(scene)


def test_known_device_pushes_out_nobody_at_another_address() -> None:
    """Where all is full, of the addresses that with most places gives one up, as ever."""

    async def scene(crowd: Crowd) -> None:
        for address in (ELSEWHERE, "8.8.8.8"):
            for number in range(PASSWORDS_WAITING_OF_ADDRESS):
                await crowd.come(address, f"{address} {number}")
        await crowd.come(HOME, "new")
        await crowd.come(HOME, "ada", is_known=True)
        assert crowd.queue._length == PASSWORDS_WAITING
        assert {"ada", "new"} <= {*(await crowd.let_go())[:6]}
        assert len(crowd.refused) == 2

    play(scene)


def test_cookies_are_known_by_their_last_look_up() -> None:
    """Those used longest ago are forgotten, and at once those that prove nobody any more."""
    queue = PasswordQueue()
    for number in range(KNOWN_COOKIES_MAX):
        queue.note(f"{number}", "device")
    queue.note("0", "device")
    queue.note("new", "device")
    assert [queue.device_of(one) for one in ("0", "1", "new", "invented", None)] == ["device", "", "device", "", ""]
    queue.note("new", "")
    assert queue.device_of("new") == ""
    assert len(queue._known) < KNOWN_COOKIES_MAX


def test_who_has_had_a_turn_is_not_remembered_for_ever() -> None:
    """Every e-mail that somebody thinks of is one."""

    async def go() -> None:
        queue = PasswordQueue()
        for number in range(3 * PASSWORDS_WAITING):
            async with queue.turn(Source(ip_address=HOME), f"{number}@example.com"):
                pass
        assert len(queue._last) <= 2 * PASSWORDS_WAITING

    run(go())
