"""Index the account that asked for a transfer: deleting an account scanned all transfers."""

from alembic import op

revision = "2026_11_29_1110"
down_revision = "2026_11_29_1100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';
        create index transfers_asked_by_idx on app.transfers (asked_by);
    """)
