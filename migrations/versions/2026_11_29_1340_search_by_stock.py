"""Let a search walk the narrow rows of stock: it read the wide row of each lot to see when it ends and what remains."""

from alembic import op

revision = "2026_11_29_1340"
down_revision = "2026_11_29_1440"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- Kept by triggers when the lot changes, never when a portion is taken. The indexes contain none of the columns
        -- that change with each portion.
        alter table app.lot_stock
            add column shelf point,
            add column category_shelf point,
            add column pickup_end timestamptz,
            add column best_before_ends timestamptz,
            add column published boolean;
        update app.lot_stock k
        set shelf = l.shelf, category_shelf = l.category_shelf, pickup_end = l.pickup_end,
            best_before_ends = case l.date_kind when 'best_before' then l.food_date_ends_at end,
            published = l.status = 'published'
        from app.lots l where l.id = k.lot_id;
        alter table app.lot_stock
            alter column shelf set not null,
            alter column category_shelf set not null,
            alter column pickup_end set not null,
            alter column published set not null;
        create index lot_stock_near_idx on app.lot_stock using gist (shelf) where published;
        create index lot_stock_near_in_category_idx on app.lot_stock using gist (category_shelf) where published;
    """)
