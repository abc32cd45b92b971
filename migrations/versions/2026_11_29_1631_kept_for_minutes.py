"""Correct why reservations are kept until they are told: shops hear of them ten minutes later than holders."""

from alembic import op

revision = "2026_11_29_1631"
down_revision = "2026_11_29_1630"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        update app.retention_periods
        set reason =
            'Réservations confirmées dont le commerce n''a pas encore été informé ; il l''est après dix minutes.'
        where what = 'reservations_to_tell';
    """)
