"""The message that a device has changed its account, to the tabs of this process and of the others."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import cast

from redis.asyncio import Redis

from ..options import REDIS_TIMEOUT
from .tabs import Change, Connection

logger = logging.getLogger(__name__)


class Live:
    """The open sockets of this process, and the way to those of the others.

    Without Redis there is one process (Reflex starts one worker then) and a dictionary is enough.
    """

    def __init__(self, redis_url: str | None = None, channel: str = "multi_session") -> None:
        """Open nothing yet."""
        self.connections: dict[str, Connection] = {}
        self.move: Callable[[Connection], None] | None = None
        self.refresh: Callable[[Connection], Awaitable[None]] | None = None
        self._redis: Redis | None = Redis.from_url(redis_url) if redis_url else None
        self.is_alone = self._redis is None
        """No other process can tell this one anything."""
        self._channel = channel
        self._origin = str(uuid.uuid4())

    def add(self, connection: Connection) -> None:
        """Register a socket, before its device is looked up: a change in between then marks it stale."""
        self.connections[connection.id] = connection

    def remove(self, connection: Connection) -> None:
        """Forget a closed socket."""
        self.connections.pop(connection.id, None)

    def kick(self, connection: Connection) -> None:
        """Close a socket so that the browser comes back at once and is looked up anew."""
        connection.kicked.set()

    def leave(self, connection: Connection) -> None:
        """Let a socket go to what its device has become: in place, or else by coming back."""
        (self.move or self.kick)(connection)

    async def publish(self, change: Change) -> None:
        """Tell every process, after the commit, what a device has become."""
        await self.apply(change)
        if self._redis is not None:
            try:
                await self._redis.publish(self._channel, json.dumps([self._origin, asdict(change)]))
            except Exception:
                # The database is the truth and every event re-reads it: a lost message costs the other tabs
                # their promptness, not their safety.
                logger.exception("Could not tell the other processes about a change of session.")

    async def listen(self) -> None:
        """Apply what other processes publish, until cancelled; without Redis, return at once."""
        while self._redis is not None:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(self._channel)
                    async for message in pubsub.listen():
                        if message["type"] == "message":
                            origin, change = json.loads(message["data"])
                            if origin != self._origin:
                                await self.apply(Change(**{**change, "user_ids": tuple(change["user_ids"])}))
            except Exception:
                logger.exception("Lost Redis; tabs of other processes are told late until it is back.")
                await asyncio.sleep(1)

    async def ping(self) -> None:
        """Return if Redis answers, or if there is none; else raise its error."""
        if self._redis is not None:
            async with asyncio.timeout(REDIS_TIMEOUT.total_seconds()):
                # redis-py 7 has one type for its answers at once and awaited.
                await cast("Awaitable[bool]", self._redis.ping())

    async def close(self) -> None:
        """Close the connection to Redis."""
        if self._redis is not None:
            await self._redis.aclose()

    async def apply(self, change: Change) -> None:
        """Tell this process's sockets what a device has become."""
        for connection in list(self.connections.values()):
            if not connection.tree:
                connection.is_stale = True
            elif connection.device_id != change.device_id:
                if connection.user_id in change.user_ids:
                    await self._look_anew(connection)
            elif change.session_id is None:
                continue
            elif connection.generation < change.generation:
                # It was opened with a secret that has been replaced: by coming back it shows that it has the new one.
                self.kick(connection)
            elif connection.session_id != change.session_id:
                self.leave(connection)
            else:
                await self._look_anew(connection)

    async def _look_anew(self, connection: Connection) -> None:
        if connection.is_moving:
            # What it has read may be older than the change.
            self.leave(connection)
        elif self.refresh is not None:
            try:
                await self.refresh(connection)
            except Exception:
                # What was committed stays committed: a tab that cannot be told must not undo the answer.
                logger.exception("Could not refresh a tab.")
