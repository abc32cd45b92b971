"""Remember the version of the lot when a hold lapsed, so that a late payment revives it only for an unchanged lot."""

from alembic import op

revision = "2026_11_29_1120"
down_revision = "2026_11_29_1090"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.reservations add column lapsed_lot_version int;
    """)
