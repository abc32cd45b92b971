"""Add what associations take and lack, and whether a shop sells on more than 400 m²."""

from alembic import op

revision = "2026_11_29_2021"
down_revision = "2026_11_29_2030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.association_needs (
            association_id uuid not null constraint association_needs_pkey primary key
                constraint association_needs_association_id_fkey references app.associations on delete cascade,
            -- Categories of lots that it takes, and those that it lacks.
            takes text[] not null constraint association_needs_takes_check check (cardinality(takes) between 1 and 17),
            lacks text[] not null default '{}' constraint association_needs_lacks_check check (lacks <@ takes),
            -- 1 is Monday. Deliveries may arrive between these times of day, where the association is.
            weekdays int[] not null constraint association_needs_weekdays_check
                check (cardinality(weekdays) between 1 and 7 and weekdays <@ '{1,2,3,4,5,6,7}'),
            opens time not null,
            closes time not null,
            grams_a_day int not null constraint association_needs_grams_a_day_check
                check (grams_a_day between 1000 and 100000000),
            -- Of them chilled or frozen; 0: no cold storage.
            cold_grams_a_day int not null default 0 constraint association_needs_cold_grams_a_day_check
                check (cold_grams_a_day between 0 and grams_a_day),
            frozen boolean not null default false,
            farthest_metres int not null constraint association_needs_farthest_metres_check
                check (farthest_metres between 500 and 200000),
            -- Whether a request that fits is accepted by itself, or waits for a person.
            decides text not null default 'person' constraint association_needs_decides_check
                check (decides in ('person', 'automatic')),
            version int not null default 1,
            constraint association_needs_hours_check check (opens < closes),
            constraint association_needs_frozen_check check (not frozen or cold_grams_a_day > 0)
        );

        -- Larger shops give only to associations that they have an agreement with (code de l'environnement, L541-15-6).
        alter table app.shops add column above_400_m2 boolean not null default false;

        -- 1: a request that nobody was asked for is offered to the association that fits best; 0: a person chooses.
        insert into app.settings (name, value, kind, minimum, maximum) values
            ('collections_offered_automatically', 1, 'count', 0, 1);
        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('association_needs', null, 'durée de l''association', 'Ce que l''association peut recevoir.');
    """)
