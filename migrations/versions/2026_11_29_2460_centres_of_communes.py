"""Add an index on where communes are, which searches without a result are counted by."""

from alembic import op

revision = "2026_11_29_2460"
down_revision = "2026_11_29_2450"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create index territories_latitude_idx on app.territories (latitude, longitude) where kind = 'commune';
    """)
