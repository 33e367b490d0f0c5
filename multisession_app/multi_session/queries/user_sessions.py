"""What a user can do with their sessions on every device. The user is the active account of the proven `device`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, not_, select, update

from ..database.models import REVOKED_ELSEWHERE, SIGNED_OUT, SIGNED_OUT_EVERYWHERE, Device, DeviceSession, User
from ..database.public import DeviceSessionPublic
from ..errors import InvalidSession, NotSignedIn, SessionNotFresh
from ..security.origins import Source
from .conditions import ACCESSIBLE, LISTED, VALID
from .devices import ProvenDevice, access_parameters
from .ended_sessions import Ended, end
from .security_events import device_source


def signed_in(device: ProvenDevice | None) -> DeviceSessionPublic:
    """Return the session that a device acts as.

    Raises:
        NotSignedIn: there is none.
    """
    if device is None or device.active is None:
        raise NotSignedIn
    return device.active


def list_sessions(
    db: Session, device: ProvenDevice, *, now: datetime, limit: int | None = None
) -> list[DeviceSessionPublic]:
    """Return the active user's valid sessions on every device: this device's first, then the one used last first.

    With `limit` at most so many. Without it all, of which `SESSIONS_OF_USER_MAX` is the number.
    """
    active = signed_in(device)
    statement = (
        select(DeviceSession, User)
        .join(User, col(User.id) == col(DeviceSession.user_id))
        .where(DeviceSession.user_id == active.user.id, VALID)
        .order_by(
            (col(DeviceSession.id) == active.id).desc(), col(DeviceSession.last_active_at).desc(), col(DeviceSession.id)
        )
        .limit(limit)
    )
    rows = db.exec(statement, params=_at(device, now)).all()
    return [DeviceSessionPublic.of(session, user, is_current=session.id == active.id) for session, user in rows]


def revoke_session(
    db: Session, device: ProvenDevice, session_id: str, *, fresh_for: timedelta, now: datetime
) -> list[Ended]:
    """End one of the active user's sessions on any device. Only another device's needs a fresh password.

    Raises:
        SessionNotFresh: see `check_fresh`.
        InvalidSession: the id is another user's, unknown, expired or revoked, all alike.
    """
    chosen = col(DeviceSession.id) == session_id
    if session_id == signed_in(device).id:
        ended = end(
            db, SIGNED_OUT, now, ACCESSIBLE, chosen, by=device_source(device), params=access_parameters(device, now)
        )
    else:
        check_fresh(db, device, fresh_for=fresh_for, now=now)
        is_used = col(DeviceSession.last_active_at) > device.idle_since
        ended = _end(db, device, REVOKED_ELSEWHERE, chosen, is_used, by=device_source(device), now=now)
    if not ended:
        raise InvalidSession
    return ended


def revoke_other_sessions(db: Session, device: ProvenDevice, *, fresh_for: timedelta, now: datetime) -> list[Ended]:
    """End all of the active user's sessions except this device's.

    Raises:
        SessionNotFresh, InvalidSession: see `check_fresh`.
    """
    check_fresh(db, device, fresh_for=fresh_for, now=now)
    return end_others(db, device, REVOKED_ELSEWHERE, by=device_source(device), now=now)


def revoke_sessions(db: Session, device: ProvenDevice, *, fresh_for: timedelta, now: datetime) -> list[Ended]:
    """End all of the active user's sessions on every device.

    Raises:
        SessionNotFresh, InvalidSession: see `check_fresh`.
    """
    check_fresh(db, device, fresh_for=fresh_for, now=now)
    return _end(db, device, SIGNED_OUT_EVERYWHERE, by=device_source(device), now=now)


def end_others(db: Session, device: ProvenDevice, reason: str, *, by: Source, now: datetime) -> list[Ended]:
    """End all of the active user's sessions except this device's, for that reason."""
    return _end(db, device, reason, col(DeviceSession.id) != signed_in(device).id, by=by, now=now)


def check_signed_in(db: Session, device: ProvenDevice, *, now: datetime) -> tuple[datetime, int]:
    """Return when the active session was authenticated, and the generation of its device's newest secret.

    Raises:
        InvalidSession: it has ended since the device was looked up.
    """
    statement = (
        select(DeviceSession.authenticated_at, Device.generation)
        .join(Device, col(Device.id) == col(DeviceSession.device_id))
        .where(ACCESSIBLE, DeviceSession.id == signed_in(device).id)
    )
    # The lock is held to the commit: if two sessions end each other at the same moment, one of them is too late.
    locked = statement.with_for_update(read=True, of=DeviceSession)
    found = db.exec(locked, params=access_parameters(device, now)).first()
    if found is None:
        raise InvalidSession
    return found


def check_fresh(db: Session, device: ProvenDevice, *, fresh_for: timedelta, now: datetime) -> None:
    """Refuse unless the active user has just entered the password (ASVS 7.5.2).

    Raises:
        SessionNotFresh: the entry is longer ago than `fresh_for`, or the device has a newer cookie than this one: a
            stolen copy of the cookie that the entry replaced must not benefit from it.
        InvalidSession: see `check_signed_in`.
    """
    authenticated_at, newest = check_signed_in(db, device, now=now)
    if now - authenticated_at > fresh_for or device.generation != newest:
        raise SessionNotFresh


def authenticate(db: Session, device: ProvenDevice, *, now: datetime) -> None:
    """Record that the active user has just entered the password.

    Raises:
        InvalidSession: the session has ended since the device was looked up.
    """
    acting = update(DeviceSession).where(ACCESSIBLE, col(DeviceSession.id) == signed_in(device).id)
    noted = acting.values(authenticated_at=now).execution_options(synchronize_session=False)
    if not db.exec(noted, params=access_parameters(device, now)).rowcount:
        raise InvalidSession


def devices_of(db: Session, user_id: str) -> set[str]:
    """Return the ids of the devices that list the user, signed in or remembered."""
    return set(db.exec(select(DeviceSession.device_id).where(DeviceSession.user_id == user_id, LISTED)).all())


def delete_users(db: Session, user_ids: Collection[str]) -> set[str]:
    """Delete users with all rows that refer to them, and return the ids of their devices.

    A device without any other session is deleted too: nothing says any more whose it was, and its cookie opens nothing.
    """
    of_users = select(DeviceSession.device_id).where(col(DeviceSession.user_id).in_(user_ids))
    devices = set(db.exec(of_users).all())
    db.exec(delete(User).where(col(User.id).in_(user_ids)))
    # A PostgreSQL statement sees what was there at its start. So wait for sign-ins on these devices to be committed
    # before looking for sessions.
    db.exec(select(Device.id).where(col(Device.id).in_(devices)).order_by(Device.id).with_for_update())
    has_session = select(DeviceSession.id).where(DeviceSession.device_id == Device.id).exists()
    empty = delete(Device).where(col(Device.id).in_(devices), not_(has_session))
    db.exec(empty.execution_options(synchronize_session=False))
    return devices


def _end(
    db: Session, device: ProvenDevice, reason: str, *which: ColumnElement[bool], by: Source, now: datetime
) -> list[Ended]:
    own = col(DeviceSession.user_id) == signed_in(device).user.id
    # This includes sessions that were idle too long: a longer `idle_timeout` would make them valid again.
    in_time = col(DeviceSession.revoked_at).is_(None), col(DeviceSession.expires_at) > now
    return end(db, reason, now, own, *in_time, *which, by=by)


def _at(device: ProvenDevice, now: datetime) -> dict[str, datetime]:
    return {"now": now, "idle_since": device.idle_since}
