"""When an answer may delete the device's cookie.

A browser applies answers in the order in which they arrive. A late one that deletes the cookie would take away a newer
cookie too, and sign the person out. See "When the cookie is deleted" in docs/how-it-works.md.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, and_, col, not_, or_, select, update

from ..database.models import Device, DeviceSession
from ..errors import SessionChanged
from ..options import ANSWER_ON_ITS_WAY
from .conditions import LISTED, VALID
from .devices import ProvenDevice


def end_cookie(db: Session, device: ProvenDevice, *, now: datetime) -> bool:
    """Say whether the answer to this request is to delete the cookie, and record that it does.

    Only the newest cookie of a device on which nobody is signed in or remembered is deleted, and by one answer: a
    second one might come late. Nor can a thief then keep the owner from signing in by asking for it again and again.
    """
    kept = select(DeviceSession.id).where(
        DeviceSession.device_id == Device.id, LISTED, or_(VALID, col(DeviceSession.is_short).is_(False))
    )
    which = and_(
        col(Device.id) == device.id,
        col(Device.generation) == device.generation,
        col(Device.cookie_deleted_at).is_(None),
        not_(kept.exists()),
    )
    ending = update(Device).where(which).values(cookie_deleted_at=now).execution_options(synchronize_session=False)
    return bool(db.exec(ending, params={"now": now, "idle_since": device.idle_since}).rowcount)


def keep_cookie(db: Session, device_id: str, *, now: datetime) -> None:
    """Take a sign-in with a cookie that an answer was to delete: the answer was lost. The device is locked.

    Raises:
        SessionChanged: the answer may still be on its way, and would delete the new cookie too.
    """
    deleted_at = db.exec(select(Device.cookie_deleted_at).where(Device.id == device_id)).one()
    if deleted_at is None:
        return
    if deleted_at > now - ANSWER_ON_ITS_WAY:
        raise SessionChanged
    db.exec(update(Device).where(col(Device.id) == device_id).values(cookie_deleted_at=None))
