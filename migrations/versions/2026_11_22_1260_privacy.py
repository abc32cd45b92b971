"""Consents, accounting records and retention periods."""

revision = "2026_11_22_1260"
down_revision = "2026_11_22_1250"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
