"""What a cookie proves: a device, and the sessions that its secret opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import bindparam
from sqlmodel import Session, and_, col, or_, select
from sqlmodel.sql.expression import Select

from ..database.models import Device, DeviceSecret, DeviceSession, User
from ..database.public import DeviceSessionPublic
from .conditions import LISTED, VALID

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""`idle_since` when `idle_timeout` is off. Otherwise sessions unused since then have expired."""


@dataclass(frozen=True)
class ProvenDevice:
    """What a cookie has proved: a device, and the sessions that its secret opens, last used first.

    The first session is the active one. When it ends, for whatever reason, the next takes over without a write.
    `generation` is that of the cookie's secret, and `is_first_use` says that the secret was not used before.
    `remembered` accounts have expired or were evicted: they are on the device's screens and open nothing. `ends_at` is
    when the next of the sessions expires, unless it is used before, or the secret dies. With `is_short` one of the
    sessions is, so that the cookie has to end with the browser. `is_suspected` says that an older, outdated secret of
    the device was presented: see `theft`.
    """

    id: str
    state_key: str = field(repr=False)
    generation: int
    is_first_use: bool
    sessions: tuple[DeviceSessionPublic, ...]
    remembered: tuple[DeviceSessionPublic, ...] = ()
    idle_since: datetime = NEVER
    ends_at: datetime | None = None
    is_short: bool = False
    is_suspected: bool = False

    @property
    def active(self) -> DeviceSessionPublic | None:
        """The session that the device acts as."""
        return self.sessions[0] if self.sessions else None

    @property
    def active_id(self) -> str:
        """The active session's id, "" for none."""
        return self.sessions[0].id if self.sessions else ""

    @property
    def active_user_id(self) -> str:
        """The id of the user as whom the device acts, "" for nobody."""
        return self.sessions[0].user.id if self.sessions else ""

    def next_to(self, session_id: str) -> str:
        """Return the id of the active session once that one has ended, "" for none."""
        return next((session.id for session in self.sessions if session.id != session_id), "")


_WHAT = select(DeviceSecret, Device, DeviceSession, User)


_LOOK_UP = (
    # SQLModel 0.0.50 has types for a select of four at most.
    cast("Select[DeviceSecret, Device, DeviceSession, User, bool]", _WHAT.add_columns(VALID))
    .join(Device, col(Device.id) == col(DeviceSecret.device_id))
    .join(
        DeviceSession,
        and_(
            col(DeviceSession.device_id) == col(Device.id),
            col(DeviceSession.generation) <= col(DeviceSecret.generation),
            LISTED,
        ),
        isouter=True,
    )
    .join(User, col(User.id) == col(DeviceSession.user_id), isouter=True)
    .where(or_(col(DeviceSecret.dies_at).is_(None), col(DeviceSecret.dies_at) > bindparam("now")))
    .order_by(col(DeviceSession.activation).desc(), col(DeviceSession.id))
)


_BY_HASH = _LOOK_UP.where(col(DeviceSecret.hash) == bindparam("hash"))


_BY_GENERATION = _LOOK_UP.where(
    col(DeviceSecret.device_id) == bindparam("device"), col(DeviceSecret.generation) == bindparam("generation")
)


def access_parameters(device: ProvenDevice, now: datetime) -> dict[str, Any]:
    """Return the parameters of `ACCESSIBLE`; `VISIBLE` takes the first two of them."""
    return {"device": device.id, "up_to": device.generation, "now": now, "idle_since": device.idle_since}


def find(db: Session, secret_hash: str, *, now: datetime, idle_since: datetime = NEVER) -> ProvenDevice | None:
    """Return the device behind a cookie and its sessions, by one statement; None for an unknown cookie."""
    at = {"now": now, "idle_since": idle_since}
    return _proven(db.exec(_BY_HASH, params={"hash": secret_hash, **at}).all(), **at)


def reread(
    db: Session, device_id: str, generation: int, *, now: datetime, idle_since: datetime = NEVER
) -> ProvenDevice | None:
    """Return the device that a cookie has proved before, as it is now; None if its secret has died since."""
    at = {"now": now, "idle_since": idle_since}
    return _proven(db.exec(_BY_GENERATION, params={"device": device_id, "generation": generation, **at}).all(), **at)


def _proven(
    rows: Sequence[tuple[DeviceSecret, Device, DeviceSession, User, bool]], *, now: datetime, idle_since: datetime
) -> ProvenDevice | None:
    if not rows:
        return None
    secret, device, *_ = rows[0]
    # A device without listed sessions comes as one row, with None for the session and the user.
    # The sessions of a disabled user have ended; should one have crossed that, it opens nothing either.
    listed = [
        (session, user, is_valid and user.disabled_at is None)
        for *_, session, user, is_valid in rows
        if session is not None
    ]
    valid = [(session, user) for session, user, is_valid in listed if is_valid]
    ends = [min(session.expires_at, now + (session.last_active_at - idle_since)) for session, _ in valid]
    if secret.dies_at is not None:
        ends.append(secret.dies_at)
    return ProvenDevice(
        id=device.id,
        state_key=device.state_key,
        generation=secret.generation,
        is_first_use=secret.first_used_at is None,
        sessions=tuple(DeviceSessionPublic.of(s, u, is_current=place == 0) for place, (s, u) in enumerate(valid)),
        remembered=tuple(
            DeviceSessionPublic.of(s, u, is_current=False, is_signed_out=True)
            for s, u, is_valid in listed
            # A shared computer remembers nobody who said that it is one.
            if not is_valid and not s.is_short
        ),
        idle_since=idle_since,
        ends_at=min(ends, default=None),
        is_short=any(session.is_short for session, _ in valid),
        # Not by being alive alone: on a server whose clock is behind, the outdated one itself may still live.
        is_suspected=device.reused_generation is not None and secret.generation > device.reused_generation,
    )
