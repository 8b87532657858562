"""Version 3 of the SM-DS: what events are about, ecIds, push tokens; capabilities told in a session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    empty = sa.text("''" if op.get_bind().dialect.name == "postgresql" else "x''")

    def octets(name: str) -> sa.Column[bytes]:
        return sa.Column(name, sa.LargeBinary, nullable=False, server_default=empty)

    for name in ("sessions", "ds_sessions"):
        with op.batch_alter_table(name) as sessions:
            sessions.add_column(octets("euicc_capability"))
            sessions.add_column(octets("lpa_capability"))
    with op.batch_alter_table("events") as events:
        events.add_column(sa.Column("event_type", sa.BigInteger, nullable=False, server_default="0"))
        for name in ("hashed_iccids", "salt", "operator_id"):
            events.add_column(octets(name))
        events.add_column(sa.Column("service_provider_name", sa.String, nullable=False, server_default=""))
    _table(
        "event_checks",
        sa.Column("ec_id", sa.LargeBinary, nullable=False),
        sa.Column("eid", sa.LargeBinary, nullable=False, index=True),
    )
    _table(
        "push_registrations",
        sa.Column("eid", sa.LargeBinary, nullable=False),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("token", sa.String, nullable=False),
    )


def _table(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String, unique=True, nullable=False),
        *columns,
        sa.Column("expires_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("push_registrations")
    op.drop_table("event_checks")
    names = ("service_provider_name", "operator_id", "salt", "hashed_iccids", "event_type")
    with op.batch_alter_table("events") as events:
        for name in names:
            events.drop_column(name)
    for table in ("ds_sessions", "sessions"):
        with op.batch_alter_table(table) as sessions:
            sessions.drop_column("lpa_capability")
            sessions.drop_column("euicc_capability")
