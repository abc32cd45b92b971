"""Keep what a published lot shows beside it, as JSON that is made once: a search spent most of its time making it."""

from alembic import op

revision = "2026_11_29_1150"
down_revision = "2026_11_29_1210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Filled by app.make_cards() at the end of the migration, when the functions exist.
    op.execute("""
        set local lock_timeout = '10s';

        create table app.lot_cards (
            lot_id uuid primary key references app.lots (id) on delete cascade,
            facts  text not null
        );
        -- About 1 kB a card: compressing it would cost a search more than reading it does.
        alter table app.lot_cards alter column facts set storage external;
        alter table app.lot_cards set (toast_tuple_target = 4080);
    """)
