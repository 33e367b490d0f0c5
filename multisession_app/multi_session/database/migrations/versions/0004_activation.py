"""Make `activation` unique among a device's listed sessions, so that no two switches can take the same number."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_held = sa.text("revoked_at IS NULL OR revoked_reason = 'evicted'")
# This keeps the order. Older versions could give two sessions the same number; the one that was listed first, and so
# active, gets the higher.
_RENUMBER = """
UPDATE multi_session_device_session SET activation = ranked.place
FROM (
    SELECT id, row_number() OVER (PARTITION BY device_id ORDER BY activation, id DESC) AS place
    FROM multi_session_device_session WHERE revoked_at IS NULL OR revoked_reason = 'evicted'
) AS ranked
WHERE ranked.id = multi_session_device_session.id
"""


def upgrade() -> None:
    """Renumber the listed sessions of each device, and replace their index by a unique one with the number."""
    op.drop_index("ix_multi_session_held", "multi_session_device_session")
    op.execute(_RENUMBER)
    op.create_index(
        "ix_multi_session_activation",
        "multi_session_device_session",
        ["device_id", "activation"],
        unique=True,
        sqlite_where=_held,
        postgresql_where=_held,
    )


def downgrade() -> None:
    """Restore the index of version 0002."""
    op.drop_index("ix_multi_session_activation", "multi_session_device_session")
    op.create_index(
        "ix_multi_session_held",
        "multi_session_device_session",
        ["device_id"],
        sqlite_where=_held,
        postgresql_where=_held,
    )
