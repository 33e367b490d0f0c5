"""Find a device's sessions by an index, the ended ones that it remembers too."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_multi_session_device_session_device_id", "multi_session_device_session", ["device_id"])


def downgrade() -> None:
    """Take the index away."""
    op.drop_index("ix_multi_session_device_session_device_id", "multi_session_device_session")
