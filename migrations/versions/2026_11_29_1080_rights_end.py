"""No right lasts until the year 9999: rights that end in more than five years end in five years."""

from alembic import op

revision = "2026_11_29_1080"
down_revision = "2026_11_29_1071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        update app.beneficiaries
        set eligible_until = ((now() at time zone 'Europe/Paris')::date + interval '5 years')::date,
            version = version + 1
        where eligible_until > (now() at time zone 'Europe/Paris')::date + interval '5 years';
        alter table app.beneficiaries
            add constraint beneficiaries_eligible_until_check check (eligible_until < date '2200-01-01');
    """)
