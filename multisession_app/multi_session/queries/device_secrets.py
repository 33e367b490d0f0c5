"""The device secret: how it is made, hashed, first used and replaced.

A device gets a new secret at every sign-in, password entry and password change. The old one never opens a session made
after it was replaced. It dies a minute after a successor was first used: only then is it sure that the browser has the
successor, so a lost answer does not lose the device. After a password change there is no such minute. See "The life of
a device secret" in docs/how-it-works.md.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select, update

from ..database.models import ANSWER_LOST, Device, DeviceSecret, DeviceSession
from ..errors import SessionChanged
from ..options import ANSWER_HAS_TIME, ANSWER_ON_ITS_WAY, SECRET_GRACE
from .devices import ProvenDevice


def make_secret() -> str:
    """Return 256 random bits as text, for the cookie and nothing else (ASVS 7.2.3)."""
    return secrets.token_urlsafe(32)


def make_state_key() -> str:
    """Return 256 random bits as hex, the key of a device's state tree names."""
    return secrets.token_hex(32)


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a secret, as the database keeps it. It needs no salt: the secret is random."""
    return hashlib.sha256(secret.encode()).hexdigest()


def note_first_use(db: Session, device: ProvenDevice, *, now: datetime) -> None:
    """Record that the browser has this secret, and set when the device's older ones die."""
    generation, dies_at = col(DeviceSecret.generation), col(DeviceSecret.dies_at)
    of_device = col(DeviceSecret.device_id) == device.id
    own = update(DeviceSecret).where(of_device, generation == device.generation)
    db.exec(own.where(col(DeviceSecret.first_used_at).is_(None)).values(first_used_at=now))
    # Below the newest dead one all are dead, perhaps thousands, which would take long to look through.
    newest_dead = select(DeviceSecret.generation).where(of_device, dies_at <= now).order_by(generation.desc()).limit(1)
    living = of_device, generation > func.coalesce(newest_dead.scalar_subquery(), -1)
    # End all older secrets now, even if the answer to the password change was lost and this secret came later: no
    # grace.
    final = select(func.max(DeviceSecret.generation)).where(
        *living, generation <= device.generation, col(DeviceSecret.is_final)
    )
    before = update(DeviceSecret).where(*living, generation < final.scalar_subquery())
    db.exec(before.values(dies_at=now).execution_options(synchronize_session=False))
    older = update(DeviceSecret).where(*living, generation < device.generation, dies_at.is_(None))
    db.exec(older.values(dies_at=now + SECRET_GRACE).execution_options(synchronize_session=False))


def rotate(
    db: Session, device: ProvenDevice, *, now: datetime, is_final: bool = False, user_id: str = ""
) -> tuple[str, int]:
    """Make the device's next secret and return it with its generation. Locks the device till the commit.

    With `is_final` the older ones die at its first use, without grace (`note_first_use`). `user_id` is who signs in.

    Raises:
        SessionChanged: the device was deleted with its last user, theft was found, or its secret was replaced by one
            that is in use or on its way to the browser.
            Otherwise someone with an old, stolen cookie could sign in with an account of their own and get a secret
            that opens everybody's sessions. And of two sign-ins at once, the browser may keep either cookie.
    """
    generation = db.exec(
        update(Device)
        .where(col(Device.id) == device.id, col(Device.stolen_at).is_(None))
        .values(generation=Device.generation + 1, last_seen_at=now)
        .returning(col(Device.generation))
    ).scalar_one_or_none()
    if generation is None:
        raise SessionChanged
    newer = col(DeviceSecret.device_id) == device.id, col(DeviceSecret.generation) > device.generation
    successors = db.exec(select(DeviceSecret).where(*newer).order_by(col(DeviceSecret.generation))).all()
    if any(s.first_used_at for s in successors) or _is_on_its_way(db, successors, user_id, now):
        raise SessionChanged
    # The answer that held the successor was lost. No tab has shown the sessions that it opened, so they end.
    lost = col(DeviceSession.device_id) == device.id, col(DeviceSession.generation) > device.generation
    ended = update(DeviceSession).where(*lost, col(DeviceSession.revoked_at).is_(None))
    db.exec(ended.values(revoked_at=now, revoked_reason=ANSWER_LOST))
    if successors:
        # The lost request may have re-authenticated a session; a holder of the old cookie must not benefit.
        own = col(DeviceSession.device_id) == device.id, col(DeviceSession.revoked_at).is_(None)
        reauthenticated = col(DeviceSession.authenticated_at) >= min(s.created_at for s in successors)
        reset = update(DeviceSession).where(*own, reauthenticated).values(authenticated_at=DeviceSession.created_at)
        db.exec(reset.execution_options(synchronize_session=False))
    return store_secret(db, device.id, generation, now=now, is_final=is_final), generation


def _is_on_its_way(db: Session, successors: Sequence[DeviceSecret], user_id: str, now: datetime) -> bool:
    """Say whether this sign-in has to wait for the answers of those before it on the same secret."""
    if not successors:
        return False
    # Mostly the age of the first successor counts, and of the newest only a moment, in which its answer is used: else
    # another holder of the old cookie could keep the owner out, or undo each sign-in, by trying again and again.
    made = [secret.created_at for secret in successors]
    if min(made) > now - ANSWER_ON_ITS_WAY or max(made) > now - ANSWER_HAS_TIME:
        return True
    # Nor may one account have moment after moment: it waits twice as long after each of its own.
    of_user = DeviceSession.device_id == successors[0].device_id, DeviceSession.user_id == user_id
    which = select(DeviceSession.created_at).where(*of_user, DeviceSession.generation >= successors[0].generation)
    own = db.exec(which).all()
    return bool(own) and max(own) > now - ANSWER_ON_ITS_WAY * 2 ** (len(own) - 1)


def store_secret(db: Session, device_id: str, generation: int, *, now: datetime, is_final: bool = False) -> str:
    """Store a new secret of a device and return it in clear; only its hash is kept."""
    secret = make_secret()
    row = DeviceSecret(
        hash=hash_secret(secret), device_id=device_id, generation=generation, created_at=now, is_final=is_final
    )
    db.add(row)
    return secret
