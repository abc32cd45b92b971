"""Add cards and kiosks: people without a phone sign in for minutes, with a card, at an association's tablet."""

from alembic import op

revision = "2026_11_22_1250"
down_revision = "2026_11_22_1240"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.cards (
            id uuid default app.uuid7() constraint cards_pkey primary key,
            beneficiary_id uuid not null constraint cards_beneficiary_id_fkey
                references app.beneficiaries on delete cascade,
            -- The hash of 130 random bits, which nobody can guess. The secret itself stands only on the card.
            secret_hash bytea not null constraint cards_secret_hash_key unique
                constraint cards_secret_hash_check check (length(secret_hash) = 32),
            status text not null default 'active' constraint cards_status_check check (status in ('active', 'revoked')),
            made_at timestamptz not null default now(),
            revoked_at timestamptz,
            constraint cards_revoked_at_check check ((status = 'revoked') = (revoked_at is not null))
        );
        -- A person has at most one card that works, whatever happens at the same time.
        create unique index cards_active_key on app.cards (beneficiary_id) where status = 'active';
        create index cards_beneficiary_id_idx on app.cards (beneficiary_id, id);

        create table app.kiosks (
            id uuid default app.uuid7() constraint kiosks_pkey primary key,
            name text not null constraint kiosks_name_check check (length(name) between 1 and 100),
            -- null if an admin registered it.
            association_id uuid constraint kiosks_association_id_fkey references app.associations,
            device_hash bytea not null constraint kiosks_device_hash_key unique
                constraint kiosks_device_hash_check check (length(device_hash) = 32),
            registered_by uuid not null constraint kiosks_registered_by_fkey references app.accounts,
            created_at timestamptz not null default now(),
            revoked_at timestamptz,
            last_used_on date
        );
        create index kiosks_association_id_idx on app.kiosks (association_id, id);
        create index kiosks_registered_by_idx on app.kiosks (registered_by);

        -- A kiosk's session ends three minutes after the last activity, and after thirty minutes in any case.
        alter table app.sessions
            add column kiosk_id uuid constraint sessions_kiosk_id_fkey references app.kiosks,
            add column card_id uuid constraint sessions_card_id_fkey references app.cards on delete cascade,
            add column ends_at timestamptz,
            add constraint sessions_kiosk_check check (
                (kiosk_id is null) = (card_id is null) and (kiosk_id is null) = (ends_at is null)
                and ends_at <= created_at + interval '30 minutes'),
            drop constraint sessions_ended_because_check,
            add constraint sessions_ended_because_check check (ended_because in (
                'signed_out', 'token_reused', 'password_changed', 'suspended',
                'card_revoked', 'kiosk_revoked', 'next_person'));
        create index sessions_card_id_idx on app.sessions (card_id) where card_id is not null;
        create index sessions_kiosk_id_idx on app.sessions (kiosk_id) where kiosk_id is not null;
    """)
