"""What holds in the database whatever was asked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session, select

from multisession_app.multi_session.database import models
from multisession_app.multi_session.database.models import Device, DeviceSecret, DeviceSession, SecurityEvent, User
from multisession_app.multi_session.options import SHORT_TIMEOUT, Options
from multisession_app.multi_session.security.validation import check_email, check_image, check_name

KINDS = {
    models.SIGNED_UP,
    models.SIGNED_IN,
    models.FAILED_SIGN_IN,
    models.REAUTHENTICATED,
    models.OUTDATED_COOKIE,
    *models.TOLD_ENDS,
}


def check_consistent(db: Session, options: Options, now: datetime) -> None:
    """Read every row; the tables are those of SQLite.

    - No row hangs on one that is not there.
    - On a device each user has at most one session that has not ended, at most `maximum_sessions` are valid, and
      exactly one of these is the active one: no two have the same activation.
    - A session ends for a reason, lives as long as it was given, and never was used before or after its time.
    - A device's newest secret is of the device's generation, and no session is of a later one.
    - Every session has one event of its beginning, and at most one of its end: exactly one if it ended before its
      time for a reason that people are told.
    - Users are as a sign-up would store them, each address once.
    """
    connection = db.connection()
    assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    assert connection.execute(text("PRAGMA integrity_check")).all() == [("ok",)]
    devices = {device.id: device for device in db.exec(select(Device)).all()}
    secrets: dict[str, list[int]] = defaultdict(list)
    for secret in db.exec(select(DeviceSecret)).all():
        secrets[secret.device_id].append(secret.generation)
    assert {device_id: max(generations) for device_id, generations in secrets.items()} == {
        device.id: device.generation for device in devices.values()
    }

    events = db.exec(select(SecurityEvent)).all()
    assert {event.kind for event in events} <= KINDS
    begun = Counter(event.session_id for event in events if event.kind in {models.SIGNED_UP, models.SIGNED_IN})
    ended = Counter(event.session_id for event in events if event.detail == models.SESSION_ENDED)
    valid: dict[str, list[DeviceSession]] = defaultdict(list)
    standing = Counter[tuple[str, str]]()
    for session in db.exec(select(DeviceSession)).all():
        assert (session.revoked_at is None) == (session.revoked_reason is None)
        assert session.expires_at - session.created_at in {options.session_timeout, SHORT_TIMEOUT}
        for time in (session.last_active_at, session.authenticated_at):
            assert session.created_at <= time <= min(now, session.expires_at)
        assert session.generation <= devices[session.device_id].generation
        assert begun[session.id] == 1
        if session.revoked_at is None:
            assert ended[session.id] == 0
            standing[session.device_id, session.user_id] += 1
            if session.expires_at > now:
                valid[session.device_id].append(session)
        else:
            assert session.created_at <= session.revoked_at <= now
            is_told = session.revoked_reason in models.TOLD_ENDS and session.revoked_at < session.expires_at
            # Who made room is told of it, and may be forgotten later.
            assert ended[session.id] in ({1} if is_told else {0, 1})
    assert set(standing.values()) <= {1}
    for sessions in valid.values():
        assert len(sessions) <= options.maximum_sessions
        assert len({session.activation for session in sessions}) == len(sessions)

    users = db.exec(select(User)).all()
    for user in users:
        assert (check_email(user.email), check_name(user.name), check_image(user.image)) == (
            user.email,
            user.name,
            user.image,
        )
        assert user.password_hash.startswith("$argon2id$")
        assert user.created_at <= user.updated_at <= now
        assert user.created_at > now - timedelta(days=36_500)
    assert len({user.email for user in users}) == len(users)
