"""SM-DS: events, and the sessions in which eUICCs ask for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String, unique=True, nullable=False),
        sa.Column("eid", sa.LargeBinary, nullable=False, index=True),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in ("event_id", "rsp_server_address", "requester")
        ),
        sa.Column("is_forwarded", sa.Boolean, nullable=False),
        sa.Column("registered_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "ds_sessions",
        sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String, unique=True, nullable=False),
        *(
            sa.Column(name, sa.LargeBinary, nullable=False)
            for name in (
                "transaction_id",
                "euicc_ci_key_id",
                "server_ci_key_id",
                "server_challenge",
                "eid",
                "euicc_certificate",
                "smdp_signature2",
            )
        ),
        sa.Column("created_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("order_id", sa.String, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("ds_sessions")
    op.drop_table("events")
