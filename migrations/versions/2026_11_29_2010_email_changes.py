"""Add changes of e-mail addresses: one that waits for its confirmation, and one that its old address can take back."""

from alembic import op

revision = "2026_11_29_2010"
down_revision = "2026_11_29_2000"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.email_changes (
            id uuid not null constraint email_changes_pkey primary key,
            account_id uuid not null constraint email_changes_account_id_fkey references app.accounts on delete cascade,
            -- The new address: a keyed hash, and sealed with the person's data key whatever their role.
            lookup bytea not null constraint email_changes_lookup_check check (length(lookup) = 32),
            sealed bytea not null,
            -- null until the mail to the new address is sent, and after the change.
            token_hash bytea constraint email_changes_token_hash_key unique,
            code_hash bytea,
            code_ends_at timestamptz,
            -- For the link in the mails to the old address.
            revoke_hash bytea not null constraint email_changes_revoke_hash_key unique,
            asked_at timestamptz not null,
            changed_at timestamptz,
            -- The old address, if it was confirmed: in clear, or sealed for a beneficiary.
            old_email text,
            old_sealed bytea,
            old_lookup bytea,
            -- Until then it can be confirmed, or after the change taken back.
            ends_at timestamptz not null,
            constraint email_changes_mailed_check check (num_nonnulls(token_hash, code_hash, code_ends_at)
                in (0, case when changed_at is null then 3 else 0 end)),
            constraint email_changes_old_check check (case
                when changed_at is null then num_nonnulls(old_email, old_sealed, old_lookup) = 0
                else num_nonnulls(old_email, old_sealed) = num_nonnulls(old_lookup) end)
        );
        create index email_changes_account_id_idx on app.email_changes (account_id);
        create unique index email_changes_waiting_key on app.email_changes (account_id) where changed_at is null;
        create index email_changes_ends_at_idx on app.email_changes (ends_at);

        alter table app.sessions
            drop constraint sessions_ended_because_check,
            add constraint sessions_ended_because_check check (ended_because in (
                'signed_out', 'token_reused', 'password_changed', 'suspended', 'card_revoked', 'kiosk_revoked',
                'next_person', 'factor_added', 'factor_reset', 'email_changed'));

        alter table app.notice_deliveries
            drop constraint notice_deliveries_mail_check,
            add constraint notice_deliveries_mail_check check (mail in (
                'registration', 'invitation', 'reset_password', 'email_change', 'email_changed'));

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('email_changes', '0', 'fin de validité',
             'Nouvelle adresse à confirmer dans la journée ; ancienne adresse, qui peut annuler pendant 7 jours.');
    """)
