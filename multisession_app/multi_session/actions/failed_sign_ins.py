"""Failed sign-ins, written down so that neither their time nor that of what comes next tells who exists."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from secrets import SystemRandom

from ..options import FAILURE_WRITTEN_WITHIN
from ..queries import security_events
from ..security.origins import Source
from .resources import Resources

logger = logging.getLogger(__name__)
_random = SystemRandom()


class FailedSignIns:
    """Writes them into the users' security activity, after the answer."""

    def __init__(self, kit: Resources) -> None:
        """Work with the resources of the running kit."""
        self._kit = kit
        self._unfinished: set[asyncio.Task[None]] = set()
        self._is_settling = asyncio.Event()

    def note(self, user_id: str, session_id: str | None, source: Source) -> None:
        """Leave one to be written, at a moment that nobody can foresee; "" is nobody's id.

        A row is written for a known user only. At once it would hold up the next request by more than for an unknown.
        """
        now = self._kit.now()
        delay = _random.uniform(0, FAILURE_WRITTEN_WITHIN.total_seconds())

        async def write() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._is_settling.wait()
            try:
                await self._kit.database.write(
                    lambda db: security_events.note_failed_sign_in(db, user_id, session_id, by=source, now=now)
                )
            except Exception:
                logger.exception("Could not write down that a sign-in has failed.")

        task = asyncio.get_running_loop().create_task(write())
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)

    async def settle(self) -> None:
        """Write all that is left, and wait for it."""
        self._is_settling.set()
        await asyncio.gather(*self._unfinished)
        self._is_settling.clear()
