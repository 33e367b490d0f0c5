"""Let no two accounts of a device be used last at the same time, whatever runs at once."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_held = sa.text("revoked_at IS NULL OR revoked_reason = 'evicted'")
# The order stays; of two with one number, which older versions could make, the one that was shown first is the later.
_RENUMBER = """
UPDATE multi_session_device_session SET activation = ranked.place
FROM (
    SELECT id, row_number() OVER (PARTITION BY device_id ORDER BY activation, id DESC) AS place
    FROM multi_session_device_session WHERE revoked_at IS NULL OR revoked_reason = 'evicted'
) AS ranked
WHERE ranked.id = multi_session_device_session.id
"""


def upgrade() -> None:
    """Number the held sessions of each device, and make the index unique by the number."""
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
    """Make the index what it was."""
    op.drop_index("ix_multi_session_activation", "multi_session_device_session")
    op.create_index(
        "ix_multi_session_held",
        "multi_session_device_session",
        ["device_id"],
        sqlite_where=_held,
        postgresql_where=_held,
    )
