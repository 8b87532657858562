"""What Alembic runs: the migrations, in the transaction of whoever called."""

from __future__ import annotations

from alembic import context

from simulator.smdp.database import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite changes a column by copying its table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
