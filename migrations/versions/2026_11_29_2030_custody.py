"""Add limits of temperature, what was left of a collection, frozen items, and the chain of custody."""

from alembic import op

revision = "2026_11_29_2030"
down_revision = "2026_11_29_1930"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- The legal temperature of a kind of food, from a day on; a newer row of the kind replaces it. Null: no limit
        -- on that side. `tolerance` may be added for a short time, as at a handover.
        create table app.temperature_limits (
            kind text not null constraint temperature_limits_kind_check check (char_length(kind) between 1 and 40),
            valid_from date not null,
            least numeric(4, 1),
            most numeric(4, 1),
            tolerance numeric(3, 1) not null default 0 constraint temperature_limits_tolerance_check
                check (tolerance >= 0),
            source text not null,
            constraint temperature_limits_pkey primary key (kind, valid_from),
            constraint temperature_limits_sides_check check (least is null or most is null or least <= most)
        );
        insert into app.temperature_limits (kind, valid_from, least, most, tolerance, source) values
            ('minced', '2009-12-21', null, 2, 0, 'Arrêté du 21 décembre 2009, annexe I : viandes hachées'),
            ('prepared_ahead', '2009-12-21', null, 3, 0,
             'Arrêté du 21 décembre 2009, annexe I : préparations culinaires élaborées à l''avance'),
            ('very_perishable', '2009-12-21', null, 4, 0,
             'Arrêté du 21 décembre 2009, annexe I : volailles et denrées très périssables'),
            ('perishable', '2009-12-21', null, 8, 0, 'Arrêté du 21 décembre 2009, annexe I : denrées périssables'),
            ('deep_frozen', '2009-12-21', null, -18, 3,
             'Arrêté du 21 décembre 2009, annexe I : surgelés et glaces ; hausse brève de 3 °C tolérée'),
            ('frozen', '2009-12-21', null, -12, 3,
             'Arrêté du 21 décembre 2009, annexe I : autres denrées congelées ; hausse brève de 3 °C tolérée'),
            ('hot', '2009-12-21', 63, null, 0, 'Arrêté du 21 décembre 2009, annexe I : plats servis chauds'),
            ('label', '2009-12-21', null, null, 0,
             'Denrées préemballées : la température que dit l''étiquette, que la personne compare');

        -- What was left at the association, and why nobody may receive an item: its cold chain broke, or a recall.
        alter table app.collection_items
            add left_grams int, add left_crates int, add left_portions int,
            add frozen_because text constraint collection_items_frozen_because_check
                check (frozen_because in ('cold_chain', 'recalled')),
            add frozen_at timestamptz,
            add constraint collection_items_left_check
                check (coalesce(left_grams, 0) >= 0 and coalesce(left_crates, 0) >= 0
                       and coalesce(left_portions, 0) >= 0),
            add constraint collection_items_frozen_check check ((frozen_because is null) = (frozen_at is null));

        -- The incident by which a task ended. A later step can make it living again.
        alter table app.stop_tasks
            add ended_by uuid constraint stop_tasks_ended_by_fkey references app.tour_steps,
            add constraint stop_tasks_ended_check check (not living or ended_by is null);
        create index stop_tasks_ended_by_idx on app.stop_tasks (ended_by) where ended_by is not null;

        -- Who had the food of a collection, entry by entry, each linked to the one before by its hash. Entries stand in
        -- the order in which they arrived; `at` is when it happened. They name no person.
        create table app.custody_entries (
            id uuid not null default app.uuid7() constraint custody_entries_pkey primary key,
            collection_id uuid not null constraint custody_entries_collection_id_fkey references app.collections
                on delete cascade,
            number int not null constraint custody_entries_number_check check (number > 0),
            kind text not null constraint custody_entries_kind_check check (kind in (
                'taken', 'left', 'temperature', 'signature', 'photo', 'incident', 'received', 'recalled', 'distributed',
                'compost', 'feed', 'bin')),
            -- The step, the reception, the recall or the declaration that it is about.
            source uuid not null,
            at timestamptz not null,
            recorded_at timestamptz not null,
            content jsonb not null default '{}',
            previous bytea not null constraint custody_entries_previous_check check (octet_length(previous) = 32),
            hash bytea not null constraint custody_entries_hash_check check (octet_length(hash) = 32),
            constraint custody_entries_place_key unique (collection_id, number),
            constraint custody_entries_source_key unique (collection_id, kind, source)
        );
        -- How long each chain is and how it ends, so that a removed last entry shows too.
        create table app.custody_heads (
            collection_id uuid not null constraint custody_heads_pkey primary key
                constraint custody_heads_collection_id_fkey references app.collections on delete cascade,
            entries int not null constraint custody_heads_entries_check check (entries > 0),
            hash bytea not null
        );
    """)
