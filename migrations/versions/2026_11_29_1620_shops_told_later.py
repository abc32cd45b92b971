"""Tell holders and shops of reservations apart: when a shop is told must not say which portion was paid for."""

from alembic import op

revision = "2026_11_29_1620"
down_revision = "2026_11_29_1610"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- Once the holder was told, `at` is when the shop is.
        alter table app.reservations_to_tell add column holder_told boolean not null default false;
        create index reservations_to_tell_at_idx on app.reservations_to_tell (at) where holder_told;
    """)
