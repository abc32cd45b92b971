"""Keep the price that a lot had before it became free, because those who may not see free lots go on reading it.

Lots that are free already get the price at which somebody reserved them. A lot that nobody had reserved gets none, and
stays hidden from others until its window is over.
"""

from alembic import op

revision = "2026_11_29_1310"
down_revision = "2026_11_29_1300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.lots add column price_before_free_cents int;
        update app.lots l set price_before_free_cents = (
            select r.unit_price_cents from app.reservations r
            where r.lot_id = l.id and r.unit_price_cents > 0 order by r.id desc limit 1)
        where l.converted_at is not null;
    """)
