"""How sessions end, what a tab is told about an ended one, and the remembered accounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, func, not_, or_, select, update

from ..database.models import (
    EVICTED,
    FORGOTTEN,
    SESSION_ENDED,
    TOLD_ENDS,
    TOO_MANY_DEVICES,
    DeviceSession,
    User,
)
from ..errors import InvalidSession
from ..options import REMEMBERED_MAX, SESSIONS_OF_USER_MAX
from ..security.origins import NOWHERE, Source
from .conditions import LISTED, VALID, VISIBLE
from .devices import ProvenDevice, access_parameters
from .security_events import note


class Ended(NamedTuple):
    """A session that has just been ended; `was_open` if `expires_at` was still to come and nobody had ended it."""

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
    """End the listed sessions that meet all conditions in `which`, for that reason, and return them.

    `params` are the parameters of the conditions. `by` is the source of whoever ends them; their users read it in their
    security activity if the reason is in `TOLD_ENDS`. Sessions end nowhere else, except those of a lost answer
    (`device_secrets.rotate`).
    """
    row = DeviceSession
    # An evicted session keeps the time of its earlier end.
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
        InvalidSession: the id is unknown, foreign or already forgotten, or the account is signed in: sign it out.
    """
    chosen = col(DeviceSession.id) == session_id
    if not end(db, FORGOTTEN, now, VISIBLE, not_(VALID), chosen, params=access_parameters(device, now)):
        raise InvalidSession


def forget_oldest(db: Session, device: ProvenDevice, *, now: datetime) -> None:
    """Take all but the newest `REMEMBERED_MAX` remembered accounts off this device's screens.

    All of the device's count, also those that its secret may not see: else a browser shared by many people would keep
    them all. Short sessions are not remembered in any case.
    """
    is_long = col(DeviceSession.is_short).is_(False)
    remembered = and_(col(DeviceSession.device_id) == device.id, LISTED, not_(VALID), is_long)
    newest = select(DeviceSession.id).where(remembered).order_by(col(DeviceSession.activation).desc())
    surplus = col(DeviceSession.id).not_in(newest.limit(REMEMBERED_MAX))
    end(db, FORGOTTEN, now, remembered, surplus, params={"now": now, "idle_since": device.idle_since})


def end_surplus(db: Session, user_id: str, *, by: Source, now: datetime, idle_since: datetime) -> list[Ended]:
    """End a user's sessions used longest ago, so that there is room for one more on all devices.

    The caller has locked the user, so that parallel sign-ins count each other's sessions.
    """
    own = col(DeviceSession.user_id) == user_id
    newest_first = col(DeviceSession.last_active_at).desc(), col(DeviceSession.id)
    surplus = select(DeviceSession.id).where(own, VALID).order_by(*newest_first).offset(SESSIONS_OF_USER_MAX - 1)
    at = {"now": now, "idle_since": idle_since}
    return end(db, TOO_MANY_DEVICES, now, col(DeviceSession.id).in_(surplus), by=by, params=at)


def find_ended(db: Session, device_id: str, generation: int, session_id: str) -> tuple[DeviceSession, User] | None:
    """Return a session of this device, ended or not, with its user, for the notice that says what became of it.

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
    """Return the names of the users who were evicted by the sign-in at that time."""
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
