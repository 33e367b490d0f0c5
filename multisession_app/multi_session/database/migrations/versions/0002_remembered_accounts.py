"""Find what stands on a device's screens by an index, the ended sessions that it remembers too."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_held = sa.text("revoked_at IS NULL OR revoked_reason = 'evicted'")


def upgrade() -> None:
    """Add the index."""
    op.create_index(
        "ix_multi_session_held",
        "multi_session_device_session",
        ["device_id"],
        sqlite_where=_held,
        postgresql_where=_held,
    )


def downgrade() -> None:
    """Take the index away."""
    op.drop_index("ix_multi_session_held", "multi_session_device_session")
