"""Add when a pass was shown at a station without a network, because its handover is sent later."""

from alembic import op

revision = "2026_11_29_1630"
down_revision = "2026_11_29_1620"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.reservations add column shown_at timestamptz;
    """)
