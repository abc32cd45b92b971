"""Add collection points, collections of food, collectors' vehicles, tours, and what happened at their stops."""

from alembic import op

revision = "2026_11_29_2000"
down_revision = "2026_11_29_1900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- A place where food is collected or brought. A shop and an association have one each, which triggers keep
        -- equal to them; depots and relays are added.
        create table app.collection_points (
            id uuid not null default app.uuid7() constraint collection_points_pkey primary key,
            kind text not null constraint collection_points_kind_check
                check (kind in ('shop', 'association', 'depot', 'relay')),
            shop_id uuid constraint collection_points_shop_id_fkey references app.shops,
            -- Of an association its own; of a depot or relay the one that keeps it, null for the platform.
            association_id uuid constraint collection_points_association_id_fkey references app.associations,
            name text not null constraint collection_points_name_check check (char_length(name) between 1 and 200),
            address text not null default '' constraint collection_points_address_check
                check (char_length(address) <= 500),
            insee_code text,
            latitude double precision,
            longitude double precision,
            place point generated always as (app.mercator(latitude, longitude)) stored,
            opening_hours jsonb not null default '{}',
            -- How a collector gets in: door, stairs, who opens.
            access text not null default '' constraint collection_points_access_check
                check (char_length(access) <= 1000),
            -- A list of {name, telephone, email} of people who work there.
            contacts jsonb not null default '[]' constraint collection_points_contacts_check
                check (jsonb_typeof(contacts) = 'array' and jsonb_array_length(contacts) <= 5),
            capacity_grams int constraint collection_points_capacity_grams_check check (capacity_grams > 0),
            capacity_crates int constraint collection_points_capacity_crates_check check (capacity_crates >= 0),
            cold_crates int constraint collection_points_cold_crates_check check (cold_crates >= 0),
            service_seconds int not null default 300 constraint collection_points_service_seconds_check
                check (service_seconds between 0 and 3600),
            -- Whether everybody who collects may see it on the map.
            shown boolean not null default false,
            closed_at timestamptz,
            version int not null default 1,
            created_at timestamptz not null default now(),
            constraint collection_points_owner_check check (
                (kind = 'shop') = (shop_id is not null) and (kind <> 'association' or association_id is not null)
                and (kind <> 'shop' or association_id is null)),
            constraint collection_points_coordinates_check check (
                num_nulls(latitude, longitude) in (0, 2)
                and (latitude is null or latitude between -90 and 90 and longitude between -180 and 180))
        );
        create unique index collection_points_shop_id_key on app.collection_points (shop_id) where shop_id is not null;
        create unique index collection_points_of_association_key on app.collection_points (association_id)
            where kind = 'association';
        create index collection_points_association_id_idx on app.collection_points (association_id)
            where association_id is not null;
        create index collection_points_place_idx on app.collection_points using gist (place)
            where shown and closed_at is null;

        -- A request to have food collected and brought to an association.
        create table app.collections (
            id uuid not null default app.uuid7() constraint collections_pkey primary key,
            from_point uuid not null constraint collections_from_point_fkey references app.collection_points,
            to_point uuid constraint collections_to_point_fkey references app.collection_points,
            -- Whose food it is: a shop's, or an association's that has too much of it.
            shop_id uuid constraint collections_shop_id_fkey references app.shops,
            giver_id uuid constraint collections_giver_id_fkey references app.associations,
            -- Who receives it.
            association_id uuid constraint collections_association_id_fkey references app.associations,
            asked_how text not null constraint collections_asked_how_check check (asked_how in (
                'member', 'link', 'unsold', 'recurring', 'association', 'remainder')),
            asked_by uuid constraint collections_asked_by_fkey references app.accounts,
            -- What of the shop was not taken, and became this request.
            remainder_of uuid constraint collections_remainder_of_fkey references app.collections,
            status text not null default 'requested' constraint collections_status_check check (status in (
                'requested', 'accepted', 'scheduled', 'taken', 'delivered', 'received', 'refused', 'cancelled',
                'failed')),
            window_start timestamptz not null,
            window_end timestamptz not null,
            grams int not null default 0 constraint collections_grams_check check (grams >= 0),
            crates int not null default 0 constraint collections_crates_check check (crates >= 0),
            portions int not null default 0 constraint collections_portions_check check (portions >= 0),
            cold text not null default 'none' constraint collections_cold_check
                check (cold in ('none', 'chilled', 'frozen')),
            -- The earliest end of a use-by day among its items.
            food_date_ends_at timestamptz,
            -- Who should drive: volunteers below the volume of a setting, professionals above.
            carrier text not null default 'volunteer' constraint collections_carrier_check
                check (carrier in ('volunteer', 'professional')),
            notes text not null default '' constraint collections_notes_check check (char_length(notes) <= 1000),
            reason text constraint collections_reason_check check (char_length(reason) <= 500),
            decided_by uuid constraint collections_decided_by_fkey references app.accounts,
            version int not null default 1,
            created_at timestamptz not null default now(),
            changed_at timestamptz not null default now(),
            constraint collections_window_check check (window_start < window_end),
            constraint collections_giver_check check (num_nonnulls(shop_id, giver_id) = 1),
            constraint collections_receiver_check check (
                status in ('requested', 'refused', 'cancelled', 'failed')
                or association_id is not null and to_point is not null),
            constraint collections_reason_said_check check (status not in ('refused', 'failed') or reason is not null)
        );
        create index collections_shop_id_idx on app.collections (shop_id, id) where shop_id is not null;
        create index collections_giver_id_idx on app.collections (giver_id, id) where giver_id is not null;
        create index collections_association_id_idx on app.collections (association_id, id)
            where association_id is not null;
        create index collections_asked_by_idx on app.collections (asked_by) where asked_by is not null;
        create index collections_decided_by_idx on app.collections (decided_by) where decided_by is not null;
        create index collections_remainder_of_idx on app.collections (remainder_of) where remainder_of is not null;
        create index collections_from_point_idx on app.collections (from_point, id);
        create index collections_to_point_idx on app.collections (to_point, id) where to_point is not null;
        create index collections_open_idx on app.collections (window_start)
            where status in ('requested', 'accepted', 'scheduled', 'taken', 'delivered');
        create index collections_status_idx on app.collections (status, id);

        -- One kind of food of a collection. Portions of a lot are taken out of its stock while it waits.
        create table app.collection_items (
            id uuid not null default app.uuid7() constraint collection_items_pkey primary key,
            collection_id uuid not null constraint collection_items_collection_id_fkey references app.collections
                on delete cascade,
            lot_id uuid constraint collection_items_lot_id_fkey references app.lots,
            title text not null constraint collection_items_title_check check (char_length(title) between 1 and 200),
            category text not null,
            grams int constraint collection_items_grams_check check (grams > 0),
            crates int constraint collection_items_crates_check check (crates > 0),
            portions int constraint collection_items_portions_check check (portions > 0),
            date_kind text not null constraint collection_items_date_kind_check
                check (date_kind in ('use_by', 'best_before', 'none')),
            food_date date,
            food_date_ends_at timestamptz,
            batch text constraint collection_items_batch_check check (char_length(batch) <= 100),
            gtin text,
            -- The kind of food whose legal temperature holds (app.temperature_limits names them); null: no limit.
            temperature_kind text,
            -- At the original price, all of it.
            value_cents int constraint collection_items_value_cents_check check (value_cents >= 0),
            -- Whether its portions are out of the lot's stock.
            holds_stock boolean not null default false,
            taken_grams int, taken_crates int, taken_portions int,
            accepted_grams int, accepted_crates int, accepted_portions int,
            refused_because text constraint collection_items_refused_because_check
                check (char_length(refused_because) <= 500),
            constraint collection_items_quantity_check check (num_nonnulls(grams, crates, portions) >= 1),
            constraint collection_items_date_check check ((date_kind = 'none') = (food_date is null)),
            constraint collection_items_stock_check
                check (not holds_stock or lot_id is not null and portions is not null),
            constraint collection_items_taken_check check (
                coalesce(taken_grams, 0) >= 0 and coalesce(taken_crates, 0) >= 0 and coalesce(taken_portions, 0) >= 0
                and coalesce(accepted_grams, 0) between 0 and coalesce(taken_grams, 0)
                and coalesce(accepted_portions, 0) between 0 and coalesce(taken_portions, 0))
        );
        create index collection_items_collection_id_idx on app.collection_items (collection_id);
        create index collection_items_lot_id_idx on app.collection_items (lot_id) where lot_id is not null;

        -- What happened to a collection, in order: its states with who changed them and why.
        create table app.collection_changes (
            id uuid not null default app.uuid7() constraint collection_changes_pkey primary key,
            collection_id uuid not null constraint collection_changes_collection_id_fkey references app.collections
                on delete cascade,
            at timestamptz not null,
            by_account uuid,
            change text not null constraint collection_changes_change_check check (change in (
                'requested', 'accepted', 'refused', 'scheduled', 'unscheduled', 'postponed', 'cancelled', 'taken',
                'delivered', 'received', 'failed', 'reopened', 'edited')),
            details jsonb not null default '{}'
        );
        create index collection_changes_collection_id_idx on app.collection_changes (collection_id, id);

        -- A collector's vehicle, what fits into it, and when and where they drive.
        create table app.collector_profiles (
            collector_id uuid not null constraint collector_profiles_pkey primary key
                constraint collector_profiles_collector_id_fkey references app.collectors on delete cascade,
            vehicle text not null constraint collector_profiles_vehicle_check
                check (vehicle in ('foot', 'bike', 'cargo_bike', 'car', 'van', 'truck')),
            professional boolean not null default false,
            most_grams int not null constraint collector_profiles_most_grams_check check (most_grams > 0),
            crates int not null constraint collector_profiles_crates_check check (crates > 0),
            cold_crates int not null default 0 constraint collector_profiles_cold_crates_check
                check (cold_crates between 0 and crates),
            speed_kmh int not null constraint collector_profiles_speed_kmh_check check (speed_kmh between 3 and 90),
            farthest_metres int constraint collector_profiles_farthest_metres_check check (farthest_metres > 0),
            parking_seconds int not null default 120 constraint collector_profiles_parking_seconds_check
                check (parking_seconds between 0 and 1800),
            latitude double precision not null constraint collector_profiles_latitude_check
                check (latitude between -90 and 90),
            longitude double precision not null constraint collector_profiles_longitude_check
                check (longitude between -180 and 180),
            place point not null generated always as (app.mercator(latitude, longitude)) stored,
            insee_code text not null,
            -- How far from their start they go.
            radius_metres int not null default 10000 constraint collector_profiles_radius_metres_check
                check (radius_metres between 500 and 200000),
            returns_to_start boolean not null default true,
            -- By weekday (mon … sun) a list of ["HH:MM", "HH:MM"], local time of their commune.
            hours jsonb not null default '{}',
            away_until date,
            version int not null default 1
        );
        create index collector_profiles_place_idx on app.collector_profiles using gist (place);

        -- One collector's ordered round of collections on a day.
        create table app.tours (
            id uuid not null default app.uuid7() constraint tours_pkey primary key,
            day date not null,
            collector_id uuid not null constraint tours_collector_id_fkey references app.accounts,
            -- The operator that planned it: an association, null for the platform's admins.
            association_id uuid constraint tours_association_id_fkey references app.associations,
            status text not null default 'proposed' constraint tours_status_check check (status in (
                'proposed', 'accepted', 'under_way', 'done', 'closed', 'declined', 'cancelled')),
            planner text not null constraint tours_planner_check check (planner in ('greedy', 'pyvrp', 'person')),
            begins_at timestamptz not null,
            ends_at timestamptz not null,
            metres int not null constraint tours_metres_check check (metres >= 0),
            -- What was driven, by the collector's word; null: as planned.
            driven_metres int constraint tours_driven_metres_check check (driven_metres >= 0),
            plan_id uuid,
            -- Of the calendar entry; rises with each change.
            sequence int not null default 0,
            version int not null default 1,
            created_at timestamptz not null default now(),
            accepted_at timestamptz,
            started_at timestamptz,
            done_at timestamptz,
            closed_at timestamptz,
            reason text constraint tours_reason_check check (char_length(reason) <= 500),
            constraint tours_times_check check (begins_at <= ends_at),
            constraint tours_accepted_check
                check (status in ('proposed', 'declined', 'cancelled') or accepted_at is not null)
        );
        create index tours_collector_id_idx on app.tours (collector_id, day);
        create index tours_association_id_idx on app.tours (association_id, day) where association_id is not null;
        create index tours_day_idx on app.tours (day, id);
        create index tours_plan_id_idx on app.tours (plan_id) where plan_id is not null;
        -- A collector drives one tour at a time.
        create unique index tours_under_way_key on app.tours (collector_id) where status = 'under_way';

        create table app.tour_stops (
            tour_id uuid not null constraint tour_stops_tour_id_fkey references app.tours on delete cascade,
            number int not null constraint tour_stops_number_check check (number between 1 and 200),
            point_id uuid not null constraint tour_stops_point_id_fkey references app.collection_points,
            arrives_at timestamptz not null,
            leaves_at timestamptz not null,
            -- Folded from its steps.
            state text not null default 'ahead' constraint tour_stops_state_check
                check (state in ('ahead', 'arrived', 'done', 'failed')),
            arrived_at timestamptz,
            ended_at timestamptz,
            constraint tour_stops_pkey primary key (tour_id, number),
            constraint tour_stops_times_check check (arrives_at <= leaves_at)
        );
        create index tour_stops_point_id_idx on app.tour_stops (point_id);

        -- What is to be done at a stop: take a collection, or leave it.
        create table app.stop_tasks (
            tour_id uuid not null,
            number int not null,
            collection_id uuid not null constraint stop_tasks_collection_id_fkey references app.collections,
            kind text not null constraint stop_tasks_kind_check check (kind in ('take', 'leave')),
            -- Whether it is still to be done, or was done, in this tour: false once the collection left it.
            living boolean not null default true,
            constraint stop_tasks_pkey primary key (tour_id, collection_id, kind),
            constraint stop_tasks_stop_fkey foreign key (tour_id, number) references app.tour_stops on delete cascade
        );
        -- A collection is in one tour at a time.
        create unique index stop_tasks_living_key on app.stop_tasks (collection_id, kind) where living;
        create index stop_tasks_collection_id_idx on app.stop_tasks (collection_id);
        create index stop_tasks_stop_idx on app.stop_tasks (tour_id, number);

        -- What a collector reported from a stop. The id is the device's, so that a step sent again is the same step.
        create table app.tour_steps (
            id uuid not null constraint tour_steps_pkey primary key,
            tour_id uuid not null constraint tour_steps_tour_id_fkey references app.tours on delete cascade,
            number int not null,
            collection_id uuid constraint tour_steps_collection_id_fkey references app.collections,
            kind text not null constraint tour_steps_kind_check check (kind in (
                'arrived', 'taken', 'left', 'temperature', 'signature', 'photo', 'incident')),
            at timestamptz not null,
            received_at timestamptz not null,
            by_account uuid constraint tour_steps_by_account_fkey references app.accounts,
            details jsonb not null default '{}',
            photo_id uuid constraint tour_steps_photo_id_fkey references app.photos,
            -- Of what was sent, so that another step with the same id is refused.
            fingerprint bytea not null,
            constraint tour_steps_stop_fkey foreign key (tour_id, number) references app.tour_stops on delete cascade
        );
        create index tour_steps_stop_idx on app.tour_steps (tour_id, number, at);
        create index tour_steps_collection_id_idx on app.tour_steps (collection_id) where collection_id is not null;
        create index tour_steps_by_account_idx on app.tour_steps (by_account) where by_account is not null;
        create index tour_steps_photo_id_idx on app.tour_steps (photo_id) where photo_id is not null;

        insert into app.settings (name, value, kind, minimum, maximum) values
            ('professional_above_grams', 100000, 'grams', 1000, 100000000);
        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('tours', '6 years', 'jour de la tournée',
             'Traçabilité des denrées, et inventaire des dons que l''administration fiscale peut demander.'),
            ('collections', '6 years', 'demande',
             'Traçabilité des denrées, et inventaire des dons que l''administration fiscale peut demander.');
    """)
    op.execute("""
        insert into app.collection_points (kind, shop_id, name, address, insee_code, latitude, longitude,
            opening_hours, shown)
        select 'shop', s.id, s.name, s.address, s.insee_code, s.latitude, s.longitude,
            s.opening_hours, s.status = 'verified'
        from app.shops s;
        insert into app.collection_points (kind, association_id, name, address, insee_code, latitude, longitude,
            opening_hours, shown)
        select 'association', a.id, a.name, coalesce(a.address, ''), a.insee_code, a.latitude, a.longitude,
            a.opening_hours, a.is_public and a.status = 'verified'
        from app.associations a;
    """)
