"""Add the calendars in which collectors see their tours."""

from alembic import op

revision = "2026_11_29_2150"
down_revision = "2026_11_29_2120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- The address of a collector's calendar, by the hash of its token.
        create table app.calendars (
            account_id uuid not null constraint calendars_pkey primary key
                constraint calendars_account_id_fkey references app.accounts on delete cascade,
            token_hash bytea not null constraint calendars_token_hash_key unique,
            made_at timestamptz not null,
            -- The tours that they dropped out of, which others may drive: a list of {id, sequence, begins_at, ends_at}.
            left_tours jsonb not null default '[]'
        );
        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('calendars', null, 'durée du compte',
             'Adresse de l''agenda des tournées, par son empreinte ; son collecteur peut la révoquer à tout moment.');
    """)
