"""Add what Stripe says was refunded, also by a person in its dashboard, and how often it refused to go on.

Refunds in the dashboard end a reservation, so there is one more reason for its end. A gift that is refunded may leave
nothing in the free lot that offered it.
"""

from alembic import op

revision = "2026_11_29_1070"
down_revision = "2026_11_29_1110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.payments
            -- In all, whoever made the refunds.
            add column refunded_cents int not null default 0,
            -- Refusals one after the other, between which the pauses grow.
            add column refusals int not null default 0,
            add constraint payments_refunded_cents_check check (refunded_cents >= 0),
            add constraint payments_refusals_check check (refusals >= 0);
        update app.payments set refunded_cents = coalesce(refund_cents, amount_cents) where status = 'refunded';

        alter table app.reservations
            drop constraint reservations_ended_because_check,
            add constraint reservations_ended_because_check check (ended_because in (
                'holder', 'holder_late', 'shop', 'unpaid', 'window_over', 'recalled', 'refunded'));

        alter table app.lots
            drop constraint lots_quantity_check,
            add constraint lots_quantity_check check (
                quantity between case when suspended_from is null then 1 else 0 end and 1000);

        -- lapse_holds asks for the news that a hold is paid.
        create index stripe_events_paid_idx on app.stripe_events (stripe_payment_intent)
            where type = 'payment_intent.succeeded';
    """)
