"""Move what programs send of people into the schema of the keys, which is not in ordinary backups."""

from alembic import op

revision = "2026_11_29_2480"
down_revision = "2026_11_29_2460"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- Until somebody is enrolled, the key of their name lies beside it, and a key of ours opens all external ids.
        alter table app.partner_people set schema key_vault;
        alter table app.partner_enrolments set schema key_vault;
    """)
