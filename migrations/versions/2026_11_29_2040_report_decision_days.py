"""Add how long an undecided problem report holds back its lot's money, and when admins were reminded of it."""

from alembic import op

revision = "2026_11_29_2040"
down_revision = "2026_11_29_2110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        insert into app.settings (name, value, kind, minimum, maximum)
        values ('report_decision_days', 30, 'days', 20, 80);
        alter table app.problem_reports add column admins_reminded_at timestamptz;
    """)
