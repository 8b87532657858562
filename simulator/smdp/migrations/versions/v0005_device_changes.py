"""Device changes, what orders allow of them, and the sessions in which they are confirmed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
_STATES = (
    "REQUESTED",
    "READY",
    "CONFIRMED",
    "DELETED",
    "INSTALLED",
    "FAILED",
    "RECOVERED",
    "CANCELLED",
)


def upgrade() -> None:
    empty = sa.text("''" if op.get_bind().dialect.name == "postgresql" else "x''")
    op.create_table(
        "device_changes",
        sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String, unique=True, nullable=False),
        sa.Column("change_id", sa.String, nullable=False),
        sa.Column("order_id", sa.String, nullable=False),
        sa.Column("iccid", sa.String, nullable=False, index=True),
        sa.Column("eid", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Enum(*_STATES, native_enum=False, length=32), nullable=False),
        sa.Column("target_eid", sa.LargeBinary, nullable=False),
        sa.Column("target_tac", sa.LargeBinary, nullable=False),
        sa.Column("euicc_certificate", sa.LargeBinary, nullable=False),
        sa.Column("new_iccid", sa.String, nullable=False),
        sa.Column("new_order_id", sa.String, nullable=False, index=True),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("confirmation_code_hash", sa.LargeBinary, nullable=False),
        sa.Column("confirmation_code_failures", sa.BigInteger, nullable=False),
        sa.Column("recoverable_until", sa.BigInteger, nullable=False),
        sa.Column("recovery_order_id", sa.String, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    with op.batch_alter_table("orders") as orders:
        orders.add_column(sa.Column("device_change", sa.String, nullable=False, server_default=""))
        orders.add_column(sa.Column("awaits_deletion", sa.Boolean, nullable=False, server_default=sa.false()))
    for table in ("sessions", "ds_sessions"):  # both are made from the same record
        with op.batch_alter_table(table) as sessions:
            sessions.add_column(sa.Column("change_id", sa.String, nullable=False, server_default=""))
            sessions.add_column(
                sa.Column("smdp_signature4", sa.LargeBinary, nullable=False, server_default=empty)
            )


def downgrade() -> None:
    for table in ("sessions", "ds_sessions"):
        with op.batch_alter_table(table) as sessions:
            for name in ("smdp_signature4", "change_id"):
                sessions.drop_column(name)
    with op.batch_alter_table("orders") as orders:
        for name in ("awaits_deletion", "device_change"):
            orders.drop_column(name)
    op.drop_table("device_changes")
