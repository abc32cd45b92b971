"""Count as value saved what the food was worth, with its two parts: what people saved, what shops got back.

Until now an entry held only what people saved. What the shop got for the portions stands with the reservation, or, if
a donor paid, with the free lot, so the entries of the past are completed and the totals counted anew.
"""

from alembic import op

revision = "2026_11_29_1071"
down_revision = "2026_11_29_1070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- What was paid for the portions, by whoever collected them or by a donor: a part of value_saved_cents. The
        -- other part is what people saved.
        alter table app.impact_entries add column recovered_by_shops_cents int not null default 0;
        update app.impact_entries e
        set recovered_by_shops_cents = greatest(r.unit_price_cents, l.given_price_cents) * r.quantity,
            value_saved_cents = e.value_saved_cents + greatest(r.unit_price_cents, l.given_price_cents) * r.quantity
        from app.reservations r join app.lots l on l.id = r.lot_id
        where r.id = e.reservation_id and greatest(r.unit_price_cents, l.given_price_cents) > 0;
        alter table app.impact_entries
            alter column recovered_by_shops_cents drop default,
            add constraint impact_entries_recovered_check
                check (recovered_by_shops_cents between 0 and value_saved_cents);

        alter table app.impact_totals add column recovered_by_shops_cents bigint not null default 0;
        update app.impact_totals t
        set value_saved_cents = n.value_saved_cents, recovered_by_shops_cents = n.recovered_by_shops_cents
        from (select coalesce(sum(e.value_saved_cents), 0) as value_saved_cents,
                     coalesce(sum(e.recovered_by_shops_cents), 0) as recovered_by_shops_cents
              from app.impact_entries e
              where e.written_by < (select o.counted_before from app.impact_totals o)) n;

        -- People helped are published up to the last midnight: those of today are counted apart.
        create index impact_entries_helped_idx on app.impact_entries (recorded_at) where people_helped = 1;
    """)
