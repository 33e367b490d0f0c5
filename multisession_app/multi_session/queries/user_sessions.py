"""What a user can do with their sessions on every device. Who acts is the active account of `device`, the proof."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, not_, select, update

from ..database.models import REVOKED_ELSEWHERE, SIGNED_OUT, SIGNED_OUT_EVERYWHERE, Device, DeviceSession, User
from ..database.public import DeviceSessionPublic
from ..errors import InvalidSession, NotSignedIn, SessionNotFresh
from ..security.origins import Source
from .devices import ACCESSIBLE, LISTED, VALID, ProvenDevice, access_parameters
from .ended_sessions import Ended, end
from .security_events import source_of


def signed_in(device: ProvenDevice | None) -> DeviceSessionPublic:
    """Return the session that a device acts as.

    Raises:
        NotSignedIn: there is none.
    """
    if device is None or device.active is None:
        raise NotSignedIn
    return device.active


def list_sessions(db: Session, device: ProvenDevice, *, now: datetime) -> list[DeviceSessionPublic]:
    """Return the active user's valid sessions on every device: this device's first, then the one used last first."""
    active = signed_in(device)
    statement = (
        select(DeviceSession, User)
        .join(User, col(User.id) == col(DeviceSession.user_id))
        .where(DeviceSession.user_id == active.user.id, VALID)
        .order_by(
            (col(DeviceSession.id) == active.id).desc(), col(DeviceSession.last_active_at).desc(), col(DeviceSession.id)
        )
    )
    rows = db.exec(statement, params=_at(device, now)).all()
    return [DeviceSessionPublic.of(session, user, is_current=session.id == active.id) for session, user in rows]


def revoke_session(
    db: Session, device: ProvenDevice, session_id: str, *, fresh_for: timedelta, now: datetime
) -> list[Ended]:
    """End one of the active user's sessions, on whatever device; this device's own one needs no password.

    Raises:
        SessionNotFresh: `check_fresh`.
        InvalidSession: another user's, unknown, expired or revoked, alike.
    """
    chosen = col(DeviceSession.id) == session_id
    if session_id == signed_in(device).id:
        ended = end(
            db, SIGNED_OUT, now, ACCESSIBLE, chosen, by=source_of(device), params=access_parameters(device, now)
        )
    else:
        check_fresh(db, device, fresh_for=fresh_for, now=now)
        is_used = col(DeviceSession.last_active_at) > device.idle_since
        ended = _end(db, device, REVOKED_ELSEWHERE, chosen, is_used, by=source_of(device), now=now)
    if not ended:
        raise InvalidSession
    return ended


def revoke_other_sessions(db: Session, device: ProvenDevice, *, fresh_for: timedelta, now: datetime) -> list[Ended]:
    """End all of the active user's sessions but this device's.

    Raises:
        SessionNotFresh, InvalidSession: `check_fresh`.
    """
    check_fresh(db, device, fresh_for=fresh_for, now=now)
    return end_others(db, device, REVOKED_ELSEWHERE, by=source_of(device), now=now)


def revoke_sessions(db: Session, device: ProvenDevice, *, fresh_for: timedelta, now: datetime) -> list[Ended]:
    """End all of the active user's sessions on every device.

    Raises:
        SessionNotFresh, InvalidSession: `check_fresh`.
    """
    check_fresh(db, device, fresh_for=fresh_for, now=now)
    return _end(db, device, SIGNED_OUT_EVERYWHERE, by=source_of(device), now=now)


def end_others(db: Session, device: ProvenDevice, reason: str, *, by: Source, now: datetime) -> list[Ended]:
    """End all of the active user's sessions but this device's, for that reason."""
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
    # Held to the commit: of two sessions that end each other at the same moment, one is too late.
    locked = statement.with_for_update(read=True, of=DeviceSession)
    found = db.exec(locked, params=access_parameters(device, now)).first()
    if found is None:
        raise InvalidSession
    return found


def check_fresh(db: Session, device: ProvenDevice, *, fresh_for: timedelta, now: datetime) -> None:
    """Refuse what is only for someone who has just shown that they know the password (ASVS 7.5.2).

    Raises:
        SessionNotFresh: that is longer ago than `fresh_for`, or was with a newer cookie than this one: a stolen copy of
            the cookie that was replaced then is to gain nothing by it.
        InvalidSession: `check_signed_in`.
    """
    authenticated_at, newest = check_signed_in(db, device, now=now)
    if now - authenticated_at > fresh_for or device.generation != newest:
        raise SessionNotFresh


def authenticate(db: Session, device: ProvenDevice, *, now: datetime) -> None:
    """Note that the active user has just shown that they know the password.

    Raises:
        InvalidSession: the session has ended since the device was looked up.
    """
    acting = update(DeviceSession).where(ACCESSIBLE, col(DeviceSession.id) == signed_in(device).id)
    noted = acting.values(authenticated_at=now).execution_options(synchronize_session=False)
    if not db.exec(noted, params=access_parameters(device, now)).rowcount:
        raise InvalidSession


def devices_of(db: Session, user_id: str) -> set[str]:
    """Return the devices on whose screens the user stands, signed in or remembered."""
    return set(db.exec(select(DeviceSession.device_id).where(DeviceSession.user_id == user_id, LISTED)).all())


def delete_users(db: Session, user_ids: Collection[str]) -> set[str]:
    """Delete users with all that hangs on them, and return the devices where they were.

    A device where nobody else was goes too: to whom it belonged is known no more, and its cookie opens nothing.
    """
    of_users = select(DeviceSession.device_id).where(col(DeviceSession.user_id).in_(user_ids))
    devices = set(db.exec(of_users).all())
    db.exec(delete(User).where(col(User.id).in_(user_ids)))
    # A statement of PostgreSQL sees what was there at its start: who is just signing in there has to be done before it.
    db.exec(select(Device.id).where(col(Device.id).in_(devices)).order_by(Device.id).with_for_update())
    has_session = select(DeviceSession.id).where(DeviceSession.device_id == Device.id).exists()
    empty = delete(Device).where(col(Device.id).in_(devices), not_(has_session))
    db.exec(empty.execution_options(synchronize_session=False))
    return devices


def _end(
    db: Session, device: ProvenDevice, reason: str, *which: ColumnElement[bool], by: Source, now: datetime
) -> list[Ended]:
    own = col(DeviceSession.user_id) == signed_in(device).user.id
    # Those too that stood idle too long: with a longer `idle_timeout` they would come to life again.
    in_time = col(DeviceSession.revoked_at).is_(None), col(DeviceSession.expires_at) > now
    return end(db, reason, now, own, *in_time, *which, by=by)


def _at(device: ProvenDevice, now: datetime) -> dict[str, datetime]:
    return {"now": now, "idle_since": device.idle_since}
