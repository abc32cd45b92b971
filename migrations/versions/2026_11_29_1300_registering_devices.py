"""Remember which device registered: only that one may confirm the address without a password.

A registration that waits while this runs has no device, so it needs a password.
"""

from alembic import op

revision = "2026_11_29_1300"
down_revision = "2026_11_29_1222"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.confirmations
            add column device bytea constraint confirmations_device_check check (length(device) = 32);
    """)
