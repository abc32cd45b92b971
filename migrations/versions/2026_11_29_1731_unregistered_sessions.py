"""Allow a browser's session without an account: Supabase Auth signs people in before they register with us."""

from alembic import op

revision = "2026_11_29_1731"
down_revision = "2026_11_29_1640"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.page_sessions
            drop constraint page_sessions_person_check,
            add constraint page_sessions_person_check check (kind = 'person' or account_id is null);
    """)
