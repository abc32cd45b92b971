"""Add alerts for saved places: people hear of lots near them without searching, some times a day and in one mail."""

from alembic import op

revision = "2026_11_29_1541"
down_revision = "2026_11_29_1550"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.place_alerts (
            place_id uuid constraint place_alerts_pkey primary key
                constraint place_alerts_place_id_fkey references app.saved_places on delete cascade,
            account_id uuid not null constraint place_alerts_account_id_fkey references app.accounts,
            -- On the map of app.mercator: what a lot's place is compared with. Kept by triggers.
            area circle not null,
            radius_m int not null constraint place_alerts_radius_m_check check (radius_m between 200 and 50000),
            -- Empty: all.
            categories text[] not null default '{}' constraint place_alerts_categories_check
                check (cardinality(categories) <= 17 and categories <@ array[
                    'fruits_vegetables', 'bakery', 'pastry', 'butcher', 'delicatessen', 'fish', 'dairy', 'cheese',
                    'grocery', 'prepared_meals', 'caterer', 'drinks', 'desserts', 'frozen', 'canned', 'organic',
                    'other']),
            max_price_cents int
                constraint place_alerts_max_price_cents_check check (max_price_cents between 1 and 100000),
            most_a_day smallint not null default 2
                constraint place_alerts_most_a_day_check check (most_a_day between 1 and 10),
            -- How often its person was told on the latest day on which they were.
            told_on date,
            told int not null default 0
        );
        create index place_alerts_area_idx on app.place_alerts using gist (area);
        create index place_alerts_account_id_idx on app.place_alerts (account_id);

        -- Alerts for which something came on offer. `since`: of the lots that were published from then on, the next
        -- notice tells.
        create table app.alerts_due (
            -- No foreign key: removing a place would lock the alert before this row, and the worker locks them the
            -- other way round. The worker removes a row whose alert is gone.
            place_id uuid constraint alerts_due_pkey primary key,
            since timestamptz not null,
            due_at timestamptz not null
        );
        create index alerts_due_due_at_idx on app.alerts_due (due_at);

        -- The place whose alert was looked at last; null once all were.
        alter table app.lots_to_announce
            add column places_after uuid default '00000000-0000-0000-0000-000000000000';

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('place_alerts', null, 'durée du compte',
             'Alertes choisies pour des lieux, et combien de fois la personne a été prévenue le dernier jour.');
    """)
