"""Add the ledger, in which every cent stands twice, and the totals of closed lots, which are all that shops read of it.

Existing payments are posted by the worker's job ledger.post_earlier.
"""

from alembic import op

revision = "2026_11_29_1700"
down_revision = "2026_11_29_1720"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table accounting.ledger_accounts (
            id bigint generated always as identity constraint ledger_accounts_pkey primary key,
            kind text not null constraint ledger_accounts_kind_check check (case book
                when 'platform' then kind in ('stripe', 'held', 'shop', 'commission', 'vat', 'fees', 'suspended',
                    'disputes', 'dispute_fees', 'losses', 'bank', 'subscriptions', 'rounding', 'unmatched')
                else kind in ('connected', 'earned', 'bank') end),
            -- The shop, where the account is a shop's. No foreign key, because rows are kept ten years.
            subject uuid,
            -- The books of the platform, or a shop's own as Stripe keeps them.
            book text not null constraint ledger_accounts_book_check check (book in ('platform', 'shop')),
            constraint ledger_accounts_subject_check check ((subject is not null) = (book = 'shop' or kind = 'shop'))
        );
        create unique index ledger_accounts_name_key on accounting.ledger_accounts
            (book, kind, coalesce(subject, '00000000-0000-0000-0000-000000000000'));
        insert into accounting.ledger_accounts (kind, book)
        select kind, 'platform' from unnest(array['stripe', 'held', 'commission', 'vat', 'fees', 'suspended',
            'disputes', 'dispute_fees', 'losses', 'bank', 'subscriptions', 'rounding', 'unmatched']) kind;

        -- What happened, once. `source` is Stripe's id or that of a row of ours.
        create table accounting.postings (
            id bigint generated always as identity constraint postings_pkey primary key,
            kind text not null constraint postings_kind_check check (kind ~ '^[a-z_]+$'),
            source text not null constraint postings_source_check check (source <> ''),
            -- No foreign key: a posting outlives its reservation.
            reservation_id uuid,
            event_at timestamptz not null,
            -- The transaction that wrote it. Totals go by it, because ids do not commit in their order.
            xact xid8 not null default pg_current_xact_id(),
            constraint postings_kind_source_key unique (kind, source)
        );
        create index postings_reservation_id_idx on accounting.postings (reservation_id)
            where reservation_id is not null;
        create index postings_event_at_idx on accounting.postings (event_at);

        create table accounting.lines (
            posting_id bigint not null constraint lines_posting_id_fkey references accounting.postings,
            -- No foreign key: its check would lock the few accounts that all postings share. check_lines looks instead.
            account_id bigint not null,
            -- + debit, - credit, in euros.
            cents bigint not null constraint lines_cents_check check (cents <> 0),
            constraint lines_pkey primary key (posting_id, account_id)
        );
        create index lines_account_id_idx on accounting.lines (account_id, posting_id) include (cents);

        -- What Stripe says moved on a balance: the platform's, or that of a shop's connected account.
        create table accounting.stripe_balance_transactions (
            id text constraint stripe_balance_transactions_pkey primary key,
            -- The connected account; null for the platform's own balance.
            account text,
            net bigint not null,
            fee bigint not null,
            category text not null,
            -- Stripe's id of what moved the money: a charge, a refund, a transfer, a payout.
            source text,
            -- The PaymentIntent, if the source is a charge or a refund.
            intent text,
            created_at timestamptz not null,
            available_on timestamptz not null,
            posting_id bigint constraint stripe_balance_transactions_posting_id_fkey references accounting.postings
        );
        create index stripe_balance_transactions_posting_id_idx on accounting.stripe_balance_transactions (posting_id);
        create index stripe_balance_transactions_created_at_idx
            on accounting.stripe_balance_transactions (account, created_at);
        create index stripe_balance_transactions_open_idx on accounting.stripe_balance_transactions (id)
            where posting_id is null;

        -- One row a lot that was closed and had something paid: portions sold and suspended together. `lot_id` is the
        -- lot as its merchant listed it, never the free lot beside it. No foreign keys: rows are kept ten years.
        create table accounting.closed_lots (
            lot_id uuid constraint closed_lots_pkey primary key,
            shop_id uuid not null,
            title text not null,
            window_ended_at timestamptz not null,
            closed_at timestamptz not null,
            portions int not null constraint closed_lots_portions_check check (portions > 0),
            gross_cents bigint not null constraint closed_lots_gross_cents_check check (gross_cents > 0),
            commission_cents bigint not null constraint closed_lots_commission_cents_check
                check (commission_cents >= 0),
            vat_cents bigint not null constraint closed_lots_vat_cents_check check (vat_cents >= 0),
            net_cents bigint not null constraint closed_lots_net_cents_check check (net_cents >= 0),
            constraint closed_lots_sum_check check (gross_cents = commission_cents + vat_cents + net_cents)
        );
        create index closed_lots_shop_id_idx on accounting.closed_lots (shop_id, closed_at, lot_id);
        create index closed_lots_closed_at_idx on accounting.closed_lots (closed_at);

        -- What changed after a lot was closed; negative if money went back. Its shop reads a row from `at` on, in
        -- the night after the change.
        create table accounting.closed_lot_corrections (
            id bigint generated always as identity constraint closed_lot_corrections_pkey primary key,
            lot_id uuid not null constraint closed_lot_corrections_lot_id_fkey references accounting.closed_lots,
            shop_id uuid not null,
            at timestamptz not null,
            gross_cents bigint not null,
            commission_cents bigint not null,
            vat_cents bigint not null,
            net_cents bigint not null,
            reason text not null constraint closed_lot_corrections_reason_check
                check (reason in ('refund', 'refund_failed', 'dispute', 'admin')),
            -- What caused it, and which posting `earned` it changes. Shops do not read these.
            posting_id bigint not null
                constraint closed_lot_corrections_posting_id_fkey references accounting.postings,
            earned_id bigint not null constraint closed_lot_corrections_earned_id_fkey references accounting.postings,
            constraint closed_lot_corrections_sum_check check (gross_cents = commission_cents + vat_cents + net_cents),
            constraint closed_lot_corrections_cause_key unique (posting_id, earned_id)
        );
        create index closed_lot_corrections_lot_id_idx on accounting.closed_lot_corrections (lot_id, id);
        create index closed_lot_corrections_shop_id_idx on accounting.closed_lot_corrections (shop_id, at, id);
        create index closed_lot_corrections_earned_id_idx on accounting.closed_lot_corrections (earned_id);
        create index closed_lot_corrections_at_idx on accounting.closed_lot_corrections (at);

        -- The commission that was agreed when the payment succeeded.
        alter table app.payments
            add column commission_bp int
                constraint payments_commission_bp_check check (commission_bp between 0 and 10000),
            add column least_commission_cents int
                constraint payments_least_commission_cents_check check (least_commission_cents >= 0),
            add constraint payments_commission_check
                check ((commission_bp is null) = (least_commission_cents is null));
        alter table accounting.payments
            add column commission_bp int
                constraint payments_commission_bp_check check (commission_bp between 0 and 10000),
            add column least_commission_cents int
                constraint payments_least_commission_cents_check check (least_commission_cents >= 0),
            add constraint payments_commission_check
                check ((commission_bp is null) = (least_commission_cents is null));

        alter table app.settings drop constraint settings_kind_check;
        alter table app.settings add constraint settings_kind_check
            check (kind in ('count', 'minutes', 'hours', 'grams', 'cents', 'percent', 'basis_points'));
        insert into app.settings (name, value, kind, minimum, maximum) values
            ('commission_bp', 1000, 'basis_points', 0, 5000),
            ('least_commission_cents', 30, 'cents', 0, 500),
            ('no_show_refund_percent', 0, 'percent', 0, 100);
    """)
