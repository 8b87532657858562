"""The history of the database's tables, by Alembic, and how a database is brought up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

FIRST: Final = "0001"
"""The tables that a database had before there were migrations."""
HEAD: Final = "0008"
"""Those of today."""
FOLDER: Final = Path(__file__).parent
_LOCK: Final = 0x5347_5022
"""Of PostgreSQL's advisory locks: workers that start together upgrade one after the other."""


class MigrationError(Exception):
    """The database has tables that this version does not know."""


def upgrade(engine: Engine) -> None:
    """Makes the tables of a new database, or changes those of an older one; nothing is lost. MigrationError
    if the database is of a later version."""
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
    # Alembic takes a tenth of a second to import, and is seldom needed.
    from alembic import command
    from alembic.script import ScriptDirectory

    with engine.begin() as connection:
        _lock(connection)
        revision = _revision(connection)
        known = {script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()}
        if revision not in {None, *known}:
            raise MigrationError(
                f"the database is of a later version ({revision}): use the esim-simulator that made it"
            )
        config = _config(connection)
        if revision is None and inspect(connection).has_table("orders"):
            command.stamp(config, FIRST)
        command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    """What Alembic has noted in the database; None if it has never been there."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _lock(connection: Connection) -> None:
    """Until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    elif connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config
