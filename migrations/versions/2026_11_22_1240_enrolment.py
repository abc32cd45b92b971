"""Imports, transfers and reminders."""

revision = "2026_11_22_1240"
down_revision = "2026_11_22_1230"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
