"""Index the listed sessions of a device: those in use and the evicted ones, which it remembers."""

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
    """Drop the index."""
    op.drop_index("ix_multi_session_held", "multi_session_device_session")
