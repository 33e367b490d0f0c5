"""What each process does at intervals: tell tabs whose session expired or the operator ended, and delete old rows."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from sqlmodel import Session, col, select

from ..database.models import ENDED_BY_OPERATOR, DeviceSession
from ..errors import DatabaseUnavailable
from ..options import SWEEP_INTERVAL, TIME_CHECK_INTERVAL
from ..queries.retention import sweep
from .multi_session import MultiSession
from .resources import Resources
from .tabs import Change

logger = logging.getLogger(__name__)


async def watch_endings(kit: MultiSession) -> None:
    """Until cancelled, tell this process's tabs if their session has expired or was ended by the operator."""
    told_until = kit.now()
    while True:
        await asyncio.sleep(TIME_CHECK_INTERVAL.total_seconds())
        try:
            await tell_expired(kit)
            told_until = await tell_ended_by_operator(kit, told_until)
        except DatabaseUnavailable:
            # `Database` has logged it.
            continue
        except Exception:
            # The next event asks the database in any case; a tab that hears late only shows its old screen longer.
            logger.exception("Could not tell tabs that a session has ended.")


async def tell_expired(kit: MultiSession) -> None:
    """Look up the devices with a session or a secret whose time may be over, and tell their tabs the active session.

    While none is due, the database is not asked. Its answer decides: with `idle_timeout` a session may have been used
    in another tab or process meanwhile.
    """
    now, tabs = kit.now(), kit.tabs
    due = {
        (connection.identity.device, connection.identity.generation)
        for connection in tabs.connections.values()
        if connection.ends_at is not None and connection.ends_at <= now
    }
    for device_id, generation in due:
        device = await kit.devices.reread(device_id, generation)
        for connection in tabs.connections.values():
            if (connection.identity.device, connection.identity.generation) == (device_id, generation):
                if device is None:
                    # Its secret has died. A browser that has a newer one comes back with that.
                    tabs.kick(connection)
                else:
                    connection.ends_at = device.ends_at
        if device is None:
            continue
        await tabs.apply(Change(device_id=device.id, session_id=device.active_id, generation=generation))


async def tell_ended_by_operator(kit: Resources, since: datetime) -> datetime:
    """Tell this process's tabs if the command line ended their session after `since`; return the next `since`.

    With Redis the command line tells them itself (`Operator`).
    """
    if not (kit.pubsub.is_alone and kit.tabs.connections):
        return since

    def work(db: Session) -> tuple[dict[str, str], datetime]:
        by_operator = col(DeviceSession.revoked_at) > since, DeviceSession.revoked_reason == ENDED_BY_OPERATOR
        found = db.exec(select(DeviceSession.device_id, DeviceSession.revoked_at).where(*by_operator)).all()
        newest = max((at for _, at in found if at), default=since)
        devices = {device_id for device_id, _ in found}
        return kit.active_on(db, devices, kit.now()) if devices else {}, newest

    active, newest = await kit.database.read(work)
    await kit.pubsub.tell_devices(active)
    return newest


async def sweep_regularly(kit: Resources) -> None:
    """Sweep old rows at once and then every `SWEEP_INTERVAL`, until cancelled. Several processes may do so at once."""
    while True:
        try:
            await sweep_all(kit)
        except Exception:
            # The tables only stay larger until the next time.
            logger.exception("Could not sweep old rows.")
        await asyncio.sleep(SWEEP_INTERVAL.total_seconds())


async def sweep_all(kit: Resources) -> None:
    """Sweep in small transactions until no old row is left."""
    now, options = kit.now(), kit.options
    kept = {"retention": options.retention, "session_timeout": options.session_timeout}
    while await kit.database.write(lambda db: sweep(db, now=now, **kept)):
        pass
