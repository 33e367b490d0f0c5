"""Whose password is next: a bounded queue in which the networks take turns, and the devices of each.

A hash takes a core for some 25 ms, and what is read and written around it the database. So whoever sends many passwords
holds up all others. Here they hold up themselves.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from ..errors import ServerBusy
from ..options import (
    KNOWN_COOKIES_MAX,
    PASSWORDS_AT_ONCE,
    PASSWORDS_WAITING,
    PASSWORDS_WAITING_OF_ADDRESS,
    PASSWORDS_WAITING_OF_DEVICE,
)
from .addresses import networks_of
from .origins import Source

_Lane = deque[asyncio.Future[None]]
# Whether it is a known device, and who it is.
_Who = tuple[bool, str]
_HAS_TURN = ContextVar("_HAS_TURN", default=False)


class PasswordQueue:
    """Lets `PASSWORDS_AT_ONCE` go on at the same time.

    The next is of the network whose last turn was longest ago, and in it of the device whose last turn was; among those
    that had none lately, of the device with the fewest requests. So a flood from one of them waits behind itself, and
    somebody who comes for the first time waits for one hash.

    Cookies and e-mails can be invented, as many as there are places. So in a network known devices take turns with all
    others together, begin, and when it is full are let in for one of the others. They do not go before them always:
    else one of them could keep new ones out.
    """

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self._free = PASSWORDS_AT_ONCE
        self._networks: dict[str, dict[_Who, _Lane]] = {}
        self._turns = 0
        # When the last turn was, by network, by network and kind, and by network and device. What was longest ago is
        # forgotten: it is as if it had never been.
        self._last: OrderedDict[tuple[object, ...], int] = OrderedDict()
        # The devices by their cookies' hashes, used last at the end.
        self._known: OrderedDict[str, str] = OrderedDict()

    def note(self, secret_hash: str, device_id: str) -> None:
        """Remember of a cookie on which device somebody is signed in by it, "" if nobody is, as was just looked up.

        Only the look-up may say so. All cookies of a device share its places.
        """
        self._known.pop(secret_hash, None)
        if device_id:
            self._known[secret_hash] = device_id
        while len(self._known) > KNOWN_COOKIES_MAX:
            self._known.popitem(last=False)

    def device_of(self, secret_hash: str | None) -> str:
        """Return the id of the known device that has this cookie, as far as this process remembers, else ""."""
        return self._known.get(secret_hash or "", "")

    @asynccontextmanager
    async def turn(self, source: Source, who: str, *, is_known: bool = False) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the block ends.

        `who` is the id of a device, which `is_known` if somebody is signed in on it, or a cookie that proves none so
        far; without one the e-mail, else a flood without cookies would hold up everybody at its address who has none
        yet. A turn inside of a turn is the same one.

        Raises:
            ServerBusy: too many are waiting, or the client went away meanwhile.
        """
        if _HAS_TURN.get():
            yield
            return
        # A customer has a whole /48, or one IPv4 address.
        network = networks_of(source.ip_address)[0][1]
        await self._wait(network, (is_known, who), source)
        before = _HAS_TURN.set(True)
        try:
            yield
        finally:
            _HAS_TURN.reset(before)
            self._free += 1
            self._go_on()

    async def _wait(self, network: str, who: _Who, source: Source) -> None:
        if self._free:
            self._take(network, who)
            return
        self._make_room(network, who)
        place = asyncio.get_running_loop().create_future()
        self._networks.setdefault(network, {}).setdefault(who, deque()).append(place)
        gone = asyncio.ensure_future(source.gone()) if source.gone else None
        try:
            await asyncio.wait([place, *([gone] if gone else [])], return_when=asyncio.FIRST_COMPLETED)
            if not place.done():
                raise ServerBusy
            place.result()
        except BaseException:
            if not place.done():
                self._remove(network, who, place)
            elif place.exception() is None:
                # The turn came in the same moment.
                self._free += 1
                self._go_on()
            raise
        finally:
            if gone:
                gone.cancel()

    def _make_room(self, network: str, who: _Who) -> None:
        """Let whoever has most places give one up for somebody who has fewer; else refuse.

        In a network that is one of those who are no known device, as long as there are any.
        """
        lanes = self._networks.get(network, {})
        own, of_network = len(lanes.get(who, ())), _length(lanes)
        if own >= PASSWORDS_WAITING_OF_DEVICE:
            raise ServerBusy
        if of_network < PASSWORDS_WAITING_OF_ADDRESS:
            if self._length < PASSWORDS_WAITING:
                return
            fullest = max(self._networks, key=lambda one: _length(self._networks[one]))
            if _length(self._networks[fullest]) > of_network + 1:
                self._push_out(fullest, _fullest_of(self._networks[fullest]))
                return
        last = _fullest_of(lanes) if lanes else who
        if not who[0] > last[0] and len(lanes.get(last, ())) <= own + 1:
            raise ServerBusy
        self._push_out(network, last)

    def _push_out(self, network: str, who: _Who) -> None:
        last = self._networks[network][who][-1]
        self._remove(network, who, last)
        last.set_exception(ServerBusy())

    def _go_on(self) -> None:
        while self._free and self._networks:
            network = min(self._networks, key=lambda one: self._last.get((one,), 0))
            lanes = self._networks[network]
            who = min(lanes, key=lambda one: self._order(network, one, len(lanes[one])))
            place = lanes[who][0]
            self._remove(network, who, place)
            self._take(network, who)
            place.set_result(None)

    def _order(self, network: str, who: _Who, length: int) -> tuple[int, bool, int, int]:
        is_known, _ = who
        return self._last.get((network, is_known), 0), not is_known, self._last.get((network, who), 0), length

    def _take(self, network: str, who: _Who) -> None:
        self._free -= 1
        self._turns += 1
        for key in ((network,), (network, who[0]), (network, who)):
            self._last[key] = self._turns
            self._last.move_to_end(key)
        while len(self._last) > 2 * PASSWORDS_WAITING:
            self._last.popitem(last=False)

    def _remove(self, network: str, who: _Who, place: asyncio.Future[None]) -> None:
        lanes = self._networks[network]
        lanes[who].remove(place)
        if not lanes[who]:
            del lanes[who]
        if not lanes:
            del self._networks[network]

    @property
    def _length(self) -> int:
        return sum(map(_length, self._networks.values()))


def _length(lanes: dict[_Who, _Lane]) -> int:
    return sum(map(len, lanes.values()))


def _fullest_of(lanes: dict[_Who, _Lane]) -> _Who:
    """Return who has most places: of known devices only if there are no others."""
    return max(lanes, key=lambda one: (not one[0], len(lanes[one])))
