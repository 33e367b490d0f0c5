"""Deletes old rows: in small transactions, by an index, and never one that something valid needs."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, SQLModel, col, delete, not_, select

from ..database.models import Device, DeviceSecret, DeviceSession, SecurityEvent
from ..options import COOKIE_MAX_AGE, SWEEP_BATCH


def sweep(db: Session, *, now: datetime, retention: timedelta, session_timeout: timedelta) -> bool:
    """Delete up to `SWEEP_BATCH` old rows of each kind, and say whether there may be more.

    Security events and ended sessions are deleted after `retention`. Dead secrets are kept as long, and as long as a
    session that they opened may last: by them a second holder of the cookie is found. A device is deleted when no
    browser can have its cookie any more and it has no session left.
    """
    kept_since = now - retention
    dead_since = now - max(retention, session_timeout)
    has_session = select(DeviceSession.id).where(DeviceSession.device_id == Device.id).exists()
    swept = [
        _delete(db, SecurityEvent, SecurityEvent.id, col(SecurityEvent.at) <= kept_since),
        _delete(db, DeviceSession, DeviceSession.id, col(DeviceSession.revoked_at) <= kept_since),
        _delete(db, DeviceSession, DeviceSession.id, col(DeviceSession.expires_at) <= kept_since),
        _delete(db, DeviceSecret, DeviceSecret.hash, col(DeviceSecret.dies_at) <= dead_since),
        # `last_seen_at` is when the device's newest secret was made. Its secrets are deleted with it (CASCADE).
        _delete(db, Device, Device.id, col(Device.last_seen_at) <= kept_since - COOKIE_MAX_AGE, not_(has_session)),
    ]
    return max(swept) >= SWEEP_BATCH


def _delete(db: Session, table: type[SQLModel], key: str, *which: ColumnElement[bool]) -> int:
    batch = select(col(key)).where(*which).limit(SWEEP_BATCH)
    statement = delete(table).where(col(key).in_(batch)).execution_options(synchronize_session=False)
    return db.exec(statement).rowcount
