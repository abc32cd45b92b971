"""Keep how many accounts and shops there are, so that admins' pages do not count them all each time."""

from alembic import op

revision = "2026_11_29_2500"
down_revision = "2026_11_29_2480"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- The number of a kind is the sum of its changes: whoever registers adds a row and waits for nobody.
        create table app.standing_counts (
            id uuid default app.uuid7() constraint standing_counts_pkey primary key,
            kind text not null,
            status text not null,
            came_on date not null,
            change integer not null
        );

        -- Nobody registers until the triggers stand.
        lock table app.accounts, app.shops in share mode;
        insert into app.standing_counts (kind, status, came_on, change)
        select a.role, a.status, (a.created_at at time zone 'Europe/Paris')::date, count(*)
        from app.accounts a where a.erased_at is null group by 1, 2, 3
        union all
        select 'shop', s.status, (s.created_at at time zone 'Europe/Paris')::date, count(*)
        from app.shops s group by 1, 2, 3;
    """)
