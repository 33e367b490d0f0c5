"""Let a device note that an outdated cookie of it was presented, and that its cookie has two holders."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add both."""
    op.add_column("multi_session_device", sa.Column("reused_generation", sa.Integer(), nullable=True))
    op.add_column("multi_session_device", sa.Column("stolen_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop both."""
    op.drop_column("multi_session_device", "stolen_at")
    op.drop_column("multi_session_device", "reused_generation")
