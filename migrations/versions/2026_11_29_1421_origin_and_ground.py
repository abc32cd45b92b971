"""Let lots and recurring listings say where food comes from and why it is cheaper or free.

Lots that are published already say neither. The cards are made anew at the end of the migration.
"""

from alembic import op

revision = "2026_11_29_1421"
down_revision = "2026_11_29_1450"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.lots
            add column origin text constraint lots_origin_check check (length(origin) between 1 and 120),
            add column reduction_ground text constraint lots_reduction_ground_check
                check (reduction_ground in ('short_date', 'unsold_today', 'surplus', 'damaged_pack'));
        alter table app.recurring_listings
            add column origin text constraint recurring_listings_origin_check check (length(origin) between 1 and 120),
            add column reduction_ground text constraint recurring_listings_reduction_ground_check
                check (reduction_ground in ('short_date', 'unsold_today', 'surplus', 'damaged_pack'));
    """)
