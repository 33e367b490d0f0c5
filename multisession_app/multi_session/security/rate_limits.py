"""Limits on sign-ins and sign-ups, counted in this process or, with Redis, in all together.

A window begins with the first attempt that is counted in it and has a fixed length. So around the end of a window up to
twice the limit may pass within a short time.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import time
from collections.abc import Awaitable, Callable
from functools import cache
from typing import NamedTuple, TypeVar

from limits import RateLimitItem, parse
from limits.aio.strategies import FixedWindowRateLimiter

from ..errors import TooManyAttempts, TooManyGuesses
from ..options import (
    FAILED_SIGN_INS_IN_A_ROW,
    FAILED_SIGN_INS_OF_ACCOUNT,
    FAILED_SIGN_INS_OF_ADDRESS,
    SIGN_INS_OF_ACCOUNT,
    SIGN_UPS_OF_ADDRESS,
)
from ..outages import Outage
from .addresses import networks_of, visitor_at
from .counters import OwnCounters, pool_of, shared_counters
from .origins import Source
from .validation import as_stored

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Bucket(NamedTuple):
    """The attempts that count towards one limit together."""

    limit: RateLimitItem
    key: str
    refusal: type[TooManyAttempts] = TooManyAttempts

    @classmethod
    def of(
        cls, limit: str, kind: str, *whose: str, times: int = 1, refusal: type[TooManyAttempts] = TooManyAttempts
    ) -> Bucket:
        """Return the bucket of these values. Its key is a hash, so that Redis holds no e-mail."""
        return cls(_parsed(limit, times), hashlib.sha256("\0".join((kind, *whose)).encode()).hexdigest(), refusal)


class Attempt(NamedTuple):
    """A sign-in that has been counted before it is known whether the password is right.

    `failures` are the buckets of failed sign-ins, `in_a_row` those among them that a right password empties, and
    `right` that of right passwords.
    """

    failures: list[Bucket]
    in_a_row: list[Bucket]
    right: list[Bucket]


class RateLimits:
    """Counts attempts before they are carried out, so that parallel ones cannot exceed a limit."""

    def __init__(self, redis_url: str | None = None, *, prefix: str = "multi_session", is_on: bool = True) -> None:
        """Connect to nothing yet; `prefix` begins the keys in Redis. Nothing is limited unless `is_on`."""
        self._is_on = is_on
        self._own = FixedWindowRateLimiter(OwnCounters())
        self._pool = pool_of(redis_url) if redis_url else None
        self._shared = FixedWindowRateLimiter(shared_counters(self._pool, prefix)) if self._pool else None
        self._outage = Outage(logger, "Redis", "This process counts sign-ins by itself.")

    async def count_sign_in(self, email: str, source: Source, *, known_by: str | None) -> Attempt:
        """Count a sign-in, as failed and as right, since both have limits. Then call `succeeded` or `failed`.

        `known_by` is the id of the device, if that knows the account. The attempt is then counted as failed for that
        device alone, so that strangers cannot lock the owner out, not even from the same address.

        Raises:
            TooManyAttempts: a limit is reached; nothing was counted.
        """
        # Nobody has an address that is none, so one bucket serves for all of them.
        email = as_stored(email)
        # However many networks the guesses come from, all devices that do not know the account are counted together.
        strangers = Bucket.of(FAILED_SIGN_INS_IN_A_ROW, "strangers", email, refusal=TooManyGuesses)
        right = Bucket.of(SIGN_INS_OF_ACCOUNT, "right", email)
        if known_by is not None:
            of_device = Bucket.of(FAILED_SIGN_INS_IN_A_ROW, "known", email, known_by, refusal=TooManyGuesses)
            failures = [of_device, Bucket.of(FAILED_SIGN_INS_OF_ACCOUNT, "known", email, known_by)]
            # Whoever proves there to be the owner is let in on a new device again, too.
            in_a_row = [of_device, strangers]
        else:
            # Everyone behind an unknown proxy shares the bucket of an account. That still limits the guesses at it, and
            # someone who forges the header gets no further bucket.
            of_account = Bucket.of(FAILED_SIGN_INS_OF_ACCOUNT, "account", email, visitor_at(source.ip_address))
            # The address is counted first: at its limit it creates no further keys.
            failures = [*_of_address(FAILED_SIGN_INS_OF_ADDRESS, "address", source), of_account, strangers]
            in_a_row = [strangers]
        await self._count(*failures, right)
        return Attempt(failures, in_a_row, [right])

    async def succeeded(self, attempt: Attempt) -> None:
        """Take back what was counted as failed. The failures in a row before it count no more."""
        for bucket in attempt.in_a_row if self._is_on else ():
            await self._ask(bucket, _clear)
        await self._give_back([bucket for bucket in attempt.failures if bucket not in attempt.in_a_row])

    async def failed(self, attempt: Attempt) -> None:
        """Take back what was counted as right."""
        await self._give_back(attempt.right)

    async def count_sign_up(self, source: Source) -> None:
        """Count a sign-up, whether or not it will make a user.

        Raises:
            TooManyAttempts: the limit is reached; nothing was counted.
        """
        await self._count(*_of_address(SIGN_UPS_OF_ADDRESS, "sign-up", source))

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._pool is not None:
            await self._pool.aclose()

    async def _count(self, *buckets: Bucket) -> None:
        counted: list[Bucket] = []
        for bucket in buckets if self._is_on else ():
            counted.append(bucket)
            if not await self._ask(bucket, _hit):
                seconds = await self._ask(bucket, _seconds_left)
                # The password will not be verified, so the attempt is no failure in the other buckets either.
                await self._give_back(counted)
                raise bucket.refusal(seconds)

    async def _give_back(self, counted: list[Bucket]) -> None:
        if self._is_on:
            await asyncio.gather(*(self._ask(bucket, _uncount) for bucket in counted))

    async def _ask(self, bucket: Bucket, ask: Callable[[FixedWindowRateLimiter, Bucket], Awaitable[T]]) -> T:
        if self._shared is not None and not self._outage.is_fresh:
            try:
                answer = await ask(self._shared, bucket)
            except Exception as error:
                # People can still sign in, and an attacker who makes Redis fail is still limited. Each attempt asks
                # several times, so it is not tried again at once.
                self._outage.note(error)
            else:
                self._outage.end()
                return answer
        return await ask(self._own, bucket)


def _of_address(limit: str, kind: str, source: Source) -> list[Bucket]:
    # An unknown proxy's address is everyone's.
    networks = () if source.through_unknown_proxy else networks_of(source.ip_address)
    return [Bucket.of(limit, kind, network, times=times) for times, network in networks]


@cache
def _parsed(limit: str, times: int) -> RateLimitItem:
    item = parse(limit)
    return type(item)(item.amount * times, item.multiples)


async def _hit(limiter: FixedWindowRateLimiter, bucket: Bucket) -> bool:
    return await limiter.hit(bucket.limit, bucket.key)


async def _uncount(limiter: FixedWindowRateLimiter, bucket: Bucket) -> None:
    # If nothing is counted any more, the window is over, and the next must not begin below zero.
    if not await limiter.test(bucket.limit, bucket.key, cost=bucket.limit.amount):
        await limiter.hit(bucket.limit, bucket.key, cost=-1)


async def _clear(limiter: FixedWindowRateLimiter, bucket: Bucket) -> None:
    await limiter.clear(bucket.limit, bucket.key)


async def _seconds_left(limiter: FixedWindowRateLimiter, bucket: Bucket) -> int:
    reset = (await limiter.get_window_stats(bucket.limit, bucket.key)).reset_time
    return max(1, math.ceil(reset - time.time()))
