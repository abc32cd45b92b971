"""Let admins find accounts fast, and decide about one lot."""

from alembic import op

revision = "2026_11_29_1091"
down_revision = "2026_11_29_1120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create index accounts_role_idx on app.accounts (role, status, id);
        create index accounts_status_idx on app.accounts (status, id);
        create index shops_siret_idx on app.shops (siret);
        create index associations_siret_idx on app.associations (siret) where siret is not null;
        -- A shop is found with or without the accents of its name.
        create index shops_name_idx on app.shops using gin (to_tsvector('pg_catalog.simple',
            translate(name, 'ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜàâäçéèêëîïôöùûü', 'AAACEEEEIIOOUUUaaaceeeeiioouuu')));

        alter table app.decisions
            drop constraint decisions_subject_check,
            add constraint decisions_subject_check
                check (subject in ('shop', 'association', 'collector', 'account', 'lot')),
            drop constraint decisions_decision_check,
            add constraint decisions_decision_check
                check (decision in ('verified', 'rejected', 'suspended', 'restored', 'withdrawn')),
            add constraint decisions_lot_check check ((subject = 'lot') = (decision = 'withdrawn'));
    """)
