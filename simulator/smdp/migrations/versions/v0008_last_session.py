"""Which session got the package of an order last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    empty = sa.text("''" if op.get_bind().dialect.name == "postgresql" else "x''")
    with op.batch_alter_table("orders") as orders:
        orders.add_column(sa.Column("transaction_id", sa.LargeBinary, nullable=False, server_default=empty))


def downgrade() -> None:
    with op.batch_alter_table("orders") as orders:
        orders.drop_column("transaction_id")
