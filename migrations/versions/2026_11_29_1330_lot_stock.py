"""Give a lot's stock a narrow row of its own: each reservation checked and copied the whole row of the lot."""

from alembic import op

revision = "2026_11_29_1330"
down_revision = "2026_11_29_1350"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';
        -- Reservations under way end first, and later ones wait: none comes between reading what remains and dropping
        -- the column.
        lock table app.lots, app.reservations in access exclusive mode;

        -- The merchant's quantity stands in app.lots. A trigger keeps it here too, for the CHECK.
        create table app.lot_stock (
            lot_id uuid,
            quantity int not null,
            remaining int not null
        ) with (fillfactor = 50);  -- room for new versions of most rows, so that no update touches the index
        insert into app.lot_stock (lot_id, quantity, remaining) select l.id, l.quantity, l.remaining from app.lots l;
        alter table app.lot_stock
            add constraint lot_stock_pkey primary key (lot_id),
            add constraint lot_stock_lot_id_fkey foreign key (lot_id) references app.lots,
            -- Held and confirmed portions are no longer remaining, so they never exceed the quantity.
            add constraint lot_stock_remaining_check check (remaining between 0 and quantity);
        alter table app.lots drop column remaining;

        -- A new reservation locks the row that this refers to. It must not be the wide row of the lot.
        alter table app.reservations
            drop constraint reservations_lot_id_fkey,
            add constraint reservations_lot_id_fkey foreign key (lot_id) references app.lot_stock;
    """)
