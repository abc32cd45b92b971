"""Add corrections to the books, because a refund may fail at Stripe, or be made there, after its payment was moved.

The books themselves do not change: a correction is one more row, and `accounting.current_payments` shows both together.
"""

from alembic import op

revision = "2026_11_29_1320"
down_revision = "2026_11_29_1400"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table accounting.corrections (
            -- In the order in which they were noted, under the lock of their payment.
            id bigint generated always as identity constraint corrections_pkey primary key,
            payment_id uuid not null constraint corrections_payment_id_fkey references accounting.payments,
            -- In all, from now on.
            refunded_cents int not null constraint corrections_refunded_cents_check check (refunded_cents >= 0),
            stripe_refund text,
            noted_at timestamptz not null
        );
        create index corrections_payment_id_idx on accounting.corrections (payment_id, id);
        create index corrections_noted_at_idx on accounting.corrections (noted_at);
        -- Stripe's events name an intent.
        create index payments_stripe_payment_intent_idx on accounting.payments (stripe_payment_intent);
    """)
