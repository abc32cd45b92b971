"""Note at a handover also people who paid, so that its duration does not tell a free portion from a paid one."""

from alembic import op

revision = "2026_11_22_1000"
down_revision = "2026_11_22_0950"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.people_helped
            add column free boolean not null default true,
            drop constraint people_helped_pkey;
        alter table app.people_helped
            alter column free drop default,
            add constraint people_helped_pkey primary key (account_id, free);
    """)
