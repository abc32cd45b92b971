"""Associations' numbers and agreements, and typed settings with their history."""

revision = "2026_11_22_1230"
down_revision = "2026_11_22_1220"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
