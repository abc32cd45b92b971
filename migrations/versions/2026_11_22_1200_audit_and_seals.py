"""The audit log, data keys, and what is sealed with them."""

revision = "2026_11_22_1200"
down_revision = "2026_11_22_1130"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
