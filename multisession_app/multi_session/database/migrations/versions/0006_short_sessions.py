"""Mark sessions that end with the browser, and devices whose cookie an answer has deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns. Which of the earlier sessions were short is not known any more."""
    op.add_column(
        "multi_session_device_session", sa.Column("is_short", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("multi_session_device", sa.Column("cookie_deleted_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("multi_session_device", "cookie_deleted_at")
    op.drop_column("multi_session_device_session", "is_short")
