"""Keep the published series of impact: one row per closed period of whole months, which never changes afterwards."""

from alembic import op

revision = "2026_11_29_1440"
down_revision = "2026_11_29_1420"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.impact_periods (
            first_month date not null constraint impact_periods_pkey primary key
                constraint impact_periods_first_month_check check (extract(day from first_month) = 1),
            last_month date not null constraint impact_periods_last_month_check
                check (extract(day from last_month) = 1 and last_month >= first_month),
            handovers int not null,
            food_grams bigint not null,
            meals numeric(18, 3) not null,
            co2e_grams bigint not null,
            value_saved_cents bigint not null,
            recovered_by_shops_cents bigint not null,
            -- As counted; published in whole groups of eleven of the sum so far.
            people_helped int not null
        );
    """)
