"""Keep sums of days on which nothing changes any more, so that admins' figures need not add up every lot."""

from alembic import op

revision = "2026_11_30_0300"
down_revision = "2026_11_29_2500"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- The worker fills it: all days from that of the first lot on, without a gap.
        create table app.platform_days (
            day date constraint platform_days_pkey primary key,
            offered bigint not null,
            reserved bigint not null,
            collected bigint not null,
            revenue_cents bigint not null,
            value_saved_cents bigint not null,
            food_grams bigint not null,
            co2e_grams bigint not null
        );
    """)
