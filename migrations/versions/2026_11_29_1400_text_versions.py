"""Keep the versions of the texts that people read and agree to, and who was asked to agree to a new version.

Until now the only version stood in the program. A new version of a text is a migration that adds a row here, and two
Markdown files.
"""

from alembic import op

revision = "2026_11_29_1400"
down_revision = "2026_11_29_1345"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.text_versions (
            kind text not null constraint text_versions_kind_check
                check (kind in ('terms', 'privacy', 'notifications')),
            version text not null constraint text_versions_version_check check (version ~ '^[0-9]{4}-[0-9]{2}$'),
            since date not null,
            constraint text_versions_pkey primary key (kind, version),
            constraint text_versions_kind_since_key unique (kind, since)
        );
        insert into app.text_versions (kind, version, since) values
            ('terms', '2026-01', '2026-01-01'),
            ('privacy', '2026-01', '2026-01-01'),
            ('notifications', '2026-01', '2026-01-01');

        create table app.terms_asked (
            account_id uuid not null constraint terms_asked_account_id_fkey references app.accounts on delete cascade,
            version text not null,
            asked_at timestamptz not null,
            constraint terms_asked_pkey primary key (account_id, version)
        );
        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('terms_asked', null, 'durée du compte',
             'Depuis quand une nouvelle version des conditions attend votre accord.');
    """)
