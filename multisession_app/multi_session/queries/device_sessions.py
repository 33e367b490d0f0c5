"""What can be done with the accounts on one device. No verb takes a bare device id: a cookie has proved `device`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select, update

from ..database.models import (
    EVICTED,
    NEW_DEVICE,
    REPLACED,
    SIGNED_IN,
    SIGNED_OUT,
    SIGNED_OUT_ALL,
    Device,
    DeviceSession,
    User,
)
from ..database.public import DeviceSessionPublic
from ..errors import InvalidSession, TooManySessions
from ..options import ACTIVITY_INTERVAL
from ..security.origins import Source
from . import device_cookies, device_secrets
from .conditions import ACCESSIBLE, VALID, is_listed
from .devices import NEVER, ProvenDevice, access_parameters
from .ended_sessions import Ended, active_on, end, end_surplus, forget_oldest
from .security_events import device_source, note


@dataclass(frozen=True)
class OpenedSession:
    """A new session, the device's new secret in clear for the cookie, and the users who were evicted for it.

    `elsewhere` are the devices on which a session of the same user made room, each with its active session now.
    With `is_short` one of the device's sessions is, so that the cookie has to end with the browser.
    """

    device_id: str
    secret: str = field(repr=False)
    session: DeviceSession
    user: User
    evicted: tuple[User, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    is_short: bool = False


def knows(db: Session, device: ProvenDevice, user_id: str) -> bool:
    """Say whether the user is, or once was, signed in on this device."""
    known = select(DeviceSession.id).where(DeviceSession.user_id == user_id, DeviceSession.device_id == device.id)
    return db.exec(known.limit(1)).first() is not None


def list_device_sessions(device: ProvenDevice | None) -> list[DeviceSessionPublic]:
    """Return the valid sessions of this device, last used first, the active one marked; none for no device."""
    return list(device.sessions) if device else []


def open_session(
    db: Session,
    device: ProvenDevice | None,
    user: User,
    *,
    source: Source,
    maximum: int,
    timeout: timedelta,
    evict: bool,
    now: datetime,
    idle_since: datetime = NEVER,
    kind: str = SIGNED_IN,
    is_short: bool = False,
) -> OpenedSession:
    """Open a session of a proven user, whose row is locked, and make it active; the device's other accounts stay.

    With None for `device` a new one is made. The user's earlier session on this device ends. Over `maximum`, the
    account used longest ago is signed out if `evict`; over `SESSIONS_OF_USER_MAX`, the user's own session on another
    device. `timeout` is the session's whole life, `kind` that of the security event. With `is_short` the cookie ends
    with the browser, and the account will not be remembered.

    Raises:
        TooManySessions: the device is full and `evict` is off.
        SessionChanged: see `device_secrets.rotate` and `device_cookies.keep_cookie`.
    """
    is_new_device = kind == SIGNED_IN and (device is None or not knows(db, device, user.id))
    if device is None:
        row = Device(
            state_key=device_secrets.make_state_key(),
            created_at=now,
            last_seen_at=now,
            user_agent=source.user_agent,
            ip_address=source.ip_address,
        )
        db.add(row)
        db.flush()
        device_id, generation = row.id, 0
        secret = device_secrets.store_secret(db, device_id, generation, now=now)
        kept: list[DeviceSession] = []
        evicted: tuple[User, ...] = ()
    else:
        device_id = device.id
        # This comes first: it locks the device, so that parallel sign-ins count each other's sessions below.
        secret, generation = device_secrets.rotate(db, device, now=now, user_id=user.id)
        device_cookies.keep_cookie(db, device_id, now=now)
        end(db, REPLACED, now, col(DeviceSession.device_id) == device_id, col(DeviceSession.user_id) == user.id)
        kept, evicted = _make_room(db, device, source=source, maximum=maximum, evict=evict, now=now)
        forget_oldest(db, device, now=now)
    surplus = end_surplus(db, user.id, by=source, now=now, idle_since=idle_since) if kind == SIGNED_IN else []
    session = DeviceSession(
        device_id=device_id,
        user_id=user.id,
        generation=generation,
        activation=db.exec(select(_NEXT_ACTIVATION), params={"device": device_id}).one(),
        created_at=now,
        last_active_at=now,
        authenticated_at=now,
        expires_at=now + timeout,
        is_short=is_short,
        user_agent=source.user_agent,
        ip_address=source.ip_address,
    )
    db.add(session)
    note(db, kind, user.id, session.id, by=source, now=now, detail=NEW_DEVICE if is_new_device else "")
    db.flush()
    others = {ended.device_id for ended in surplus}
    elsewhere = active_on(db, others, now=now, idle_since=idle_since) if others else {}
    is_short = is_short or any(other.is_short for other in kept)
    return OpenedSession(device_id, secret, session, user, evicted, elsewhere, is_short)


def set_active(db: Session, device: ProvenDevice, session_id: str, *, now: datetime) -> None:
    """Make another valid session of this device the active one. It needs no password.

    Raises:
        InvalidSession: the id is unknown, foreign, expired or revoked, all alike; nothing changed.
    """
    if not db.exec(_ACTIVATE, params={**access_parameters(device, now), "chosen": session_id, "at": now}).rowcount:
        raise InvalidSession


def revoke(db: Session, device: ProvenDevice, session_id: str, *, now: datetime) -> list[Ended]:
    """End one of this device's sessions; if it was the active one, the session used last takes over.

    Raises:
        InvalidSession: as in `set_active`; so a second call is refused.
    """
    chosen = col(DeviceSession.id) == session_id
    ended = end(
        db, SIGNED_OUT, now, ACCESSIBLE, chosen, by=device_source(device), params=access_parameters(device, now)
    )
    if not ended:
        raise InvalidSession
    return ended


def revoke_others(db: Session, device: ProvenDevice, keep: str, *, now: datetime) -> list[Ended]:
    """End all accessible sessions of this device except the one to `keep`, and return them."""
    others = col(DeviceSession.id) != keep
    return end(db, SIGNED_OUT, now, ACCESSIBLE, others, by=device_source(device), params=access_parameters(device, now))


def revoke_all(db: Session, device: ProvenDevice, *, now: datetime) -> list[Ended]:
    """End all listed sessions of this device and return them.

    That includes those that the device's secret is too old to open, and the remembered ones: whoever signs out of all
    accounts leaves nothing behind.
    """
    return end(db, SIGNED_OUT_ALL, now, col(DeviceSession.device_id) == device.id, by=device_source(device))


def note_activity(db: Session, session_id: str, *, now: datetime) -> None:
    """Record that a session is in use, at most once in `ACTIVITY_INTERVAL`."""
    is_due = col(DeviceSession.last_active_at) <= now - ACTIVITY_INTERVAL
    db.exec(update(DeviceSession).where(col(DeviceSession.id) == session_id, is_due).values(last_active_at=now))


def _make_room(
    db: Session, device: ProvenDevice, *, source: Source, maximum: int, evict: bool, now: datetime
) -> tuple[list[DeviceSession], tuple[User, ...]]:
    valid = list(
        db.exec(
            select(DeviceSession, User)
            .join(User, col(User.id) == col(DeviceSession.user_id))
            .where(DeviceSession.device_id == device.id, VALID)
            .order_by(col(DeviceSession.activation).desc(), col(DeviceSession.id)),
            params={"now": now, "idle_since": device.idle_since},
        ).all()
    )
    room = max(maximum - 1, 0)
    surplus = valid[room:]
    if surplus and not evict:
        raise TooManySessions([(session.id, user.name, user.email) for session, user in valid])
    if surplus:
        end(db, EVICTED, now, col(DeviceSession.id).in_([session.id for session, _ in surplus]), by=source)
    return [session for session, _ in valid[:room]], tuple(user for _, user in surplus)


_others = aliased(DeviceSession)
# A counter, not a time: the clocks of two servers may differ by more than the time between two clicks.
_NEXT_ACTIVATION = (
    select(func.coalesce(func.max(_others.activation), 0) + 1)
    .where(col(_others.device_id) == bindparam("device"), is_listed(_others))
    .scalar_subquery()
)
_ACTIVATE = (
    update(DeviceSession)
    .where(ACCESSIBLE, col(DeviceSession.id) == bindparam("chosen"))
    .values(activation=_NEXT_ACTIVATION, last_active_at=bindparam("at"))
    .execution_options(synchronize_session=False)
)
