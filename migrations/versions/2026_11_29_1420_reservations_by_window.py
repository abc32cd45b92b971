"""Find the lots of a shop by the end of their pickup window, because its lists of reservations begin at a moment."""

from alembic import op

revision = "2026_11_29_1420"
down_revision = "2026_11_29_1410"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create index lots_shop_id_pickup_end_idx on app.lots (shop_id, pickup_end);
    """)
