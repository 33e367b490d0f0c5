"""Let the operator disable an account, and index a user's sessions in use, which have a maximum."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_in_use = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    """Add the column and the index."""
    op.add_column("multi_session_user", sa.Column("disabled_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_multi_session_in_use",
        "multi_session_device_session",
        ["user_id", "expires_at"],
        sqlite_where=_in_use,
        postgresql_where=_in_use,
    )


def downgrade() -> None:
    """Drop them, unless somebody is disabled: an older version would let them in again."""
    disabled = sa.text("SELECT count(*) FROM multi_session_user WHERE disabled_at IS NOT NULL")
    if op.get_bind().execute(disabled).scalar():
        raise NotImplementedError("enable or delete the disabled accounts first")
    op.drop_index("ix_multi_session_in_use", "multi_session_device_session")
    op.drop_column("multi_session_user", "disabled_at")
