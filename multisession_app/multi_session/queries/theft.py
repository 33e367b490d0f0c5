"""Whether a device's cookie has two holders, and what then ends.

A browser has one cookie jar. Once it has shown a newer secret, and the requests that were on their way have come, it
never shows an older one again, unless the jar was put back; then it never shows the newer one again. So a dead secret
alone is refused and makes the device suspected. A dead one, and after it a newer one, are two jars. See "Two holders
of one cookie" in docs/how-it-works.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select, update

from ..database.models import OUTDATED_COOKIE, THEFT, Device, DeviceSecret, DeviceSession
from ..options import SECRET_GRACE
from ..security.origins import Source
from .conditions import VALID
from .ended_sessions import Ended, end
from .security_events import note


class DeadSecret(NamedTuple):
    """A secret that has died: of which device, and when a newer one was first used, None if none was.

    `is_suspected` says that an outdated one of the device was presented before, `is_stolen` that theft was found.
    """

    device_id: str
    generation: int
    is_suspected: bool
    is_stolen: bool
    replaced_at: datetime | None = None

    def is_outdated(self, at: datetime) -> bool:
        """Say whether no request that was sent with this secret in time could still arrive."""
        # Counted from the newer one's first use, not from the death: after a password change that is the same moment.
        return self.is_stolen or (self.replaced_at is not None and self.replaced_at + SECRET_GRACE <= at)


_newer = aliased(DeviceSecret)
_FIRST_USE_OF_NEWER = (
    select(_newer.first_used_at)
    .where(
        _newer.device_id == col(DeviceSecret.device_id),
        col(_newer.generation) > col(DeviceSecret.generation),
        col(_newer.first_used_at).is_not(None),
    )
    # The next one, not the earliest: the index finds it, however many there are.
    .order_by(col(_newer.generation))
    .limit(1)
    .scalar_subquery()
)
_DEAD = (
    select(DeviceSecret, Device, _FIRST_USE_OF_NEWER)
    .join(Device, col(Device.id) == col(DeviceSecret.device_id))
    .where(col(DeviceSecret.hash) == bindparam("hash"), col(DeviceSecret.dies_at) <= bindparam("now"))
)


def find_dead(db: Session, secret_hash: str, *, now: datetime) -> DeadSecret | None:
    """Return what is known of a dead secret, None for one that lives or never was."""
    if (found := db.exec(_DEAD, params={"hash": secret_hash, "now": now}).first()) is None:
        return None
    secret, device, replaced_at = found
    return DeadSecret(
        device_id=device.id,
        generation=secret.generation,
        is_suspected=device.reused_generation is not None,
        is_stolen=device.stolen_at is not None,
        replaced_at=replaced_at,
    )


def suspect(db: Session, dead: DeadSecret, *, by: Source, now: datetime, idle_since: datetime) -> bool:
    """Record that an outdated secret was presented; False if that is known of its device already.

    Each account of the device reads it once: a copy of an old cookie is to be no way to write into its activity, or to
    call its tabs back, again and again.
    """
    first = update(Device).where(col(Device.id) == dead.device_id, col(Device.reused_generation).is_(None))
    marked = first.values(reused_generation=dead.generation).execution_options(synchronize_session=False)
    if not db.exec(marked).rowcount:
        return False
    valid = select(DeviceSession.id, DeviceSession.user_id).where(DeviceSession.device_id == dead.device_id, VALID)
    for session_id, user_id in db.exec(valid, params={"now": now, "idle_since": idle_since}).all():
        note(db, OUTDATED_COOKIE, user_id, session_id, by=by, now=now)
    return True


def end_stolen(db: Session, device_id: str, *, by: Source, now: datetime) -> list[Ended] | None:
    """End every session and secret of a device, and return the sessions; None if that is done already."""
    first = update(Device).where(col(Device.id) == device_id, col(Device.stolen_at).is_(None))
    if not db.exec(first.values(stolen_at=now).execution_options(synchronize_session=False)).rowcount:
        return None
    dies_at = col(DeviceSecret.dies_at)
    living = update(DeviceSecret).where(col(DeviceSecret.device_id) == device_id, or_(dies_at.is_(None), dies_at > now))
    db.exec(living.values(dies_at=now).execution_options(synchronize_session=False))
    # The remembered accounts too: whoever the other holder is shall not go on reading who was here.
    return end(db, THEFT, now, col(DeviceSession.device_id) == device_id, by=by)
