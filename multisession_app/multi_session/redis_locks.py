"""Gives back what Reflex 0.10.1 leaves locked in Redis."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any


def give_back_cancelled_locks(state_manager: Any) -> None:
    """Let no event that is cancelled keep the lock of its state tree.

    A tab that comes back to an account cancels what that account's page was still loading. If such an event was just
    asking Redis for its lock, Reflex 0.10.1 forgets that it got it, and the tab waits the 10 s until that expires.
    """
    take = getattr(state_manager, "_try_get_lock", None)
    if not inspect.iscoroutinefunction(take):
        return

    async def try_get_lock(lock_key: bytes, lock_id: bytes) -> bool | None:
        taking = asyncio.ensure_future(take(lock_key, lock_id))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            if await taking:
                await state_manager.redis.delete(lock_key)
            raise

    state_manager._try_get_lock = try_get_lock
