"""Add the indexes by which figures over all shops find closed lots, new accounts, verified shops and failed mails."""

from alembic import op

revision = "2026_11_29_1511"
down_revision = "2026_11_29_1560"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create index lots_closed_idx on app.lots (pickup_end)
            where status in ('ended', 'withdrawn', 'recalled') and suspended_from is null;
        create index accounts_created_at_idx on app.accounts (created_at) where erased_at is null;
        create index decisions_shops_verified_idx on app.decisions (decided_at)
            where subject = 'shop' and decision = 'verified';
        create index notice_deliveries_failed_idx on app.notice_deliveries (ended_at) where state = 'failed';
    """)
