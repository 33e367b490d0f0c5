"""How sessions end, and what is left of those that have ended: words for their tabs, and the remembered accounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, func, not_, or_, select, update

from ..database.models import EVICTED, FORGOTTEN, SESSION_ENDED, TOLD_ENDS, DeviceSession, User
from ..errors import InvalidSession
from ..options import REMEMBERED_MAX
from ..security.origins import NOWHERE, Source
from .devices import LISTED, VALID, VISIBLE, ProvenDevice, access_parameters
from .security_events import note


class Ended(NamedTuple):
    """A session that has been ended; `was_open` if its time was not over before, and nobody had ended it."""

    id: str
    user_id: str
    device_id: str
    was_open: bool


def end(
    db: Session,
    reason: str,
    now: datetime,
    *which: ColumnElement[bool],
    by: Source = NOWHERE,
    params: dict[str, Any] | None = None,
) -> list[Ended]:
    """End the held sessions of which all of this is true, for that reason, and return them.

    The one place where sessions end, but for those of an answer that was lost (`device_secrets.rotate`). `by` is who
    ends them: their users read it with the end, if it is one of `TOLD_ENDS`.
    """
    row = DeviceSession
    # A remembered one ended earlier, and stays ended then.
    revoked_at = func.coalesce(col(row.revoked_at), now)
    was_open = and_(col(row.revoked_at) == now, col(row.expires_at) > now)
    ending = update(row).where(LISTED, *which).values(revoked_at=revoked_at, revoked_reason=reason)
    returned = ending.returning(col(row.id), col(row.user_id), col(row.device_id), was_open)
    found = db.exec(returned.execution_options(synchronize_session=False), params=params).all()
    ended = [Ended(*fields) for fields in found]
    for session in ended:
        if session.was_open and reason in TOLD_ENDS:
            note(db, reason, session.user_id, session.id, by=by, now=now, detail=SESSION_ENDED)
    return ended


def active_on(db: Session, device_ids: Iterable[str], *, now: datetime, idle_since: datetime) -> dict[str, str]:
    """Return the active session of each of these devices, "" for none, as its newest secret sees it."""
    row = DeviceSession
    statement = select(row.device_id, row.id).where(VALID, col(row.device_id).in_(list(device_ids)))
    lowest_first = statement.order_by(col(row.activation), col(row.id).desc())
    found = db.exec(lowest_first, params={"now": now, "idle_since": idle_since}).all()
    return dict.fromkeys(device_ids, "") | {device_id: session_id for device_id, session_id in found}


def forget(db: Session, device: ProvenDevice, session_id: str, *, now: datetime) -> None:
    """Take a remembered account off this device's screens.

    Raises:
        InvalidSession: unknown, foreign, forgotten before, or signed in: that one can be signed out.
    """
    chosen = col(DeviceSession.id) == session_id
    if not end(db, FORGOTTEN, now, VISIBLE, not_(VALID), chosen, params=access_parameters(device, now)):
        raise InvalidSession


def forget_oldest(db: Session, device: ProvenDevice, *, now: datetime) -> None:
    """Take all but the newest `REMEMBERED_MAX` remembered accounts off this device's screens.

    Of all that it holds, whatever its secret may see: else a browser that many people pass by keeps them all.
    """
    remembered = and_(col(DeviceSession.device_id) == device.id, LISTED, not_(VALID))
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
