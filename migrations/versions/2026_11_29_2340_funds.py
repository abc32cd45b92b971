"""Add funds, their grants, corrections and monthly statements, and the ledger's book `subsidy`."""

from alembic import op

revision = "2026_11_29_2340"
down_revision = "2026_11_29_2320"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- Each fund has a book of its own: what its funder commits, what is left in it, what shops were granted.
        alter table accounting.ledger_accounts
            drop constraint ledger_accounts_kind_check,
            add constraint ledger_accounts_kind_check check (case book
                when 'platform' then kind in ('stripe', 'held', 'shop', 'commission', 'vat', 'fees', 'suspended',
                    'disputes', 'dispute_fees', 'losses', 'bank', 'subscriptions', 'rounding', 'unmatched')
                when 'subsidy' then kind in ('funder', 'fund', 'subsidy')
                else kind in ('connected', 'earned', 'bank') end),
            drop constraint ledger_accounts_book_check,
            add constraint ledger_accounts_book_check check (book in ('platform', 'shop', 'subsidy')),
            drop constraint ledger_accounts_subject_check,
            add constraint ledger_accounts_subject_check check (
                (subject is not null) = (book in ('shop', 'subsidy') or kind = 'shop'));

        -- What an organisation commits to compensate shops for free portions. No money moves through us: it pays the
        -- shops itself.
        create table app.funds (
            id uuid not null default app.uuid7() constraint funds_pkey primary key,
            organisation_id uuid not null constraint funds_organisation_id_fkey references app.organisations,
            name text not null constraint funds_name_check check (char_length(name) between 1 and 120),
            -- Of the convention; the law wants one above 23 000 euros (Décret 2001-495).
            reference text constraint funds_reference_check check (char_length(reference) between 1 and 100),
            ceiling_cents bigint not null constraint funds_ceiling_cents_check
                check (ceiling_cents between 1 and 10000000000),
            left_cents bigint not null,
            first_day date not null,
            last_day date not null,
            -- Null: all of them.
            categories text[] constraint funds_categories_check check (cardinality(categories) between 1 and 50),
            territory_code text not null constraint funds_territory_code_fkey references app.territories,
            -- What `rate_cents` is for: a portion, or a kilogram of food.
            per text not null constraint funds_per_check check (per in ('portion', 'kg')),
            rate_cents int not null constraint funds_rate_cents_check check (rate_cents between 1 and 100000),
            -- Cents by category, where they are not `rate_cents`.
            category_rates jsonb not null default '{}' constraint funds_category_rates_check
                check (jsonb_typeof(category_rates) = 'object'),
            status text not null default 'proposed' constraint funds_status_check
                check (status in ('proposed', 'confirmed', 'rejected', 'ended', 'expired')),
            reason text constraint funds_reason_check check (char_length(reason) between 1 and 1000),
            created_at timestamptz not null,
            decided_at timestamptz,
            -- The last day of which food counts, where the fund was ended before `last_day`.
            ended_on date,
            -- When what was left went back to the funder, and how much.
            settled_at timestamptz,
            returned_cents bigint not null default 0,
            constraint funds_left_cents_check check (
                left_cents between 0 and ceiling_cents and returned_cents between 0 and ceiling_cents - left_cents),
            constraint funds_convention_check check (reference is not null or ceiling_cents <= 2300000),
            constraint funds_days_check check (last_day between first_day and first_day + 1827),
            constraint funds_ended_on_check check (ended_on <= last_day)
        );
        create index funds_organisation_id_idx on app.funds (organisation_id, id);
        create index funds_territory_code_idx on app.funds (territory_code);
        create index funds_open_idx on app.funds (id) where settled_at is null;

        -- What was granted, and what was corrected of it, of a fund and month: frozen when it is issued.
        create table accounting.fund_statements (
            id uuid not null constraint fund_statements_pkey primary key,
            fund_id uuid not null constraint fund_statements_fund_id_fkey references app.funds,
            month date not null,
            -- Of this month, and as of its end.
            granted_cents bigint not null,
            granted_so_far_cents bigint not null,
            returned_cents bigint not null,
            left_cents bigint not null,
            contents jsonb not null,
            issued_at timestamptz not null,
            taken_at timestamptz,
            sha256 text constraint fund_statements_sha256_check check (sha256 ~ '^[0-9a-f]{64}$'),
            bytes int constraint fund_statements_bytes_check check (bytes > 0),
            stored_at timestamptz,
            constraint fund_statements_month_key unique (fund_id, month),
            constraint fund_statements_month_check check (extract(day from month) = 1),
            constraint fund_statements_stored_check check (num_nulls(sha256, bytes, stored_at) in (0, 3))
        );
        create index fund_statements_to_print_idx on accounting.fund_statements (id) where stored_at is null;

        -- The total of a shop in a statement.
        create table accounting.fund_lines (
            statement_id uuid not null constraint fund_lines_statement_id_fkey
                references accounting.fund_statements on delete cascade,
            -- No foreign key: lines are kept ten years.
            shop_id uuid not null,
            siret text not null,
            name text not null,
            portions int not null,
            grams bigint not null,
            cents bigint not null,
            above_de_minimis boolean not null,
            -- When the funder said that it has paid.
            paid_at timestamptz,
            constraint fund_lines_pkey primary key (statement_id, shop_id)
        );
        create index fund_lines_shop_id_idx on accounting.fund_lines (shop_id, statement_id);
        create index fund_lines_siren_idx on accounting.fund_lines (left(siret, 9));

        -- A collected reservation of a lot that its merchant gave free, once.
        create table accounting.grants (
            reservation_id uuid not null constraint grants_pkey primary key,
            fund_id uuid not null constraint grants_fund_id_fkey references app.funds,
            shop_id uuid not null,
            portions int not null constraint grants_portions_check check (portions > 0),
            grams int not null constraint grants_grams_check check (grams >= 0),
            cents bigint not null constraint grants_cents_check check (cents > 0),
            granted_at timestamptz not null,
            statement_id uuid constraint grants_statement_id_fkey references accounting.fund_statements
        );
        create index grants_fund_id_idx on accounting.grants (fund_id, granted_at);
        create index grants_statement_id_idx on accounting.grants (statement_id) where statement_id is not null;
        create index grants_not_stated_idx on accounting.grants (fund_id, granted_at) where statement_id is null;

        -- What an admin takes back of what a shop was granted wrongly. The next statement says so.
        create table accounting.grant_corrections (
            id uuid not null default app.uuid7() constraint grant_corrections_pkey primary key,
            fund_id uuid not null constraint grant_corrections_fund_id_fkey references app.funds,
            shop_id uuid not null,
            portions int not null constraint grant_corrections_portions_check check (portions <= 0),
            grams int not null constraint grant_corrections_grams_check check (grams <= 0),
            cents bigint not null constraint grant_corrections_cents_check check (cents < 0),
            reason text not null constraint grant_corrections_reason_check
                check (char_length(reason) between 1 and 1000),
            at timestamptz not null,
            statement_id uuid constraint grant_corrections_statement_id_fkey references accounting.fund_statements
        );
        create index grant_corrections_fund_id_idx on accounting.grant_corrections (fund_id, at);
        create index grant_corrections_statement_id_idx on accounting.grant_corrections (statement_id)
            where statement_id is not null;
    """)
