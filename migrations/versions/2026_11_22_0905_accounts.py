"""Add accounts, sign-ins and consents."""

from alembic import op

revision = "2026_11_22_0905"
down_revision = "2026_11_22_0900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table app.accounts (
            id uuid default app.uuid7() constraint accounts_pkey primary key,
            role text not null constraint accounts_role_check
                check (role in ('customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin')),
            email text constraint accounts_email_check
                check (email = btrim(email) and length(email) between 3 and 254 and position('@' in email) > 1),
            email_verified_at timestamptz,
            display_name text not null constraint accounts_display_name_check
                check (length(display_name) between 1 and 100),
            locale text not null default 'fr' constraint accounts_locale_check check (locale in ('fr', 'en')),
            status text not null default 'active' constraint accounts_status_check
                check (status in ('active', 'suspended')),
            status_reason text,
            created_at timestamptz not null default now()
        );
        create unique index accounts_email_key on app.accounts (lower(email));

        create table app.consents (
            account_id uuid not null constraint consents_account_id_fkey references app.accounts on delete cascade,
            name text not null,
            version text not null,
            given_at timestamptz not null default now(),
            constraint consents_pkey primary key (account_id, name, version)
        );

        -- A table of its own, so that no policy that shows an account can ever show a hash.
        create table app.credentials (
            account_id uuid constraint credentials_pkey primary key
                constraint credentials_account_id_fkey references app.accounts on delete cascade,
            password_hash text not null,
            changed_at timestamptz not null default now()
        );

        -- One row per sign-in; all refresh tokens that follow from it end with it.
        create table app.sessions (
            id uuid default app.uuid7() constraint sessions_pkey primary key,
            account_id uuid not null constraint sessions_account_id_fkey references app.accounts on delete cascade,
            created_at timestamptz not null default now(),
            ended_at timestamptz,
            ended_because text constraint sessions_ended_because_check
                check (ended_because in ('signed_out', 'token_reused', 'password_changed', 'suspended'))
        );
        create index sessions_account_id_idx on app.sessions (account_id);

        create table app.refresh_tokens (
            token_hash bytea constraint refresh_tokens_pkey primary key,
            session_id uuid not null constraint refresh_tokens_session_id_fkey
                references app.sessions on delete cascade,
            issued_at timestamptz not null default now(),
            expires_at timestamptz not null,
            spent_at timestamptz
        );
        create index refresh_tokens_session_id_idx on app.refresh_tokens (session_id);
        create index refresh_tokens_expires_at_idx on app.refresh_tokens (expires_at);

        create table app.one_time_tokens (
            token_hash bytea constraint one_time_tokens_pkey primary key,
            account_id uuid not null constraint one_time_tokens_account_id_fkey
                references app.accounts on delete cascade,
            purpose text not null constraint one_time_tokens_purpose_check
                check (purpose in ('verify_email', 'reset_password', 'activate')),
            expires_at timestamptz not null,
            used_at timestamptz
        );
        create index one_time_tokens_account_id_idx on app.one_time_tokens (account_id, purpose);
        create index one_time_tokens_expires_at_idx on app.one_time_tokens (expires_at);

        -- Counts attempts per bucket and time window, for example sign-ins per account and network address. A bucket is
        -- a keyed hash, so that neither e-mail nor network addresses stand here.
        create table app.throttles (
            bucket bytea constraint throttles_pkey primary key,
            hits int not null,
            resets_at timestamptz not null
        );
        create index throttles_resets_at_idx on app.throttles (resets_at);
    """)
