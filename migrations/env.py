"""Alembic's entry: runs the migrations on the connection of `backend.database.migrate`, inside its one transaction."""

from alembic import context

from backend import models

config = context.config


def is_ours(_obj: object, name: str | None, kind: str, reflected: bool, _compare_to: object) -> bool:
    """Leave out the queue's own tables and Alembic's, because no model describes them."""
    return not (kind == "table" and reflected and (name or "").startswith(("procrastinate_", "alembic_")))


options = {
    "target_metadata": models.metadata,
    "version_table_schema": "app",
    "include_schemas": True,
    "include_name": lambda name, kind, _parents: kind != "schema" or name in ("app", "key_vault", "accounting"),
    "include_object": is_ours,
    "compare_type": True,
    # `ecopanier migrate` owns the transaction, so that tables and policies change together or not at all.
    "transactional_ddl": True,
    "transaction_per_migration": False,
}

if context.is_offline_mode():
    # Named parameters: with any other style every % in the SQL would have to be doubled.
    context.configure(dialect_name="postgresql", dialect_opts={"paramstyle": "named"}, literal_binds=True, **options)
else:
    context.configure(connection=config.attributes["connection"], **options)
context.run_migrations()
