"""Add payout accounts of shops, and what moves their money: transfers, reversals, payouts and disputes."""

from alembic import op

revision = "2026_11_29_1740"
down_revision = "2026_11_29_1731"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.payout_accounts (
            shop_id uuid not null constraint payout_accounts_pkey primary key
                constraint payout_accounts_shop_id_fkey references app.shops on delete cascade,
            stripe_account text constraint payout_accounts_stripe_account_key unique,
            state text not null default 'new' constraint payout_accounts_state_check
                check (state in ('new', 'onboarding', 'restricted', 'active', 'closed')),
            -- What Stripe still asks for, in its own words.
            due text[] not null default '{}',
            created_at timestamptz not null default now(),
            looked_at timestamptz not null default now(),
            constraint payout_accounts_opened_check check ((state = 'new') = (stripe_account is null))
        );
        create index payout_accounts_looked_at_idx on app.payout_accounts (looked_at) where state <> 'closed';

        -- No foreign keys to shops from here on: books outlive them.
        create table accounting.transfers (
            id uuid not null default app.uuid7() constraint transfers_pkey primary key,
            shop_id uuid not null,
            stripe_account text not null,
            cents bigint not null constraint transfers_cents_check check (cents > 0),
            status text not null default 'intended' constraint transfers_status_check
                check (status in ('intended', 'made', 'cancelled')),
            attempt int not null default 1 constraint transfers_attempt_check check (attempt > 0),
            asked_at timestamptz,
            refused_code text,
            stripe_transfer text constraint transfers_stripe_transfer_key unique,
            -- The payment that it arrives as in the shop's balance, by which the lines of a payout name it.
            stripe_payment text constraint transfers_stripe_payment_key unique,
            reversed_cents bigint not null default 0,
            created_at timestamptz not null default now(),
            made_at timestamptz,
            constraint transfers_made_check
                check ((status = 'made') = (stripe_transfer is not null) and (status = 'made') = (made_at is not null)),
            constraint transfers_reversed_check check (reversed_cents between 0 and cents)
        );
        -- A shop's next transfer begins once the last one is known.
        create unique index transfers_intended_key on accounting.transfers (shop_id) where status = 'intended';
        create index transfers_shop_id_idx on accounting.transfers (shop_id, id);

        -- The closed lots and the corrections that a transfer settles.
        create table accounting.transfer_lots (
            transfer_id uuid not null constraint transfer_lots_transfer_id_fkey references accounting.transfers,
            lot_id uuid not null constraint transfer_lots_lot_id_fkey references accounting.closed_lots,
            cents bigint not null,
            constraint transfer_lots_pkey primary key (transfer_id, lot_id)
        );
        create index transfer_lots_lot_id_idx on accounting.transfer_lots (lot_id);

        create table accounting.reversals (
            id uuid not null default app.uuid7() constraint reversals_pkey primary key,
            transfer_id uuid not null constraint reversals_transfer_id_fkey references accounting.transfers,
            shop_id uuid not null,
            cents bigint not null constraint reversals_cents_check check (cents > 0),
            status text not null default 'intended' constraint reversals_status_check
                check (status in ('intended', 'made', 'refused')),
            asked_at timestamptz,
            refused_code text,
            stripe_reversal text constraint reversals_stripe_reversal_key unique,
            created_at timestamptz not null default now(),
            made_at timestamptz,
            constraint reversals_made_check
                check ((status = 'made') = (stripe_reversal is not null) and (status = 'made') = (made_at is not null))
        );
        create unique index reversals_intended_key on accounting.reversals (shop_id) where status = 'intended';
        create index reversals_transfer_id_idx on accounting.reversals (transfer_id);
        create index reversals_shop_id_idx on accounting.reversals (shop_id, id);

        create table accounting.payouts (
            id text not null constraint payouts_pkey primary key,
            shop_id uuid not null,
            cents bigint not null,
            status text not null,
            arrives_on date not null,
            made_at timestamptz not null,
            looked_at timestamptz not null
        );
        create index payouts_shop_id_idx on accounting.payouts (shop_id, made_at, id);

        create table accounting.payout_transfers (
            payout_id text not null constraint payout_transfers_payout_id_fkey references accounting.payouts,
            transfer_id uuid not null constraint payout_transfers_transfer_id_fkey references accounting.transfers,
            cents bigint not null,
            constraint payout_transfers_pkey primary key (payout_id, transfer_id)
        );
        create index payout_transfers_transfer_id_idx on accounting.payout_transfers (transfer_id);

        create table accounting.disputes (
            id text not null constraint disputes_pkey primary key,
            payment_id uuid,
            reservation_id uuid,
            shop_id uuid,
            cents bigint not null,
            fee_cents bigint not null default 0,
            status text not null,
            reason text not null,
            answer_by timestamptz,
            opened_at timestamptz not null,
            closed_at timestamptz,
            -- Who bears a lost dispute: an admin decides. Null until then, and then the platform does.
            borne_by text constraint disputes_borne_by_check check (borne_by in ('platform', 'shop')),
            looked_at timestamptz not null
        );
        create index disputes_opened_at_idx on accounting.disputes (opened_at, id);
        create index disputes_open_idx on accounting.disputes (looked_at) where closed_at is null;

        alter table app.settings drop constraint settings_kind_check;
        alter table app.settings add constraint settings_kind_check
            check (kind in ('count', 'minutes', 'hours', 'days', 'grams', 'cents', 'percent', 'basis_points'));
        insert into app.settings (name, value, kind, minimum, maximum) values
            ('least_transfer_cents', 100, 'cents', 1, 100000),
            ('payout_grace_days', 30, 'days', 1, 80),
            ('payout_grace_cents', 50000, 'cents', 0, 10000000);

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('payout_accounts', null, 'commerce',
             'Compte de versement d''un commerce chez Stripe, aussi longtemps que le commerce.'),
            ('payouts', '10 years', 'fin de l''année',
             'Versements aux commerces, annulations, virements et litiges : pièces comptables.');
    """)
