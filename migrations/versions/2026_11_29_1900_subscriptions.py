"""Add merchants' subscriptions to Premium, and what Stripe collected for them, month by month."""

from alembic import op

revision = "2026_11_29_1900"
down_revision = "2026_11_29_1770"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- One row an account: the page on which it subscribes, and what Stripe says of its subscription.
        create table app.subscriptions (
            account_id uuid not null constraint subscriptions_pkey primary key
                constraint subscriptions_account_id_fkey references app.accounts on delete cascade,
            customer text constraint subscriptions_customer_key unique,
            page_id uuid,
            page_begun_at timestamptz,
            page_cents int constraint subscriptions_page_cents_check check (page_cents > 0),
            page_language text constraint subscriptions_page_language_check check (page_language in ('fr', 'en')),
            checkout text,
            subscription text constraint subscriptions_subscription_key unique,
            status text not null default 'none' constraint subscriptions_status_check check (status in (
                'none', 'incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'unpaid', 'paused',
                'canceled')),
            -- A month, VAT included.
            cents int,
            begun_at timestamptz,
            period_ends_at timestamptz,
            past_due_since timestamptz,
            cancels_at timestamptz,
            ended_at timestamptz,
            -- How often the state was noted: a state counts only if nobody noted another one since it was asked for.
            version int not null default 0,
            looked_at timestamptz not null,
            -- Its account was erased.
            to_end boolean not null default false,
            constraint subscriptions_page_check check (num_nulls(page_id, page_begun_at, page_cents, page_language)
                in (0, 4) and (checkout is null or page_id is not null and customer is not null)),
            constraint subscriptions_state_check check ((subscription is null) = (status = 'none')
                and num_nulls(subscription, cents, begun_at, period_ends_at) in (0, 4)),
            constraint subscriptions_past_due_check check ((past_due_since is not null) = (status = 'past_due')),
            constraint subscriptions_ended_check
                check ((ended_at is not null) = (status in ('canceled', 'incomplete_expired')))
        );
        create index subscriptions_looked_at_idx on app.subscriptions (looked_at) where customer is not null;

        -- A month of a subscription that was paid. Kept ten years; no foreign keys, and no person.
        create table accounting.billed_periods (
            invoice text not null constraint billed_periods_pkey primary key,
            intent text constraint billed_periods_intent_key unique,
            -- The shop that the invoice of ours goes to; null if there was none.
            shop_id uuid,
            first_day date not null,
            last_day date not null,
            net_cents bigint not null constraint billed_periods_net_cents_check check (net_cents > 0),
            vat_cents bigint not null constraint billed_periods_vat_cents_check check (vat_cents >= 0),
            paid_at timestamptz not null,
            document_id uuid,
            constraint billed_periods_days_check check (first_day <= last_day)
        );
        create index billed_periods_to_invoice_idx on accounting.billed_periods (paid_at)
            where document_id is null and shop_id is not null;

        -- What was given back of it, by a person in Stripe's dashboard.
        create table accounting.billed_refunds (
            refund text not null constraint billed_refunds_pkey primary key,
            invoice text not null constraint billed_refunds_invoice_fkey references accounting.billed_periods
                on delete cascade,
            cents bigint not null constraint billed_refunds_cents_check check (cents > 0),
            net_cents bigint not null,
            refunded_at timestamptz not null,
            failed_at timestamptz,
            document_id uuid
        );
        create index billed_refunds_invoice_idx on accounting.billed_refunds (invoice);

        insert into app.settings (name, value, kind, minimum, maximum) values
            ('premium_cents', 1999, 'cents', 100, 20000);
        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('subscriptions', '1 year', 'fin de l''abonnement', 'Questions et reprise de l''abonnement.');
    """)
