"""Add plans of tours, tours without a collector, and the settings of planning."""

from alembic import op

revision = "2026_11_29_2120"
down_revision = "2026_11_29_2032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- Null: the tour is open to any verified collector, because the one it was offered to declined or dropped out.
        alter table app.tours alter column collector_id drop not null,
            -- When it was first open to all: whoever comes too late may be told that somebody has it.
            add column opened_at timestamptz,
            add constraint tours_collector_check
                check (collector_id is not null or status in ('proposed', 'cancelled'));
        create index tours_open_idx on app.tours (day) where collector_id is null and status = 'proposed';

        -- An operator's wish to plan the tours of a day. A job of the worker makes the plan.
        create table app.tour_plans (
            id uuid not null default app.uuid7() constraint tour_plans_pkey primary key,
            day date not null,
            -- The operator: an association, null for the platform's admins.
            association_id uuid constraint tour_plans_association_id_fkey references app.associations on delete cascade,
            asked_by uuid constraint tour_plans_asked_by_fkey references app.accounts,
            asked_at timestamptz not null,
            effort_seconds int not null constraint tour_plans_effort_seconds_check
                check (effort_seconds between 1 and 60),
            status text not null default 'queued' constraint tour_plans_status_check
                check (status in ('queued', 'running', 'done', 'failed')),
            attempts int not null default 0,
            percent int not null default 0 constraint tour_plans_percent_check check (percent between 0 and 100),
            ended_at timestamptz,
            planner text constraint tour_plans_planner_check check (planner in ('greedy', 'pyvrp')),
            -- Why it is the greedy planner's, or why there is none.
            because text,
            tours int not null default 0,
            planned int not null default 0,
            -- A list of {collection_id, reason}.
            unplanned jsonb not null default '[]',
            constraint tour_plans_ended_check check ((status in ('done', 'failed')) = (ended_at is not null))
        );
        create index tour_plans_association_id_idx on app.tour_plans (association_id, day)
            where association_id is not null;
        create index tour_plans_asked_by_idx on app.tour_plans (asked_by) where asked_by is not null;
        -- One plan at a time of an operator's day.
        create unique index tour_plans_running_key
            on app.tour_plans (day, coalesce(association_id, '00000000-0000-0000-0000-000000000000'))
            where status in ('queued', 'running');

        insert into app.settings (name, value, kind, minimum, maximum) values
            ('chilled_ride_minutes', 60, 'minutes', 10, 240),
            ('road_factor_percent', 130, 'percent', 100, 300);
        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('tour_plans', '1 year', 'demande', 'Savoir pourquoi une collecte n''a pas trouvé de tournée.');
    """)
