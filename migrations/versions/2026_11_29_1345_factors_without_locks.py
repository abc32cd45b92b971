"""Let impact entries name their factor without a foreign key, whose check would lock the one factor of all handovers.

Handovers at the same time would share that lock, and each would write who shares it. A trigger on impact_factors keeps
the rows instead: factors neither change nor disappear.
"""

from alembic import op

revision = "2026_11_29_1345"
down_revision = "2026_11_29_1356"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.impact_entries drop constraint impact_entries_factor_id_fkey;
    """)
