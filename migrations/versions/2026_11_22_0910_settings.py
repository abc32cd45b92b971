"""Add the platform's parameters that the first acts need."""

from alembic import op

revision = "2026_11_22_0910"
down_revision = "2026_11_22_0905"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table app.settings (
            name text constraint settings_pkey primary key,
            value int not null,
            changed_at timestamptz not null default now()
        );
        insert into app.settings (name, value) values
            ('free_portions_per_day', 2),
            ('hold_minutes', 10),
            ('free_cancellation_minutes', 120),
            ('meal_grams', 500);
    """)
