"""Add the sessions of browsers, so that people can use the pages without holding an access token themselves."""

from alembic import op

revision = "2026_11_29_1600"
down_revision = "2026_11_29_1530"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.page_sessions (
            id_hash bytea constraint page_sessions_pkey primary key,
            kind text not null constraint page_sessions_kind_check check (kind in ('person', 'kiosk', 'station')),
            account_id uuid constraint page_sessions_account_id_fkey references app.accounts on delete cascade,
            session_id uuid constraint page_sessions_session_id_fkey references app.sessions on delete cascade,
            sealed bytea not null,
            created_at timestamptz not null,
            seen_on date not null,
            ends_at timestamptz not null,
            constraint page_sessions_person_check check ((kind = 'person') = (account_id is not null))
        );
        create index page_sessions_account_id_idx on app.page_sessions (account_id);
        create index page_sessions_session_id_idx on app.page_sessions (session_id);
        create index page_sessions_ends_at_idx on app.page_sessions (ends_at);

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('page_sessions', '0', 'fin de validité', 'Sans objet une fois terminées.');
    """)
