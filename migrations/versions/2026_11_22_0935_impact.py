"""Add impact: one entry per handover, totals that follow later, and the factors that both are computed with."""

from alembic import op

revision = "2026_11_22_0935"
down_revision = "2026_11_22_0930"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table app.impact_factors (
            id int constraint impact_factors_pkey primary key,
            method text not null,
            category text constraint impact_factors_category_check
                check (category is null or app.category_number(category) is not null),
            co2e_grams_per_meal int not null constraint impact_factors_value_check check (co2e_grams_per_meal >= 0),
            unit text not null default 'g CO2e per meal',
            source text not null,
            valid_from date not null
        );
        create unique index impact_factors_version_key
            on app.impact_factors (method, coalesce(category, ''), valid_from);
        insert into app.impact_factors (id, method, co2e_grams_per_meal, source, valid_from) values
            (1, 'ecopanier-2025', 900, 'EcoPanier white paper, 2025', '2025-01-01');

        create table app.impact_entries (
            reservation_id uuid constraint impact_entries_pkey primary key
                constraint impact_entries_reservation_id_fkey references app.reservations,
            account_id uuid not null constraint impact_entries_account_id_fkey references app.accounts,
            shop_id uuid not null constraint impact_entries_shop_id_fkey references app.shops,
            factor_id int not null constraint impact_entries_factor_id_fkey references app.impact_factors,
            food_grams int not null constraint impact_entries_food_grams_check check (food_grams > 0),
            meals numeric(12, 3) not null constraint impact_entries_meals_check check (meals > 0),
            co2e_grams bigint not null,
            value_saved_cents int not null constraint impact_entries_value_check check (value_saved_cents >= 0),
            people_helped int not null constraint impact_entries_people_check check (people_helped in (0, 1)),
            recorded_at timestamptz not null default now(),
            -- The transaction that wrote the entry. Totals go by it, because ids do not commit in their order.
            written_by xid8 not null default pg_current_xact_id()
        );
        create index impact_entries_written_by_idx on app.impact_entries (written_by);
        create index impact_entries_account_id_idx on app.impact_entries (account_id);
        create index impact_entries_shop_id_idx on app.impact_entries (shop_id);

        -- Everybody who ever received free food, so that each person counts once.
        create table app.people_helped (
            account_id uuid constraint people_helped_pkey primary key
                constraint people_helped_account_id_fkey references app.accounts
        );

        -- One row: the sum of all entries written by transactions before `counted_before`.
        create table app.impact_totals (
            only_row boolean default true constraint impact_totals_pkey primary key
                constraint impact_totals_only_row_check check (only_row),
            counted_before xid8 not null,
            food_grams bigint not null default 0,
            meals numeric(18, 3) not null default 0,
            co2e_grams bigint not null default 0,
            value_saved_cents bigint not null default 0,
            people_helped bigint not null default 0,
            since timestamptz not null default now()
        );
        insert into app.impact_totals (counted_before) values ('0');
    """)
