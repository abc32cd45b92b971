"""Say in the retention table that pages and problem reports show photos too, not only listings."""

from alembic import op

revision = "2026_11_29_1531"
down_revision = "2026_11_29_1542"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        update app.retention_periods
        set reason = 'Photo qu''aucune annonce, aucune page et aucun signalement ne montre.'
        where what = 'photos_unused';
    """)
