"""Limits on failed sign-ins and on sign-ups, counted in this process or, with Redis, in all together.

A window begins with the first attempt that is counted in it and has a fixed length. So around the end of a window up to
twice the limit may pass within a short time.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ..errors import InvalidEmail, TooManyAttempts
from ..options import (
    FAILED_SIGN_INS_OF_ACCOUNT,
    FAILED_SIGN_INS_OF_ADDRESS,
    RATE_LIMIT_SWEEP,
    REDIS_TIMEOUT,
    SIGN_UPS_OF_ADDRESS,
)
from .origins import Source
from .validation import check_email

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Bucket(NamedTuple):
    """The attempts that count towards one limit together."""

    limit: RateLimitItem
    key: str

    @classmethod
    def of(cls, limit: str, kind: str, *whose: str) -> Bucket:
        """Return the bucket of these values. Its key is a hash, so that Redis holds no e-mail."""
        return cls(parse(limit), hashlib.sha256("\0".join((kind, *whose)).encode()).hexdigest())


class RateLimits:
    """Counts attempts before they are carried out, so that parallel ones cannot exceed a limit."""

    def __init__(self, redis_url: str | None = None, *, prefix: str = "multi_session", is_on: bool = True) -> None:
        """Connect to nothing yet; `prefix` begins the keys in Redis. Nothing is limited unless `is_on`."""
        self._is_on = is_on
        self._own = FixedWindowRateLimiter(_Memory())
        self._pool = _pool(redis_url) if redis_url else None
        self._shared = FixedWindowRateLimiter(_redis(self._pool, prefix)) if self._pool else None

    async def count_sign_in(self, email: str, source: Source, *, known_by: str | None) -> list[Bucket]:
        """Count a sign-in as failed, and return the buckets to `give_back` if the password is right.

        `known_by` is the id of the device, if that knows the account. The attempt is then counted for that device
        alone, so that strangers cannot lock the owner out, not even from the same address.

        Raises:
            TooManyAttempts: the limit is reached; nothing was counted.
        """
        try:
            email = check_email(email)
        except InvalidEmail:
            # Nobody has such an address, so one bucket serves for all of them.
            email = ""
        if known_by is not None:
            return await self._count(Bucket.of(FAILED_SIGN_INS_OF_ACCOUNT, "known", email, known_by))
        visitor = _visitor(source.ip_address)
        of_account = Bucket.of(FAILED_SIGN_INS_OF_ACCOUNT, "account", email, visitor)
        if source.through_unknown_proxy:
            # Everyone behind the proxy shares the bucket of an account. That still limits the guesses at it, and
            # someone who forges the header gets no further bucket. The price, until the proxy is trusted: strangers
            # can lock out the owner's new devices, though not those that know the account.
            return await self._count(of_account)
        # The address is counted first: at its limit it creates no further keys.
        return await self._count(Bucket.of(FAILED_SIGN_INS_OF_ADDRESS, "address", visitor), of_account)

    async def count_sign_up(self, source: Source) -> None:
        """Count a sign-up, whether or not it will make a user.

        Raises:
            TooManyAttempts: the limit is reached; nothing was counted.
        """
        if not source.through_unknown_proxy:
            await self._count(Bucket.of(SIGN_UPS_OF_ADDRESS, "sign-up", _visitor(source.ip_address)))

    async def give_back(self, counted: list[Bucket]) -> None:
        """Take back what was counted for a sign-in that did not fail."""
        for bucket in counted:
            await self._ask(bucket, _uncount)

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._pool is not None:
            await self._pool.aclose()

    async def _count(self, *buckets: Bucket) -> list[Bucket]:
        counted: list[Bucket] = []
        for bucket in buckets if self._is_on else ():
            counted.append(bucket)
            if not await self._ask(bucket, _hit):
                seconds = await self._ask(bucket, _seconds_left)
                # The password will not be verified, so the attempt is no failure in the other bucket either.
                await self.give_back(counted)
                raise TooManyAttempts(seconds)
        return counted

    async def _ask(self, bucket: Bucket, ask: Callable[[FixedWindowRateLimiter, Bucket], Awaitable[T]]) -> T:
        if self._shared is not None:
            try:
                return await ask(self._shared, bucket)
            except Exception:
                # People can still sign in, and an attacker who makes Redis fail is still limited.
                logger.exception("Redis does not answer; until it does, this process counts sign-ins by itself.")
        return await ask(self._own, bucket)


class _Memory(MemoryStorage):
    # limits 5.8 searches all keys for expired ones at every hit. With 100,000 keys, which a visitor with many IPv6
    # networks can create, each search blocks the event loop for 9 ms. So this class pauses after each.
    _pause: asyncio.Task[None] | None = None

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        count = await super().incr(key, expiry, amount)
        if self.timer is not None and self.timer is not self._pause:
            self.timer = self._pause = asyncio.create_task(_pause_after(self.timer))
        return count


async def _pause_after(sweep: asyncio.Task[None]) -> None:
    await sweep
    await asyncio.sleep(RATE_LIMIT_SWEEP.total_seconds())


def _pool(url: str) -> ConnectionPool:
    seconds = REDIS_TIMEOUT.total_seconds()
    # By default redis-py 7 tries three times more, with pauses.
    once = Retry(NoBackoff(), 0)
    return ConnectionPool.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=once)


def _redis(pool: ConnectionPool, prefix: str) -> RedisStorage:
    # A pool instead of the URL: limits 5.8 refuses one without a port, which Reflex and redis-py accept.
    pooled: dict[str, Any] = {"connection_pool": pool}
    return RedisStorage("async+redis://", implementation="redispy", key_prefix=prefix, **pooled)


async def _hit(limiter: FixedWindowRateLimiter, bucket: Bucket) -> bool:
    return await limiter.hit(*bucket)


async def _uncount(limiter: FixedWindowRateLimiter, bucket: Bucket) -> None:
    # If nothing is counted any more, the window is over, and the next must not begin below zero.
    if not await limiter.test(*bucket, cost=bucket.limit.amount):
        await limiter.hit(*bucket, cost=-1)


async def _seconds_left(limiter: FixedWindowRateLimiter, bucket: Bucket) -> int:
    reset = (await limiter.get_window_stats(*bucket)).reset_time
    return max(1, math.ceil(reset - time.time()))


def _visitor(address: str) -> str:
    """Return what counts as one visitor: an IPv4 address, or the IPv6 network (/64) that a household is given."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        try:
            # Some proxies forward the port too, which differs for each connection.
            ip = ipaddress.ip_address(urlsplit(f"//{address}").hostname or "")
        except ValueError:
            return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    # A server that listens on both sees IPv4 addresses mapped into IPv6 (RFC 4291, 2.5.5.2), all of them in one /64.
    return str(ip.ipv4_mapped or ipaddress.IPv6Network((ip.packed, 64), strict=False))
