"""Add lots; constraints keep the discount rule, the pickup window, the food-date rule and the stock."""

from alembic import op

revision = "2026_11_22_0925"
down_revision = "2026_11_22_0920"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table app.lots (
            id uuid default app.uuid7() constraint lots_pkey primary key,
            shop_id uuid not null constraint lots_shop_id_fkey references app.shops,
            title text not null constraint lots_title_check check (length(title) between 1 and 120),
            description text not null default '' constraint lots_description_check check (length(description) <= 2000),
            category text not null constraint lots_category_check check (app.category_number(category) is not null),
            kind text not null constraint lots_kind_check check (kind in ('discounted', 'free')),
            original_price_cents int not null constraint lots_original_price_cents_check
                check (original_price_cents between 1 and 100000),
            price_cents int not null,
            quantity int not null constraint lots_quantity_check check (quantity between 1 and 1000),
            -- Held and confirmed portions are no longer remaining, so they never exceed the quantity.
            remaining int not null constraint lots_remaining_check check (remaining between 0 and quantity),
            pickup_start timestamptz not null,
            pickup_end timestamptz not null,
            date_kind text not null constraint lots_date_kind_check
                check (date_kind in ('use_by', 'best_before', 'none')),
            food_date date,
            allergens text[] not null default '{}' constraint lots_allergens_check check (allergens <@ array[
                'gluten', 'crustaceans', 'eggs', 'fish', 'peanuts', 'soybeans', 'milk', 'nuts', 'celery', 'mustard',
                'sesame', 'sulphites', 'lupin', 'molluscs']),
            cold_chain boolean not null default false,
            weight_grams int constraint lots_weight_grams_check check (weight_grams between 1 and 100000),
            status text not null default 'draft' constraint lots_status_check
                check (status in ('draft', 'published', 'paused', 'withdrawn', 'ended')),
            place point not null,
            -- The search uses these. A trigger keeps them, because generated columns would be computed anew each time a
            -- portion is taken.
            shelf point not null,
            category_shelf point not null,
            words tsvector not null,
            version int not null default 1,
            created_at timestamptz not null default now(),
            published_at timestamptz,
            constraint lots_price_check check (
                (kind = 'free' and price_cents = 0)
                or (kind = 'discounted'
                    and price_cents * 10 between original_price_cents * 3 and original_price_cents * 7)),
            constraint lots_pickup_window_check
                check (pickup_end > pickup_start and pickup_end <= pickup_start + interval '72 hours'),
            constraint lots_food_date_check check ((date_kind = 'none') = (food_date is null)),
            -- Food with a use-by date must be handed over on that day at the latest.
            constraint lots_use_by_check check (
                date_kind <> 'use_by' or food_date >= (pickup_end at time zone 'Europe/Paris')::date),
            constraint lots_published_at_check check (status = 'draft' or published_at is not null)
        ) with (fillfactor = 80);  -- room to take a portion without touching any index

        create index lots_shop_id_idx on app.lots (shop_id, id);
        create index lots_near_idx on app.lots using gist (shelf) where status = 'published';
        create index lots_near_in_category_idx on app.lots using gist (category_shelf) where status = 'published';
        create index lots_words_idx on app.lots using gin (words) where status = 'published';
        create index lots_pickup_end_idx on app.lots (pickup_end) where status in ('published', 'paused');
    """)
