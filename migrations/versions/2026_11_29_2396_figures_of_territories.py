"""Add sums by shop and day with what they are made from, zones, and the figures of territories that were published."""

from alembic import op

revision = "2026_11_29_2396"
down_revision = "2026_11_29_2395"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- What a figure by category needs, kept with the entry: a lot may change and a reservation be forgotten.
        alter table app.impact_entries
            add column category text,
            add column portions int constraint impact_entries_portions_check check (portions > 0),
            -- Whether its merchant gave it. A suspended portion is not given: its donor paid.
            add column given boolean;
        update app.impact_entries e
        set category = l.category, portions = r.quantity, given = r.unit_price_cents = 0 and l.suspended_from is null
        from app.reservations r join app.lots l on l.id = r.lot_id where r.id = e.reservation_id;
        alter table app.impact_entries
            alter column category set not null, alter column portions set not null, alter column given set not null;

        -- What a collection saved by category of food. Its transport is in collected_impact alone.
        create table app.collected_categories (
            collection_id uuid not null constraint collected_categories_collection_id_fkey
                references app.collected_impact on delete cascade,
            category text not null,
            food_grams int not null constraint collected_categories_food_grams_check check (food_grams > 0),
            meals numeric(12, 3) not null constraint collected_categories_meals_check check (meals >= 0),
            co2e_grams bigint not null,
            value_saved_cents int not null,
            constraint collected_categories_pkey primary key (collection_id, category)
        );
        insert into app.collected_categories
        select w.collection_id, w.category, sum(w.grams), round(sum(w.grams) * w.meals / w.food_grams, 3),
               round(sum(w.grams) * (w.co2e_grams + w.transport_co2e_grams)::numeric / w.food_grams),
               round(sum(w.grams) * w.value_saved_cents::numeric / w.food_grams)
        from (
            select e.*, i.category, coalesce(i.accepted_grams, i.accepted_portions * coalesce(
                (select l.weight_grams from app.lots l where l.id = i.lot_id),
                (select s.value::int from app.settings s where s.name = 'meal_grams'))) as grams
            from app.collected_impact e join app.collection_items i on i.collection_id = e.collection_id) w
        where w.grams > 0
        group by w.collection_id, w.category, w.meals, w.food_grams, w.co2e_grams, w.transport_co2e_grams,
                 w.value_saved_cents;

        -- What became of a lot, written when it ends.
        create table app.lot_ends (
            lot_id uuid not null constraint lot_ends_pkey primary key
                constraint lot_ends_lot_id_fkey references app.lots,
            shop_id uuid not null constraint lot_ends_shop_id_fkey references app.shops,
            category text not null,
            -- In Paris.
            day date not null,
            offered int not null constraint lot_ends_offered_check check (offered >= 0),
            -- What nobody collected.
            unsold int not null constraint lot_ends_unsold_check check (unsold between 0 and offered),
            written_by xid8 not null default pg_current_xact_id()
        );
        create index lot_ends_written_by_idx on app.lot_ends (written_by);
        create index lot_ends_shop_id_idx on app.lot_ends (shop_id);
        insert into app.lot_ends (lot_id, shop_id, category, day, offered, unsold, written_by)
        select l.id, l.shop_id, l.category, (l.pickup_end at time zone 'Europe/Paris' - interval '1 microsecond')::date,
               case l.status when 'withdrawn' then t.collected else l.quantity end,
               case l.status when 'withdrawn' then 0 else greatest(0, l.quantity - t.collected) end, '1'
        from app.lots l
        cross join lateral (
            select least(coalesce(sum(r.quantity), 0), l.quantity)::int as collected
            from app.lots o join app.reservations r on r.lot_id = o.id
            where (o.id = l.id or o.suspended_from = l.id) and r.status = 'picked_up' and r.purpose = 'collect') t
        where l.suspended_from is null and l.published_at is not null
          and l.status in ('ended', 'withdrawn', 'recalled');

        -- What a shop did on one day in Paris with one category of food. What has no category stands under ''.
        -- The sums of all entries that transactions before `impact_totals.counted_before` wrote.
        create table app.figure_days (
            day date not null,
            shop_id uuid not null constraint figure_days_shop_id_fkey references app.shops,
            category text not null,
            lots int not null,
            offered int not null,
            unsold int not null,
            handovers int not null,
            collected int not null,
            given int not null,
            food_grams bigint not null,
            meals numeric(18, 3) not null,
            co2e_grams bigint not null,
            value_saved_cents bigint not null,
            recovered_by_shops_cents bigint not null,
            collections int not null,
            donated_grams bigint not null,
            metres bigint not null,
            constraint figure_days_pkey primary key (day, shop_id, category)
        );
        create index figure_days_shop_id_idx on app.figure_days (shop_id);
        -- Everything is counted anew by the first add_up_impact after the migration.
        update app.impact_totals
        set counted_before = '0', food_grams = 0, meals = 0, co2e_grams = 0, value_saved_cents = 0,
            recovered_by_shops_cents = 0, people_helped = 0;

        -- Where a shop was from a day on. Its figures stay with the commune of their day.
        create table app.shop_sites (
            shop_id uuid not null constraint shop_sites_shop_id_fkey references app.shops,
            since date not null,
            insee_code text not null,
            latitude double precision not null,
            longitude double precision not null,
            constraint shop_sites_pkey primary key (shop_id, since)
        );
        insert into app.shop_sites (shop_id, since, insee_code, latitude, longitude)
        select s.id, date '2020-01-01', s.insee_code, s.latitude, s.longitude from app.shops s;

        -- From a day on, what was one commune is (part of) another.
        create table app.map_changes (
            old text not null,
            day date not null,
            new text not null constraint map_changes_new_fkey references app.territories,
            constraint map_changes_pkey primary key (old, day),
            constraint map_changes_other_check check (old <> new)
        );
        create index map_changes_new_idx on app.map_changes (new);

        -- The shape of a zone in some months: from the first of one to the first of another. The zones of a commune do
        -- not overlap. What lies outside all of them is the rest of the commune.
        create table app.zone_shapes (
            code text not null constraint zone_shapes_code_fkey references app.territories,
            commune text not null constraint zone_shapes_commune_fkey references app.territories,
            valid_from date not null constraint zone_shapes_valid_from_check check (extract(day from valid_from) = 1),
            valid_until date constraint zone_shapes_valid_until_check
                check (extract(day from valid_until) = 1 and valid_until > valid_from),
            -- Polygons of longitude and latitude, as Postgres writes them.
            shapes text[] not null,
            geojson json not null,
            drawn_at timestamptz not null,
            constraint zone_shapes_pkey primary key (code, valid_from)
        );
        create index zone_shapes_commune_idx on app.zone_shapes (commune, valid_from);

        -- How many waited and were offered nothing, and how many searched and found nothing, by commune and day.
        create table app.unmet_days (
            day date not null,
            commune text not null,
            waiting int not null default 0 constraint unmet_days_waiting_check check (waiting >= 0),
            searches int not null default 0 constraint unmet_days_searches_check check (searches >= 0),
            constraint unmet_days_pkey primary key (day, commune)
        );

        -- Figures of one day or month, published at once. They never change: a correction is another release.
        create table app.releases (
            id bigint not null generated always as identity constraint releases_pkey primary key,
            kind text not null constraint releases_kind_check check (kind in ('day', 'month')),
            first_day date not null,
            last_day date not null,
            at timestamptz not null,
            method text,
            corrects bigint constraint releases_corrects_fkey references app.releases
                constraint releases_corrects_key unique,
            why text constraint releases_why_check check (char_length(why) between 3 and 500),
            constraint releases_period_check check (case kind
                when 'day' then last_day = first_day
                else extract(day from first_day) = 1
                     and last_day = first_day + interval '1 month' - interval '1 day' end),
            constraint releases_correction_check check ((corrects is null) = (why is null))
        );
        create unique index releases_period_key on app.releases (kind, first_day) where corrects is null;
        create index releases_newest_idx on app.releases (kind, first_day, id);

        create table app.released_figures (
            release_id bigint not null constraint released_figures_release_id_fkey references app.releases,
            code text not null constraint released_figures_code_fkey references app.territories,
            category text not null,
            kind text not null,
            first_day date not null,
            -- That of its territory.
            level text not null,
            suppressed boolean not null,
            shops int,
            lots int,
            offered int,
            unsold int,
            collected int,
            given int,
            food_grams bigint,
            meals numeric(18, 3),
            co2e_grams bigint,
            collections int,
            donated_grams bigint,
            metres bigint,
            people_helped int constraint released_figures_people_check check (people_helped % 11 = 0),
            value_saved_cents bigint,
            recovered_by_shops_cents bigint,
            waiting int constraint released_figures_waiting_check check (waiting % 11 = 0),
            searches int constraint released_figures_searches_check check (searches % 11 = 0),
            constraint released_figures_pkey primary key (release_id, code, category)
        );
        create index released_figures_code_idx on app.released_figures (code, category, release_id);
        create index released_figures_level_idx on app.released_figures (release_id, level, category);
    """)
