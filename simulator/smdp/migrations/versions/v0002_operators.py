"""ES2+: a stock of profiles, operators, what others are to hear; keys encrypted by a passphrase."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("orders") as orders:
        for name in ("iccid", "profile_type", "owner", "smds_address"):
            orders.add_column(sa.Column(name, sa.String, nullable=False, server_default=""))
        orders.add_column(
            sa.Column("is_event_registered", sa.Boolean, nullable=False, server_default=sa.false())
        )
        orders.create_index("ix_orders_iccid", ["iccid"])
        orders.create_index("ix_orders_profile_type", ["profile_type"])
    op.create_index("ix_sessions_created_at", "sessions", ["created_at"])
    op.create_table(
        "operators",
        sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String, unique=True, nullable=False),
        sa.Column("oid", sa.String, nullable=False),
        sa.Column("callback", sa.String, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "outgoing",
        sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String, unique=True, nullable=False),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in ("message_id", "interface", "receiver", "function", "message")
        ),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("created_at", "failures", "next_attempt_at", "version")
        ),
        sa.Column("is_delivered", sa.Boolean, nullable=False, index=True),
    )
    op.create_table(
        "vault",
        sa.Column("vault_id", sa.Integer, primary_key=True),
        sa.Column("seal", sa.LargeBinary),
    )


def downgrade() -> None:
    for table in ("vault", "outgoing", "operators"):
        op.drop_table(table)
    op.drop_index("ix_sessions_created_at", "sessions")
    with op.batch_alter_table("orders") as orders:
        orders.drop_index("ix_orders_profile_type")
        orders.drop_index("ix_orders_iccid")
        for name in ("is_event_registered", "smds_address", "owner", "profile_type", "iccid"):
            orders.drop_column(name)
