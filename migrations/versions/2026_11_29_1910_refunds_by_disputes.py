"""Add to payments and the books what a lost dispute gave back instead of a refund."""

from alembic import op

revision = "2026_11_29_1910"
down_revision = "2026_11_29_2010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.payments
            add column disputed_cents int not null default 0
                constraint payments_disputed_cents_check check (disputed_cents >= 0),
            -- Stripe repeats a refusal to the same key for a day.
            add column refund_attempt int not null default 1
                constraint payments_refund_attempt_check check (refund_attempt > 0),
            drop constraint payments_refunded_check,
            add constraint payments_refunded_check check (
                case when status = 'refunded' then stripe_refund is not null or disputed_cents > 0
                     else stripe_refund is null end);
        alter table accounting.payments
            add column disputed_cents int not null default 0
                constraint payments_disputed_cents_check check (disputed_cents >= 0);
        alter table accounting.corrections
            add column disputed_cents int not null default 0
                constraint corrections_disputed_cents_check check (disputed_cents >= 0);
    """)
