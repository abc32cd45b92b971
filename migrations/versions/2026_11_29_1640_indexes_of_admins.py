"""Add the indexes by which admins find lots that are not on offer, shops of a commune, and recalls to decide."""

from alembic import op

revision = "2026_11_29_1640"
down_revision = "2026_11_29_1700"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create index lots_words_off_idx on app.lots using gin (words)
            where status in ('paused', 'ended', 'withdrawn', 'recalled');
        create index lots_stopped_idx on app.lots (status, id) where status in ('paused', 'withdrawn', 'recalled');
        create index shops_insee_code_idx on app.shops (insee_code);
        create index recall_matches_undecided_idx on app.recall_matches (notice_id) where decided_at is null;
    """)
