"""Count a pickup window that ends at midnight to the day before, so that food good until that day may be listed."""

from alembic import op

revision = "2026_11_22_1130"
down_revision = "2026_11_22_1120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.lots
            drop constraint lots_use_by_check,
            add constraint lots_use_by_check check (
                date_kind <> 'use_by'
                or food_date >= ((pickup_end - interval '1 microsecond') at time zone 'Europe/Paris')::date);
        alter table app.recurring_listings
            drop constraint recurring_listings_use_by_check,
            add constraint recurring_listings_use_by_check check (
                date_kind <> 'use_by'
                or food_date_in_days >= (pickup_until <= pickup_from and pickup_until > '00:00')::int);
    """)
