"""Add the signed sheets of tours."""

from alembic import op

revision = "2026_11_29_2210"
down_revision = "2026_11_29_2135"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- The signed sheet of a tour, in the store of documents. It does not refer to its tour, so that it outlives it
        -- until its file has been removed.
        create table app.signed_sheets (
            tour_id uuid not null constraint signed_sheets_pkey primary key,
            begun_at timestamptz not null,
            -- Null until the file has been stored.
            bytes int constraint signed_sheets_bytes_check check (bytes > 0),
            kept_at timestamptz
        );
        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('signed_sheets', null, 'durée de la tournée',
             'Feuille signée d''une tournée, effacée avec elle : preuve des remises.');
    """)
