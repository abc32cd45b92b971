"""Add the state of a payment on Stripe's page, so that a hold is paid there or by its intent, never both."""

from alembic import op

revision = "2026_11_29_1610"
down_revision = "2026_11_29_1531"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.payments
            add column checkout text
                constraint payments_checkout_check check (checkout in ('wanted', 'open', 'closed')),
            add column checkout_session text,
            add column checkout_ends_at timestamptz;
        create unique index payments_checkout_session_key on app.payments (checkout_session);
    """)
