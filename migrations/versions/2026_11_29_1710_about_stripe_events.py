"""Keep what each of Stripe's events is about, and at which connected account it happened."""

from alembic import op

revision = "2026_11_29_1710"
down_revision = "2026_11_29_1740"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.stripe_events add column object_id text, add column account text;
    """)
