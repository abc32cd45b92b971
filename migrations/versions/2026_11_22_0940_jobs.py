"""Add the job queue: procrastinate's own tables, in a schema of their own.

The SQL comes from the installed package, which the lock file pins to 3.10. When a newer version changes its schema,
a later migration applies the package's own migration files.
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "2026_11_22_0940"
down_revision = "2026_11_22_0935"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local search_path = jobs, pg_catalog")
    op.execute(SchemaManager.get_schema())
    op.execute("set local search_path = pg_catalog")
