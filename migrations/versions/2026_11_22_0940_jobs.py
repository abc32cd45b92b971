"""The queue of what happens after a commit: procrastinate's own tables, in a schema of their own.

The schema text comes from the installed package (3.10). When the package brings a newer schema, a later migration
applies the package's own migration files, and this one is pinned to the text of 3.10 by the lock file.
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
