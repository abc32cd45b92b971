"""Let reversals be tried again: number their attempts, and allow that one is cancelled."""

from alembic import op

revision = "2026_11_29_1920"
down_revision = "2026_11_29_1910"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table accounting.reversals
            add column attempt int not null default 1 constraint reversals_attempt_check check (attempt > 0),
            drop constraint reversals_status_check,
            add constraint reversals_status_check check (status in ('intended', 'made', 'refused', 'cancelled'));
    """)
