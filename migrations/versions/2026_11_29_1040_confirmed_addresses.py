"""Add what waits for the confirmation of an e-mail address, and the devices that accounts sign in from.

A registration becomes an account when its address is confirmed. Accounts that an earlier release opened without it
stay; their address is confirmed at their next sign-in. Tokens in mails that have not been used end here.
"""

from alembic import op

revision = "2026_11_29_1040"
down_revision = "2026_11_29_1050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- What becomes true once somebody shows that they read the mail: a registration becomes an account, or the
        -- address of an account counts as confirmed.
        create table app.confirmations (
            -- The account's id, for a registration that is confirmed.
            id uuid not null default app.uuid7() constraint confirmations_pkey primary key,
            -- null for a registration, which has no account yet.
            account_id uuid constraint confirmations_account_id_fkey references app.accounts on delete cascade,
            -- A keyed hash of the address. A registration's address and name are sealed: the address may be that of a
            -- beneficiary, which stands nowhere in clear.
            lookup bytea not null constraint confirmations_lookup_check check (length(lookup) = 32),
            sealed bytea,
            role text constraint confirmations_role_check
                check (role in ('customer', 'merchant', 'collector', 'association')),
            locale text constraint confirmations_locale_check check (locale in ('fr', 'en')),
            terms text,
            password_hash text,
            -- null until the mail is sent.
            token_hash bytea constraint confirmations_token_hash_key unique,
            code_hash bytea,
            code_ends_at timestamptz,
            asked_at timestamptz not null,
            ends_at timestamptz not null,
            constraint confirmations_registration_check check (
                num_nonnulls(sealed, role, locale, terms, password_hash)
                = case when account_id is null then 5 else 0 end),
            constraint confirmations_mailed_check check (num_nonnulls(token_hash, code_hash, code_ends_at) in (0, 3))
        );
        create index confirmations_account_id_idx on app.confirmations (account_id) where account_id is not null;
        create index confirmations_lookup_idx on app.confirmations (lookup);
        create index confirmations_ends_at_idx on app.confirmations (ends_at);

        delete from app.one_time_tokens where purpose = 'verify_email';
        alter table app.one_time_tokens
            drop constraint one_time_tokens_purpose_check,
            add constraint one_time_tokens_purpose_check check (purpose in ('reset_password', 'activate'));

        -- An address that nobody has confirmed keeps nobody else from confirming it.
        alter table app.sealed_addresses drop constraint sealed_addresses_lookup_key;
        create unique index sealed_addresses_lookup_key on app.sealed_addresses (lookup) where verified_at is not null;
        create index sealed_addresses_lookup_idx on app.sealed_addresses (lookup);

        -- Devices that somebody signed in from, known by the keyed hash of a secret that the device keeps.
        create table app.devices (
            account_id uuid not null constraint devices_account_id_fkey references app.accounts on delete cascade,
            device_hash bytea not null,
            known_since timestamptz not null,
            last_used_on date not null,
            constraint devices_pkey primary key (account_id, device_hash)
        );
        create index devices_last_used_on_idx on app.devices (last_used_on);

        -- Who spent a token: keyed hashes of the device and of the Idempotency-Key.
        alter table app.refresh_tokens
            add column spent_by bytea,
            add column spent_with bytea;

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('confirmations', '0', 'fin de validité',
             'Une inscription qui n''est pas confirmée n''a plus d''objet ; son adresse est chiffrée jusque-là.'),
            ('devices', '1 year', 'dernière connexion',
             'Un appareil connu se connecte encore quand un inconnu a épuisé les essais.');
    """)
