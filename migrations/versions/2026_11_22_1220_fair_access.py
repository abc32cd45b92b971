"""Waiting lists, draws, and the quota of a household."""

revision = "2026_11_22_1220"
down_revision = "2026_11_22_1210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
