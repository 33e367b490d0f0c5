"""What Reflex 0.10.1's clients of Redis need patched. Look at this file at each Reflex release."""

from __future__ import annotations

import asyncio
import copy
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from redis.exceptions import ConnectionError, RedisError, TimeoutError

from ..options import REDIS_TIMEOUT
from ..outages import Outage

logger = logging.getLogger(__name__)

_SECONDS = REDIS_TIMEOUT.total_seconds()


class RedisAway(RedisError):
    """Reflex's Redis, and so the state trees of all tabs, cannot be reached."""


def give_up_redis(state_manager: Any, token_manager: Any) -> None:
    """Let each call of Reflex's two clients to Redis fail after `REDIS_TIMEOUT`, so that a person is told.

    Reflex sets no time-outs and tries again for seconds. Its clients cannot have a socket time-out, since they wait for
    messages on the same connections.
    """
    outage = Outage(logger, "Redis", "Events of tabs are refused.")
    if (client := getattr(state_manager, "redis", None)) is not None:
        give_back_locks(state_manager, copy.copy(client), outage)
    for owner in (state_manager, token_manager):
        if (client := getattr(owner, "redis", None)) is not None:
            client.execute_command = _in_time(client.execute_command, outage)
            client.pipeline = _with_time(client.pipeline, outage)


def give_back_locks(state_manager: Any, redis: Any, outage: Outage) -> None:
    """Make an event that no longer waits for the lock of its state tree give it back, through a client that waits.

    A tab that comes back to an account cancels what that account's page was still loading. If such an event was just
    asking Redis for the lock, Reflex forgets that it got it; so it would be with a Redis that carries out what it was
    asked once it goes on. The tab then waits the 10 s until the lock expires.
    """
    if not inspect.iscoroutinefunction(getattr(state_manager, "_try_get_lock", None)):
        return
    given_up: dict[bytes, asyncio.Task[None]] = {}

    async def give_back(lock_key: bytes, taking: asyncio.Future[Any]) -> None:
        try:
            if await taking:
                await redis.delete(lock_key)
        except RedisError as error:
            # With Redis the lock has gone, or it expires.
            outage.note(error)
        finally:
            del given_up[lock_key]

    async def try_get_lock(lock_key: bytes, lock_id: bytes) -> bool | None:
        before = given_up.get(lock_key)
        if outage.is_fresh or (before is not None and not (await asyncio.wait({before}, timeout=_SECONDS))[0]):
            raise RedisAway
        expires = {"px": state_manager.lock_expiration, "nx": True}
        taking = asyncio.ensure_future(redis.set(lock_key, lock_id, **expires))
        try:
            await asyncio.wait({taking}, timeout=_SECONDS)
        except asyncio.CancelledError:
            given_up[lock_key] = asyncio.create_task(give_back(lock_key, taking))
            await asyncio.wait({given_up[lock_key]}, timeout=_SECONDS)
            raise
        if not taking.done():
            given_up[lock_key] = asyncio.create_task(give_back(lock_key, taking))
        return _answer_of(taking, outage)

    state_manager._try_get_lock = try_get_lock


def _in_time(call: Callable[..., Awaitable[Any]], outage: Outage) -> Callable[..., Awaitable[Any]]:
    async def answer(*args: Any, **options: Any) -> Any:
        # A lock is given back as soon as Redis goes on, whether or not somebody waits for that.
        is_release, is_known = args[:1] == ("GETDEL",), outage.is_fresh
        if is_known and not is_release:
            raise RedisAway
        asking = asyncio.ensure_future(call(*args, **options))
        asking.add_done_callback(lambda done: done.cancelled() or done.exception())
        if is_known:
            raise RedisAway
        try:
            # Not `asyncio.timeout`: after a handler that blocked the event loop it would drop an answer that has come.
            await asyncio.wait({asking}, timeout=_SECONDS)
            return _answer_of(asking, outage)
        finally:
            if not is_release:
                asking.cancel()

    return answer


def _with_time(pipeline: Callable[..., Any], outage: Outage) -> Callable[..., Any]:
    def make(*args: Any, **options: Any) -> Any:
        made = pipeline(*args, **options)
        made.execute = _in_time(made.execute, outage)
        return made

    return make


def _answer_of(asking: asyncio.Future[Any], outage: Outage) -> Any:
    try:
        answer = asking.result()
    except (asyncio.InvalidStateError, ConnectionError, TimeoutError) as error:
        outage.note(TimeoutError() if isinstance(error, asyncio.InvalidStateError) else error)
        raise RedisAway from error
    outage.end()
    return answer
