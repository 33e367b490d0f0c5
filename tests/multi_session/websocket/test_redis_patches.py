"""A state tree is not left locked in Redis by an event that was cancelled."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from redis.asyncio import Redis
from reflex.istate.manager.redis import StateManagerRedis

from multisession_app.multi_session.websocket.redis_patches import give_up_redis
from tests.support.running import run


class FarRedis(Redis):
    """Answers SET only when it is told to: the command is carried out, and its answer still on its way."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """Hold nothing back yet."""
        super().__init__(*args, **more)
        self.has_set, self.may_answer = asyncio.Event(), asyncio.Event()

    async def set(self, *args: Any, **more: Any) -> Any:
        """Set, and wait with the answer."""
        answer = await super().set(*args, **more)
        self.has_set.set()
        await self.may_answer.wait()
        return answer


@pytest.mark.parametrize("is_free", [True, False])
def test_an_event_that_is_cancelled_as_it_takes_the_lock_gives_it_back(redis_url: str, *, is_free: bool) -> None:
    """And leaves alone what another event holds."""
    managers: Any = StateManagerRedis
    key = f"test-{uuid.uuid4()}_lock".encode()

    async def go() -> bytes | None:
        far: Any = FarRedis.from_url(redis_url)
        async with Redis.from_url(redis_url) as other, far:
            if not is_free:
                await other.set(key, b"another")
            manager = managers(redis=far)
            give_up_redis(manager, None)
            taking = asyncio.create_task(manager._try_get_lock(key, b"mine"))
            await far.has_set.wait()
            taking.cancel()
            await asyncio.sleep(0)
            far.may_answer.set()
            with pytest.raises(asyncio.CancelledError):
                await taking
            kept: bytes | None = await other.get(key)
            await other.delete(key)
            await manager.close()
            return kept

    assert run(go()) == (None if is_free else b"another")
