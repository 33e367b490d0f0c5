"""Where attempts are counted: in this process, in bounded memory, or with Redis for all processes together."""

from __future__ import annotations

import asyncio
from typing import Any

from limits.aio.storage import MemoryStorage, RedisStorage
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ..options import COUNTERS_MAX, RATE_LIMIT_SWEEP, REDIS_TIMEOUT


class OwnCounters(MemoryStorage):
    """Counters of this process, of which there is a maximum.

    A visitor with a whole IPv6 network, or with many e-mails in mind, makes a counter with each attempt. Once there are
    `COUNTERS_MAX`, those to come share places by their hash, for each limit as many: nobody gets a further guess by
    filling the memory, and somebody may be counted together with another. The hash is another one in each process
    (Python's), so nobody can choose with whom.
    """

    # limits 5.8 searches all keys for expired ones at every hit. With 100,000 keys each search blocks the event loop
    # for 9 ms. So this class pauses after each.
    _pause: asyncio.Task[None] | None = None

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and return how much has been counted."""
        count = await super().incr(self._place(key), expiry, amount)
        if self.timer is not None and self.timer is not self._pause:
            self.timer = self._pause = asyncio.create_task(_pause_after(self.timer))
        return count

    async def get(self, key: str) -> int:
        """Return how much has been counted."""
        return await super().get(self._place(key))

    async def get_expiry(self, key: str) -> float:
        """Return when counting begins anew."""
        return await super().get_expiry(self._place(key))

    async def clear(self, key: str) -> None:
        """Begin anew."""
        await super().clear(self._place(key))

    def _place(self, key: str) -> str:
        if key in self.storage or len(self.storage) < COUNTERS_MAX or key.startswith(_SHARED):
            return key
        # The rest of the key is its limit, with which its window begins and ends.
        _, _, limit = key.partition("/")[2].partition("/")
        return f"{_SHARED}{hash(key) % COUNTERS_MAX}/{limit}"


_SHARED = "shared/"


async def _pause_after(sweep: asyncio.Task[None]) -> None:
    await sweep
    await asyncio.sleep(RATE_LIMIT_SWEEP.total_seconds())


def pool_of(url: str) -> ConnectionPool:
    """Return connections to Redis that give up soon."""
    seconds = REDIS_TIMEOUT.total_seconds()
    # By default redis-py 7 tries three times more, with pauses.
    once = Retry(NoBackoff(), 0)
    return ConnectionPool.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=once)


def shared_counters(pool: ConnectionPool, prefix: str) -> RedisStorage:
    """Return the counters of all processes."""
    # A pool instead of the URL: limits 5.8 refuses one without a port, which Reflex and redis-py accept.
    pooled: dict[str, Any] = {"connection_pool": pool}
    return RedisStorage("async+redis://", implementation="redispy", key_prefix=prefix, **pooled)
