"""Tells open tabs that a device or a user has changed: those of this process, and over Redis those of the others."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from ..options import REDIS_TIMEOUT
from ..outages import Outage
from ..queries.devices import ProvenDevice
from .tabs import ALL_GENERATIONS, Change, Tabs

T = TypeVar("T")

logger = logging.getLogger(__name__)


class PubSub:
    """Tells the open tabs of all processes. Without Redis there is one process: Reflex starts one worker then."""

    def __init__(self, redis_url: str | None = None, channel: str = "multi_session") -> None:
        """Connect to nothing yet."""
        self.tabs = Tabs()
        # By default redis-py 7 tries three times more, with pauses, and waits for a host that hangs for ever.
        once = Retry(NoBackoff(), 0)
        self._redis: Redis | None = Redis.from_url(redis_url, retry=once) if redis_url else None
        self.is_alone = self._redis is None
        """There is no Redis, so no other process can tell this one anything."""
        self._channel = channel
        self._sender = str(uuid.uuid4())
        self._outage = Outage(logger, "Redis", "Tabs of other processes hear of changes late.")
        self._refusing = Outage(logger, "Redis", "This process is not ready.")

    async def tell(self, device: ProvenDevice, session_id: str | None = None, user_ids: Iterable[str] = ()) -> None:
        """Tell a device's tabs its active session, by default that of `device`, and these users' other devices."""
        session_id = device.active_id if session_id is None else session_id
        await self.publish(Change(device.id, session_id, device.generation, tuple(user_ids)))

    async def tell_users(self, device_id: str, user_ids: Iterable[str]) -> None:
        """Tell the tabs on other devices of users whose sessions have changed on this one.

        The device's own tabs are told at its next request: only that shows that the browser has the new cookie.
        """
        if user_ids := tuple(user_ids):
            await self.publish(Change(device_id, None, 0, user_ids))

    async def call_back(self, device_id: str, user_ids: Iterable[str] = ()) -> None:
        """Let all of a device's tabs show which cookie they have, and tell these users' other devices."""
        await self.publish(Change(device_id, "", ALL_GENERATIONS, tuple(user_ids)))

    async def tell_devices(self, active: Mapping[str, str]) -> None:
        """Tell devices, by their ids, their active sessions.

        Generation 0: no socket must reconnect with a newer cookie.
        """
        for device_id, session_id in active.items():
            await self.publish(Change(device_id, session_id, 0))

    async def publish(self, change: Change) -> None:
        """Apply a change to the tabs of every process. To be called after the commit."""
        await self.tabs.apply(change)
        if self._redis is not None and not self._outage.is_fresh:
            # The database is the truth and every event reads it again. So a lost message is safe: the tabs of other
            # processes only hear later.
            with suppress(RedisError):
                await self._in_time(self._redis.publish(self._channel, json.dumps([self._sender, asdict(change)])))

    async def listen(self, own_name: str = "") -> None:
        """Apply what other processes publish, until cancelled; without Redis, return at once.

        As long as this process listens it `is_alive` by its own name.
        """
        while self._redis is not None:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(self._channel, f"{self._channel}:{own_name}")
                    async for message in pubsub.listen():
                        self._outage.end()
                        if message["type"] == "message":
                            sender, change = json.loads(message["data"])
                            if sender != self._sender:
                                await self.tabs.apply(Change(**{**change, "user_ids": tuple(change["user_ids"])}))
            except RedisError as error:
                self._outage.note(error)
                await asyncio.sleep(1)
            except Exception:
                logger.exception("Could not apply a change that another process told of.")
                await asyncio.sleep(1)

    async def is_alive(self, name: str) -> bool:
        """Say whether a process of that name listens. Redis knows at once when one has died: its connection is gone."""
        if self._redis is None:
            return False
        [(_, listening)] = await self._in_time(self._redis.pubsub_numsub(f"{self._channel}:{name}"))
        return listening > 0

    async def ping(self) -> None:
        """Return if Redis takes what is written, or if there is none; else raise its error.

        One that is full, or a read-only replica, answers PING.
        """
        if self._redis is not None:
            await self._in_time(self._redis.set(f"{self._channel}:ready", "", px=REDIS_TIMEOUT), self._refusing)

    async def _in_time(self, asking: Awaitable[T], outage: Outage | None = None) -> T:
        outage = outage or self._outage
        try:
            async with asyncio.timeout(REDIS_TIMEOUT.total_seconds()):
                answer = await asking
        except Exception as error:
            outage.note(error)
            raise RedisError from error
        outage.end()
        return answer

    async def close(self) -> None:
        """Close the connection to Redis."""
        if self._redis is not None:
            await self._redis.aclose()
