"""Keep a person's diet, sealed, with a consent of its own: it is health data. The privacy notice says so."""

from alembic import op

revision = "2026_11_29_1542"
down_revision = "2026_11_29_1500"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- The allergens that somebody avoids, sealed with their data key and padded, so that not even its length tells.
        create table app.diets (
            account_id uuid constraint diets_pkey primary key
                constraint diets_account_id_fkey references app.accounts,
            sealed bytea not null
        );

        alter table app.consents
            drop constraint consents_purpose_check,
            add constraint consents_purpose_check check (purpose in ('terms', 'notifications', 'diet'));
        alter table app.text_versions
            drop constraint text_versions_kind_check,
            add constraint text_versions_kind_check check (kind in ('terms', 'privacy', 'notifications', 'diet'));
        insert into app.text_versions (kind, version, since) values
            ('diet', '2026-11', '2026-11-01'),
            ('privacy', '2026-11', '2026-11-01');

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('diets', null, 'durée du consentement',
             'Allergènes que la personne évite, chiffrés ; effacés dès qu''elle retire son consentement.');
    """)
