"""A user's recent security activity: how events are recorded and listed, with the source of each."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import insert, literal
from sqlalchemy.event import listen
from sqlmodel import Session, col, func, select, tuple_

from ..database.models import FAILED_SIGN_IN, SESSION_ENDED, DeviceSession, SecurityEvent, User, new_id
from ..database.public import SecurityEventPublic
from ..options import SECURITY_EVENTS_PAGE
from ..security.origins import NOWHERE, Source
from .devices import ProvenDevice

logger = logging.getLogger(__name__)


def device_source(device: ProvenDevice) -> Source:
    """Return the source of a device's active session, as of its sign-in; a click on an open page brings no newer."""
    return Source(device.active.user_agent, device.active.ip_address) if device.active else NOWHERE


def note(
    db: Session, kind: str, user_id: str, session_id: str | None, *, by: Source, now: datetime, detail: str = ""
) -> None:
    """Add an event to the transaction, and log it after the commit."""
    listen(
        db,
        "after_commit",
        lambda _: logger.info("%s: user %s, session %s, by %s", kind, user_id, session_id, by.ip_address or "nobody"),
        once=True,
    )
    db.add(
        SecurityEvent(
            user_id=user_id,
            session_id=session_id,
            kind=kind,
            at=now,
            ip_address=by.ip_address,
            user_agent=by.user_agent,
            detail=detail,
        )
    )


def note_failed_sign_in(db: Session, user_id: str, session_id: str | None, *, by: Source, now: datetime) -> None:
    """Record that somebody gave a wrong password.

    For an unknown user, "", the same statement runs and writes nothing, so that its time does not tell who exists.
    """
    values = {
        "id": new_id(),
        "session_id": session_id,
        "kind": FAILED_SIGN_IN,
        "at": now,
        "ip_address": by.ip_address,
        "user_agent": by.user_agent,
        "detail": "",
    }
    columns = SecurityEvent.__table__.columns  # type: ignore[attr-defined] # SQLModel sets it
    row = select(col(User.id), *(literal(value, columns[name].type) for name, value in values.items()))
    found = row.where(col(User.id) == user_id)
    db.exec(insert(SecurityEvent).from_select(["user_id", *values], found))


def list_security_events(
    db: Session, user_id: str, before: str = "", limit: int = SECURITY_EVENTS_PAGE
) -> tuple[list[SecurityEventPublic], str]:
    """Return a page of a user's events, newest first, and the next page's `before`, "" on the last page.

    New events do not shift the pages. If `before` is not the id of one of this user's events, the page is empty.
    """
    event = SecurityEvent
    statement = (
        select(event, func.coalesce(DeviceSession.user_agent, ""))
        .join(DeviceSession, col(DeviceSession.id) == col(event.session_id), isouter=True)
        .where(event.user_id == user_id)
        .order_by(col(event.at).desc(), col(event.id).desc())
        .limit(limit + 1)
    )
    if before:
        last_at = select(event.at).where(event.id == before, event.user_id == user_id).scalar_subquery()
        statement = statement.where(tuple_(col(event.at), col(event.id)) < tuple_(last_at, literal(before)))
    rows = db.exec(statement).all()
    page = [SecurityEventPublic.of(found, device) for found, device in rows[:limit]]
    return page, page[-1].id if len(rows) > limit else ""


def ended_by(db: Session, session: DeviceSession) -> str:
    """Return the User-Agent of the device that ended a session, "" if it was not recorded."""
    event = SecurityEvent
    # The user and the time let the index be used, however much else has happened.
    at_its_end = event.user_id == session.user_id, event.at == session.revoked_at
    of_session = event.session_id == session.id, event.detail == SESSION_ENDED
    return db.exec(select(event.user_agent).where(*at_its_end, *of_session)).first() or ""
