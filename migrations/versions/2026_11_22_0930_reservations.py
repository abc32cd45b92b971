"""Add reservations with passes and payments, and the keys that make repeating a request harmless."""

from alembic import op

revision = "2026_11_22_0930"
down_revision = "2026_11_22_0925"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table app.reservations (
            id uuid default app.uuid7() constraint reservations_pkey primary key,
            lot_id uuid not null constraint reservations_lot_id_fkey references app.lots,
            account_id uuid not null constraint reservations_account_id_fkey references app.accounts,
            quantity int not null constraint reservations_quantity_check check (quantity between 1 and 1000),
            unit_price_cents int not null constraint reservations_unit_price_cents_check
                check (unit_price_cents >= 0),
            status text not null constraint reservations_status_check
                check (status in ('held', 'confirmed', 'picked_up', 'cancelled', 'expired', 'no_show')),
            hold_until timestamptz,
            quota_day date,
            created_at timestamptz not null default now(),
            confirmed_at timestamptz,
            ended_at timestamptz,
            ended_because text constraint reservations_ended_because_check
                check (ended_because in ('holder', 'holder_late', 'shop', 'unpaid', 'window_over')),
            constraint reservations_hold_check check (status <> 'held' or hold_until is not null),
            -- A free portion always counts against a day, a paid one never does.
            constraint reservations_quota_check check ((unit_price_cents = 0) = (quota_day is not null))
        ) with (fillfactor = 80);
        create index reservations_account_id_idx on app.reservations (account_id, id);
        create index reservations_lot_id_idx on app.reservations (lot_id, id);
        create index reservations_hold_until_idx on app.reservations (hold_until) where status = 'held';

        create table app.passes (
            reservation_id uuid constraint passes_pkey primary key
                constraint passes_reservation_id_fkey references app.reservations on delete cascade,
            code text not null constraint passes_code_key unique
                constraint passes_code_check check (code ~ '^[0-9A-HJKMNP-TV-Z]{10}$'),
            wrong_tries int not null default 0 constraint passes_wrong_tries_check check (wrong_tries between 0 and 5)
        ) with (fillfactor = 80);

        create table app.payments (
            id uuid default app.uuid7() constraint payments_pkey primary key,
            reservation_id uuid not null constraint payments_reservation_id_key unique
                constraint payments_reservation_id_fkey references app.reservations,
            amount_cents int not null constraint payments_amount_cents_check check (amount_cents > 0),
            status text not null default 'intended' constraint payments_status_check check (status in
                ('intended', 'pending', 'succeeded', 'cancel_due', 'cancelled', 'refund_due', 'refunded')),
            stripe_payment_intent text constraint payments_stripe_payment_intent_key unique,
            stripe_refund text constraint payments_stripe_refund_key unique,
            created_at timestamptz not null default now(),
            looked_at timestamptz not null default now(),
            constraint payments_known_to_stripe_check check (
                status in ('intended', 'cancel_due', 'cancelled') or stripe_payment_intent is not null),
            constraint payments_refunded_check check ((status = 'refunded') = (stripe_refund is not null))
        );
        create index payments_open_idx on app.payments (looked_at)
            where status in ('intended', 'pending', 'cancel_due', 'refund_due');

        create table app.stripe_events (
            id text constraint stripe_events_pkey primary key,
            type text not null,
            stripe_payment_intent text,
            received_at timestamptz not null default now()
        );
        create index stripe_events_received_at_idx on app.stripe_events (received_at);

        -- The answer to a request with an Idempotency-Key; `status` is null while the answer is being made.
        create table app.idempotency_keys (
            scope uuid not null,
            key text not null constraint idempotency_keys_key_check check (length(key) between 1 and 255),
            fingerprint bytea not null,
            reservation_id uuid constraint idempotency_keys_reservation_id_fkey references app.reservations,
            status int,
            body text,
            busy_until timestamptz not null,
            created_at timestamptz not null default now(),
            constraint idempotency_keys_pkey primary key (scope, key)
        ) with (fillfactor = 80);
        create index idempotency_keys_created_at_idx on app.idempotency_keys (created_at);
        create index idempotency_keys_reservation_id_idx on app.idempotency_keys (reservation_id);
    """)
