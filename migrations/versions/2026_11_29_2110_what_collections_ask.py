"""Keep how cold each item of a collection must be, and what a crate weighs."""

from alembic import op

revision = "2026_11_29_2110"
down_revision = "2026_11_29_2031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.collection_items add column cold text not null default 'none'
            constraint collection_items_cold_check check (cold in ('none', 'chilled', 'frozen'));
        insert into app.settings (name, value, kind, minimum, maximum) values
            ('crate_grams', 8000, 'grams', 500, 50000);
    """)
