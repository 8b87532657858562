"""Protected profile packages, kept with their keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    empty = sa.text("''" if op.get_bind().dialect.name == "postgresql" else "x''")
    with op.batch_alter_table("orders") as orders:
        for name in ("ppk", "ppp"):
            orders.add_column(sa.Column(name, sa.LargeBinary, nullable=False, server_default=empty))


def downgrade() -> None:
    with op.batch_alter_table("orders") as orders:
        for name in ("ppp", "ppk"):
            orders.drop_column(name)
