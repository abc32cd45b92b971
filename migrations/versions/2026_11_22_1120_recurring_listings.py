"""Add recurring listings, which offer the same lot every week, and the days on which they are different."""

from alembic import op

revision = "2026_11_22_1120"
down_revision = "2026_11_22_1110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.recurring_listings (
            id uuid default app.uuid7() constraint recurring_listings_pkey primary key,
            shop_id uuid not null constraint recurring_listings_shop_id_fkey references app.shops,
            title text not null constraint recurring_listings_title_check check (length(title) between 1 and 120),
            description text not null default '' constraint recurring_listings_description_check
                check (length(description) <= 2000),
            category text not null constraint recurring_listings_category_check
                check (app.category_number(category) is not null),
            kind text not null constraint recurring_listings_kind_check check (kind in ('discounted', 'free')),
            original_price_cents int not null constraint recurring_listings_original_price_cents_check
                check (original_price_cents between 1 and 100000),
            price_cents int not null,
            quantity int not null constraint recurring_listings_quantity_check check (quantity between 1 and 1000),
            -- Monday is 1, Sunday is 7. Times of day are in Paris time.
            weekdays int[] not null constraint recurring_listings_weekdays_check
                check (cardinality(weekdays) between 1 and 7 and weekdays <@ array[1, 2, 3, 4, 5, 6, 7]),
            publish_at time not null,
            pickup_from time not null,
            -- A time that is not after pickup_from is on the next day.
            pickup_until time not null,
            date_kind text not null constraint recurring_listings_date_kind_check
                check (date_kind in ('use_by', 'best_before', 'none')),
            food_date_in_days int constraint recurring_listings_food_date_in_days_check
                check (food_date_in_days between 0 and 3650),
            allergens text[] not null default '{}' constraint recurring_listings_allergens_check
                check (allergens <@ array['gluten', 'crustaceans', 'eggs', 'fish', 'peanuts', 'soybeans', 'milk',
                    'nuts', 'celery', 'mustard', 'sesame', 'sulphites', 'lupin', 'molluscs']),
            cold_chain boolean not null default false,
            weight_grams int constraint recurring_listings_weight_grams_check check (weight_grams between 1 and 100000),
            photo_id uuid constraint recurring_listings_photo_id_fkey references app.photos,
            gtin text constraint recurring_listings_gtin_check check (gtin ~ '^[0-9]{14}$'),
            becomes_free_minutes int constraint recurring_listings_becomes_free_minutes_check
                check (becomes_free_minutes between 1 and 1440),
            active boolean not null default true,
            -- The next time of publication; in the past only while that publication is waiting to be made.
            due_at timestamptz not null,
            -- Why a day was not published: the problem's code, or the name of the constraint.
            last_problem text,
            last_problem_day date,
            version int not null default 1,
            created_at timestamptz not null default now(),
            constraint recurring_listings_price_check check (
                (kind = 'free' and price_cents = 0)
                or (kind = 'discounted'
                    and price_cents * 10 between original_price_cents * 3 and original_price_cents * 7)),
            constraint recurring_listings_food_date_check check ((date_kind = 'none') = (food_date_in_days is null)),
            constraint recurring_listings_use_by_check check (
                date_kind <> 'use_by' or food_date_in_days >= (pickup_until <= pickup_from)::int),
            constraint recurring_listings_window_check check (pickup_until <= pickup_from or pickup_until > publish_at),
            constraint recurring_listings_becomes_free_check
                check (becomes_free_minutes is null or kind = 'discounted'),
            constraint recurring_listings_last_problem_check check (num_nulls(last_problem, last_problem_day) <> 1)
        );
        create index recurring_listings_shop_id_idx on app.recurring_listings (shop_id, id);
        create index recurring_listings_photo_id_idx on app.recurring_listings (photo_id) where photo_id is not null;
        create index recurring_listings_due_at_idx on app.recurring_listings (due_at) where active;

        -- A day that is different: skipped, or with another quantity, price or pickup window.
        create table app.recurring_days (
            listing_id uuid not null constraint recurring_days_listing_id_fkey references app.recurring_listings,
            day date not null,
            skipped boolean not null default false,
            quantity int constraint recurring_days_quantity_check check (quantity between 1 and 1000),
            price_cents int constraint recurring_days_price_cents_check check (price_cents between 0 and 100000),
            pickup_from time,
            pickup_until time,
            constraint recurring_days_pkey primary key (listing_id, day),
            constraint recurring_days_skipped_check check (
                not skipped or num_nonnulls(quantity, price_cents, pickup_from, pickup_until) = 0)
        );

        alter table app.lots
            add column recurring_id uuid constraint lots_recurring_id_fkey references app.recurring_listings,
            add column recurring_day date,
            add constraint lots_recurring_check check (num_nulls(recurring_id, recurring_day) <> 1);
        -- One lot per listing and day, whatever crashes or runs twice.
        create unique index lots_recurring_key on app.lots (recurring_id, recurring_day)
            where recurring_id is not null;
    """)
