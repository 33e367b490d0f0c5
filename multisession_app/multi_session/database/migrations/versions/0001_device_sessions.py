"""Users, devices, device secrets and device sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "multi_session_user",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("email", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("image", sa.String),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("updated_at", _time, nullable=False),
    )
    op.create_table(
        "multi_session_device",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("state_key", sa.String, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("last_seen_at", _time, nullable=False),
        sa.Column("user_agent", sa.String, nullable=False),
        sa.Column("ip_address", sa.String, nullable=False),
    )
    op.create_table(
        "multi_session_device_secret",
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("device_id", sa.String, sa.ForeignKey("multi_session_device.id", ondelete="CASCADE"), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("first_used_at", _time),
        sa.Column("dies_at", _time),
        sa.UniqueConstraint("device_id", "generation"),
    )
    op.create_table(
        "multi_session_device_session",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("device_id", sa.String, sa.ForeignKey("multi_session_device.id", ondelete="CASCADE"), nullable=False),
        sa.Column("user_id", sa.String, sa.ForeignKey("multi_session_user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("activation", sa.Integer, nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("last_active_at", _time, nullable=False),
        sa.Column("authenticated_at", _time, nullable=False),
        sa.Column("expires_at", _time, nullable=False),
        sa.Column("revoked_at", _time),
        sa.Column("revoked_reason", sa.String),
        sa.Column("user_agent", sa.String, nullable=False),
        sa.Column("ip_address", sa.String, nullable=False),
    )
    op.create_index("ix_multi_session_device_session_user_id", "multi_session_device_session", ["user_id"])
    op.create_index(
        "ix_multi_session_one_per_user",
        "multi_session_device_session",
        ["device_id", "user_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def downgrade() -> None:
    """Refuse, since all users and sessions would be lost."""
    raise NotImplementedError("restore a backup instead")
