"""Index collection points by their map coordinates, and add reports of how full a point is."""

from alembic import op

revision = "2026_11_29_2011"
down_revision = "2026_11_29_1920"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- Whole metres of the Mercator map, so that a map of all points is drawn from the index alone.
        alter table app.collection_points
            add column map_x int generated always as
                (floor((app.mercator(latitude, longitude))[0])::int) stored,
            add column map_y int generated always as
                (floor((app.mercator(latitude, longitude))[1])::int) stored;
        create index collection_points_map_idx on app.collection_points (map_x, map_y, kind)
            where shown and closed_at is null;

        -- How full the containers of a point are, as somebody there reported.
        create table app.point_reports (
            id uuid not null default app.uuid7() constraint point_reports_pkey primary key,
            point_id uuid not null constraint point_reports_point_id_fkey references app.collection_points
                on delete cascade,
            at timestamptz not null,
            percent int not null constraint point_reports_percent_check check (percent between 0 and 100),
            by_account uuid constraint point_reports_by_account_fkey references app.accounts
        );
        create index point_reports_point_id_idx on app.point_reports (point_id, at);
        create index point_reports_by_account_idx on app.point_reports (by_account) where by_account is not null;
        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('point_reports', '2 years', 'relevé', 'Prévision du prochain passage à un point de collecte.');
    """)
