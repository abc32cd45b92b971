"""Find collected food by its trade number, and collections that hold stock, without reading all items."""

from alembic import op

revision = "2026_11_29_2200"
down_revision = "2026_11_29_2050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create index collection_items_gtin_idx on app.collection_items (gtin) where gtin is not null;
        create index collection_items_holding_idx on app.collection_items (collection_id) where holds_stock;
    """)
