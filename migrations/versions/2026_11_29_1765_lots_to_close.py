"""Add the lots that wait to be closed: those that are over already come with the next night."""

from alembic import op

revision = "2026_11_29_1765"
down_revision = "2026_11_29_1760"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.lots_to_close (
            lot_id uuid constraint lots_to_close_pkey primary key
                constraint lots_to_close_lot_id_fkey references app.lots,
            due_at timestamptz not null
        );
        create index lots_to_close_due_at_idx on app.lots_to_close (due_at);
        insert into app.lots_to_close (lot_id, due_at)
        select l.id, l.pickup_end from app.lots l
        where l.suspended_from is null and l.published_at is not null and l.status in ('ended', 'withdrawn', 'recalled')
          and exists (select from app.reservations r where r.lot_id = l.id and r.unit_price_cents > 0);
    """)
