"""Orders, sessions, notifications: the tables of version 0.1."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "orders",
        *_record("order_id"),
        sa.Column("unique_matching_id", sa.String, unique=True),
        _binary("upp"),
        _binary("profile_metadata"),
        _text("matching_id"),
        sa.Column("eid", sa.LargeBinary, nullable=False, index=True),
        _flag("is_linked"),
        _state("state"),
        _binary("confirmation_code_hash"),
        _number("confirmation_code_failures"),
        _number("attempts"),
        _number("max_attempts"),
        _number("expires_at"),
        _flag("is_reusable"),
        _flag("allows_rebinding"),
        _flag("with_ppk"),
        _binary("bpp_euicc_otpk"),
        _binary("bpp_smdp_otpk"),
        _binary("bpp_body"),
    )
    op.create_table(
        "sessions",
        *_record(),
        _binary("transaction_id"),
        _number("created_at"),
        _binary("euicc_ci_key_id"),
        _binary("server_ci_key_id"),
        _binary("server_challenge"),
        _state("state"),
        _binary("eid"),
        _text("order_id"),
        _binary("euicc_certificate"),
        _binary("smdp_signature2"),
    )
    op.create_table(
        "notifications",
        *_record(),
        _binary("eid"),
        _number("sequence_number"),
        _text("event"),
        _binary("iccid"),
        _flag("is_success"),
        _number("received_at"),
        _binary("content"),
    )


def downgrade() -> None:
    for table in ("notifications", "sessions", "orders"):
        op.drop_table(table)


def _record(*texts: str) -> list[sa.Column[Any]]:
    """What every table has: place in time, key, version."""
    return [
        sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String, unique=True, nullable=False),
        _number("version"),
        *(_text(name) for name in texts),
    ]


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String, nullable=False)


def _state(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(32), nullable=False)


def _binary(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean, nullable=False)
