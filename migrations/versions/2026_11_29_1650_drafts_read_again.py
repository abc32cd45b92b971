"""Keep how sure a draft is and what is remarked about it, so that the form it fills can be opened again."""

from alembic import op

revision = "2026_11_29_1650"
down_revision = "2026_11_29_1631"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.listing_drafts
            add column confidence jsonb not null default '{}',
            add column remarks text[] not null default '{}';
    """)
