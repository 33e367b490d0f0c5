"""When a session's time is over, its tabs hear of it by themselves."""

from __future__ import annotations

import asyncio
import logging

from .live import Change
from .multi_session import MultiSession
from .options import TIME_CHECK_INTERVAL

logger = logging.getLogger(__name__)


async def keep_time(multi_session: MultiSession) -> None:
    """Look again and again whose time is over, until cancelled. Each process does so for its own sockets."""
    while True:
        await asyncio.sleep(TIME_CHECK_INTERVAL.total_seconds())
        try:
            await tell_overdue(multi_session)
        except Exception:
            # The database decides at the next event in any case; a tab that hears late shows its old screen longer.
            logger.exception("Could not tell tabs that the time of a session is over.")


async def tell_overdue(multi_session: MultiSession) -> None:
    """Read anew the devices with a session whose time may be over, and tell their tabs what has become of them.

    It costs nothing while no time is over. What another tab or process has done meanwhile counts: with
    `idle_timeout` a session that was used goes on.
    """
    now, live = multi_session.now(), multi_session.live
    overdue = {
        (connection.device_id, connection.generation): connection
        for connection in live.connections.values()
        if connection.ends_at is not None and connection.ends_at <= now
    }
    for (device_id, generation), connection in overdue.items():
        device = await multi_session.present_again(device_id or "", generation)
        if device is None:
            live.kick(connection)
            continue
        for other in live.connections.values():
            if (other.device_id, other.generation) == (device.id, generation):
                other.ends_at = device.ends_at
        await live.apply(Change(device_id=device.id, session_id=device.active_id, generation=generation))
