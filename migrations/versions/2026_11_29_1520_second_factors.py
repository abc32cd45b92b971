"""Add second factors: a password alone must not let anybody be an admin or read beneficiaries' names."""

from alembic import op

revision = "2026_11_29_1520"
down_revision = "2026_11_29_1540"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.second_factors (
            account_id uuid not null constraint second_factors_pkey primary key
                constraint second_factors_account_id_fkey references app.accounts on delete cascade,
            -- Each enrolment has its own: a code that was compared with one secret does not confirm another.
            id uuid not null default app.uuid7() constraint second_factors_id_key unique,
            -- The secret, sealed with the person's data key.
            sealed bytea not null,
            begun_at timestamptz not null default now(),
            activated_at timestamptz,
            -- The number of the 30-second step whose code was accepted last. No code of it or of an earlier one counts.
            last_step bigint,
            -- When the factor goes because an admin was told that it is lost.
            reset_at timestamptz,
            constraint second_factors_state_check check (case
                when activated_at is null then num_nonnulls(last_step, reset_at) = 0
                else last_step is not null end)
        );
        create index second_factors_begun_at_idx on app.second_factors (begun_at) where activated_at is null;
        create index second_factors_reset_at_idx on app.second_factors (reset_at) where reset_at is not null;

        create table app.recovery_codes (
            -- A keyed hash of the account and the code.
            code_hash bytea not null constraint recovery_codes_pkey primary key
                constraint recovery_codes_code_hash_check check (octet_length(code_hash) = 32),
            account_id uuid not null constraint recovery_codes_account_id_fkey
                references app.second_factors on delete cascade,
            used_at timestamptz
        );
        create index recovery_codes_account_id_idx on app.recovery_codes (account_id);

        alter table app.sessions
            -- When the sign-in passed the second factor.
            add column factor_at timestamptz,
            add constraint sessions_factor_at_check check (factor_at is null or kiosk_id is null),
            drop constraint sessions_ended_because_check,
            add constraint sessions_ended_because_check check (ended_because in (
                'signed_out', 'token_reused', 'password_changed', 'suspended',
                'card_revoked', 'kiosk_revoked', 'next_person', 'factor_added', 'factor_reset'));
        alter table app.one_time_tokens
            drop constraint one_time_tokens_purpose_check,
            add constraint one_time_tokens_purpose_check
                check (purpose in ('reset_password', 'activate', 'second_factor'));
        alter table app.decisions
            drop constraint decisions_decision_check,
            add constraint decisions_decision_check
                check (decision in ('verified', 'rejected', 'suspended', 'restored', 'withdrawn', 'factor_reset')),
            add constraint decisions_factor_reset_check check (decision <> 'factor_reset' or subject = 'account');

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('second_factors', '1 day', 'début de l''ajout',
             'Double authentification qu''aucun code n''a confirmée.');
    """)
