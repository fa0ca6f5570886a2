"""Sets the database up and keeps its schema: migrations, append-only triggers, installation defaults."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from database import office
from database.engine import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Bring the schema to this version and install the policy defaults. Harmless when repeated."""
    command.upgrade(migration_config(database), "head")
    with database.writing() as session:
        office.install_policies(session)


def migration_config(database: Database) -> Config:
    """Alembic's configuration for this database; the engine travels along, not the address."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = database.engine
    return config
