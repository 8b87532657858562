"""Orders of remote profile management, and operators that follow version 3 of SGP.22."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "rpm_orders",
        sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String, unique=True, nullable=False),
        sa.Column("unique_matching_id", sa.String, unique=True),
        sa.Column("order_id", sa.String, nullable=False),
        sa.Column("eid", sa.LargeBinary, nullable=False, index=True),
        sa.Column("script", sa.LargeBinary, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("matching_id", "owner", "smds_address")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("created_at", "done", "version")),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("is_event_registered", sa.Boolean, nullable=False),
    )
    with op.batch_alter_table("operators") as operators:
        operators.add_column(sa.Column("is_v3", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("operators") as operators:
        operators.drop_column("is_v3")
    op.drop_table("rpm_orders")
