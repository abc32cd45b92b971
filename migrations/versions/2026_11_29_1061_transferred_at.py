"""Keep when a beneficiary was transferred: for two days, their quota may still count in the former zone."""

from alembic import op

revision = "2026_11_29_1061"
down_revision = "2026_11_29_1060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.beneficiaries add column transferred_at timestamptz;
        update app.beneficiaries b set transferred_at = t.at
        from (select t.beneficiary_id, max(t.ended_at) as at
              from app.transfers t where t.status = 'accepted' group by 1) t
        where t.beneficiary_id = b.id;
    """)
