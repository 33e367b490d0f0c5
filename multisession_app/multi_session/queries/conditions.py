"""Which sessions are valid, on a device's screens, or open to a secret: as SQL conditions."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, literal_column
from sqlmodel import and_, col, or_

from ..database.models import EVICTED, DeviceSession

# Statements of hot paths are built once: SQLAlchemy takes longer to build one than SQLite takes to run it.
VALID = and_(
    col(DeviceSession.revoked_at).is_(None),
    col(DeviceSession.expires_at) > bindparam("now"),
    col(DeviceSession.last_active_at) > bindparam("idle_since"),
)


def is_listed(session: type[DeviceSession]) -> ColumnElement[bool]:
    """Return the condition that a session is listed: valid or remembered. A device lists one for each user."""
    # The reason is a literal, not a parameter, or the database would not see that the partial index fits.
    return or_(col(session.revoked_at).is_(None), col(session.revoked_reason) == literal_column(f"'{EVICTED}'"))


LISTED = is_listed(DeviceSession)
VISIBLE = and_(
    col(DeviceSession.device_id) == bindparam("device"), col(DeviceSession.generation) <= bindparam("up_to"), LISTED
)
"""The listed sessions that a device's secret may see; takes the first two of `access_parameters`."""
ACCESSIBLE = and_(VISIBLE, VALID)
"""The valid sessions that a device's secret opens; takes `access_parameters`."""
