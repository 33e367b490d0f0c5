"""How sessions end, and what is left of those that have ended: words for their tabs, and the remembered accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, not_, or_, select, update

from .device_secrets import HELD, KNOWN, VALID, PresentedDevice, opened_by
from .errors import InvalidSession
from .models import EVICTED, FORGOTTEN, DeviceSession, User
from .options import REMEMBERED_MAX


def end(
    db: Session,
    reason: str,
    now: datetime,
    *which: ColumnElement[bool],
    params: dict[str, Any] | None = None,
) -> int:
    """End the held sessions of which all of this is true, for that reason, and return how many."""
    ended = update(DeviceSession).where(HELD, *which)
    return db.exec(ended.values(revoked_at=now, revoked_reason=reason), params=params).rowcount


def forget(db: Session, device: PresentedDevice, session_id: str, *, now: datetime) -> None:
    """Take a remembered account off this device's screens.

    Raises:
        InvalidSession: unknown, foreign, forgotten before, or signed in: that one can be signed out.
    """
    chosen = col(DeviceSession.id) == session_id
    if not end(db, FORGOTTEN, now, KNOWN, not_(VALID), chosen, params=opened_by(device, now)):
        raise InvalidSession


def forget_oldest(db: Session, device: PresentedDevice, *, now: datetime) -> None:
    """Take all but the newest `REMEMBERED_MAX` remembered accounts off this device's screens.

    Of all that it holds, whatever its secret may see: else a browser that many people pass by keeps them all.
    """
    remembered = and_(col(DeviceSession.device_id) == device.id, HELD, not_(VALID))
    newest = select(DeviceSession.id).where(remembered).order_by(col(DeviceSession.activation).desc())
    surplus = col(DeviceSession.id).not_in(newest.limit(REMEMBERED_MAX))
    end(db, FORGOTTEN, now, remembered, surplus, params={"now": now, "idle_since": device.idle_since})


def find_ended(db: Session, device_id: str, generation: int, session_id: str) -> tuple[DeviceSession, User] | None:
    """Return a session of this device, ended or not, with its user: to say in words what became of it.

    None for one that the device's secret of that generation never opened, or that was forgotten.
    """
    statement = (
        select(DeviceSession, User)
        .join(User, col(User.id) == col(DeviceSession.user_id))
        .where(
            DeviceSession.id == session_id,
            DeviceSession.device_id == device_id,
            DeviceSession.generation <= generation,
            or_(col(DeviceSession.revoked_reason).is_(None), DeviceSession.revoked_reason != FORGOTTEN),
        )
    )
    return db.exec(statement).first()


def evicted_at(db: Session, device_id: str, at: datetime) -> list[str]:
    """Return the names of those who were signed out to make room for the sign-in of that moment."""
    statement = (
        select(User.name)
        .join(DeviceSession, col(DeviceSession.user_id) == col(User.id))
        .where(
            DeviceSession.device_id == device_id,
            DeviceSession.revoked_reason == EVICTED,
            DeviceSession.revoked_at == at,
        )
    )
    return list(db.exec(statement).all())
