"""Add security events, final secrets (which end the older ones at once), and indexes for the sweep."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_SWEPT_BY = [
    ("security_event", "at", None),
    ("device", "last_seen_at", None),
    ("device_secret", "dies_at", sa.text("dies_at IS NOT NULL")),
    ("device_session", "expires_at", None),
    ("device_session", "revoked_at", sa.text("revoked_at IS NOT NULL")),
]
_held = sa.text("revoked_at IS NULL OR revoked_reason = 'evicted'")


def upgrade() -> None:
    """Add the table, the column and the indexes."""
    op.create_table(
        "multi_session_security_event",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, sa.ForeignKey("multi_session_user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("session_id", sa.String),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ip_address", sa.String, nullable=False),
        sa.Column("user_agent", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
    )
    op.create_index("ix_multi_session_events_of_user", "multi_session_security_event", ["user_id", "at", "id"])
    # For the foreign key: without it, deleting a device would read the whole table.
    op.create_index("ix_multi_session_device_session_device_id", "multi_session_device_session", ["device_id"])
    # Made again, to be newer than the index above: of two that it rates alike SQLite takes the newest, and this one is
    # smaller.
    op.drop_index("ix_multi_session_held", "multi_session_device_session")
    op.create_index(
        "ix_multi_session_held",
        "multi_session_device_session",
        ["device_id"],
        sqlite_where=_held,
        postgresql_where=_held,
    )
    for table, column, where in _SWEPT_BY:
        op.create_index(
            f"ix_multi_session_{table}_{column}",
            f"multi_session_{table}",
            [column],
            sqlite_where=where,
            postgresql_where=where,
        )
    op.add_column(
        "multi_session_device_secret", sa.Column("is_final", sa.Boolean, nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    """Drop the table, the column and the indexes."""
    op.drop_column("multi_session_device_secret", "is_final")
    op.drop_index("ix_multi_session_device_session_device_id", "multi_session_device_session")
    for table, column, _ in _SWEPT_BY:
        op.drop_index(f"ix_multi_session_{table}_{column}", f"multi_session_{table}")
    op.drop_table("multi_session_security_event")
