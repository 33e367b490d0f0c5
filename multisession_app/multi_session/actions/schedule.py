"""When a session's time is over, its tabs hear of it by themselves; and what is kept no longer is swept."""

from __future__ import annotations

import asyncio
import logging

from ..errors import DatabaseUnavailable
from ..options import SWEEP_INTERVAL, TIME_CHECK_INTERVAL
from ..queries.retention import sweep
from .multi_session import MultiSession
from .tabs import Change

logger = logging.getLogger(__name__)


async def keep_time(multi_session: MultiSession) -> None:
    """Look again and again whose time is over, until cancelled. Each process does so for its own sockets.

    And whose session the operator has ended (`python -m multisession_app.admin`).
    """
    told_until = multi_session.now()
    while True:
        await asyncio.sleep(TIME_CHECK_INTERVAL.total_seconds())
        try:
            await tell_overdue(multi_session)
            told_until = await multi_session.tell_ended_by_operator(told_until)
        except DatabaseUnavailable:
            # The log says so already; there is nothing to tell.
            continue
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


async def keep_tidy(multi_session: MultiSession) -> None:
    """Sweep old rows at once and then again and again, until cancelled. Processes may do so at the same time."""
    while True:
        try:
            await sweep_all(multi_session)
        except Exception:
            # Tables are larger for an hour.
            logger.exception("Could not sweep old rows.")
        await asyncio.sleep(SWEEP_INTERVAL.total_seconds())


async def sweep_all(multi_session: MultiSession) -> None:
    """Sweep until nothing is left that is kept no longer, others writing in between."""
    now, retention = multi_session.now(), multi_session.options.retention
    while await multi_session.database.write(lambda db: sweep(db, now=now, retention=retention)):
        pass
