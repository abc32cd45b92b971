"""Add what associations accept and declare of collections, their impact, and what vehicles emit."""

from alembic import op

revision = "2026_11_29_2031"
down_revision = "2026_11_29_2021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.collections
            add received_at timestamptz,
            add received_degrees numeric(4, 1);

        -- What a kilometre of a vehicle emits, from a day on. A newer row replaces it.
        create table app.vehicle_factors (
            vehicle text not null constraint vehicle_factors_vehicle_check
                check (vehicle in ('foot', 'bike', 'cargo_bike', 'car', 'van', 'truck')),
            valid_from date not null,
            co2e_grams_per_km int not null constraint vehicle_factors_grams_check check (co2e_grams_per_km >= 0),
            source text not null,
            constraint vehicle_factors_pkey primary key (vehicle, valid_from)
        );
        insert into app.vehicle_factors (vehicle, valid_from, co2e_grams_per_km, source) values
            ('foot', '2012-04-10', 0, 'ADEME, Impact CO2 : marche, usage'),
            ('bike', '2012-04-10', 0, 'ADEME, Impact CO2 : vélo, usage'),
            ('cargo_bike', '2012-04-10', 11, 'ADEME, Impact CO2 : vélo à assistance électrique'),
            ('car', '2012-04-10', 192, 'ADEME, Impact CO2 : voiture thermique, usage'),
            ('van', '2012-04-10', 491,
             'Arrêté du 10 avril 2012, annexes I et II : utilitaire de 3,5 t, 0,160 l/km de gazole à 3,07 kg/l'),
            ('truck', '2012-04-10', 675,
             'Arrêté du 10 avril 2012, annexes I et II : porteur de 7,5 t, 0,220 l/km de gazole à 3,07 kg/l');

        -- The impact of a collection, written once when the association has received it. `co2e_grams` is what the food
        -- saved less what its transport emitted, and can be negative.
        create table app.collected_impact (
            collection_id uuid not null constraint collected_impact_pkey primary key
                constraint collected_impact_collection_id_fkey references app.collections on delete cascade,
            shop_id uuid not null constraint collected_impact_shop_id_fkey references app.shops,
            association_id uuid not null constraint collected_impact_association_id_fkey references app.associations,
            vehicle text,
            metres int not null constraint collected_impact_metres_check check (metres >= 0),
            food_grams int not null constraint collected_impact_food_grams_check check (food_grams > 0),
            meals numeric(12, 3) not null constraint collected_impact_meals_check check (meals > 0),
            transport_co2e_grams bigint not null constraint collected_impact_transport_check
                check (transport_co2e_grams >= 0),
            co2e_grams bigint not null,
            value_saved_cents int not null constraint collected_impact_value_check check (value_saved_cents >= 0),
            recorded_at timestamptz not null,
            written_by xid8 not null default pg_current_xact_id()
        );
        create index collected_impact_written_by_idx on app.collected_impact (written_by);
        create index collected_impact_shop_id_idx on app.collected_impact (shop_id);
        create index collected_impact_association_id_idx on app.collected_impact (association_id);
        create index collected_impact_recorded_at_idx on app.collected_impact (recorded_at);

        -- What an association declares that it did with what it accepted.
        create table app.collection_outcomes (
            id uuid not null default app.uuid7() constraint collection_outcomes_pkey primary key,
            collection_id uuid not null constraint collection_outcomes_collection_id_fkey references app.collections
                on delete cascade,
            outcome text not null constraint collection_outcomes_outcome_check
                check (outcome in ('distributed', 'compost', 'feed', 'bin')),
            grams int not null constraint collection_outcomes_grams_check check (grams > 0),
            day date not null,
            note text not null default '' constraint collection_outcomes_note_check check (char_length(note) <= 500),
            declared_at timestamptz not null
        );
        create index collection_outcomes_collection_id_idx on app.collection_outcomes (collection_id, id);
    """)
