"""Batches are kept as printed (`L 2447 B`): the spaces between their at most 20 characters do not count."""

from alembic import op

revision = "2026_11_29_1030"
down_revision = "2026_11_22_1260"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.lots
            drop constraint lots_batch_check,
            add constraint lots_batch_check check (length(replace(batch, ' ', '')) between 1 and 20);
        alter table app.recalls
            drop constraint recalls_batch_check,
            add constraint recalls_batch_check check (length(replace(batch, ' ', '')) between 1 and 20);
    """)
