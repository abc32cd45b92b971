"""Add what the relay did not take, so that no mail is lost with it and operators hear of an outage.

A relay that is set up wrong refuses every recipient for good. Whether one address is wrong or the relay can only be
told from other mails, which other workers send at other times.
"""

from alembic import op

revision = "2026_11_29_1050"
down_revision = "2026_11_29_1025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.undelivered_mails (
            -- SHA-256 of what makes the mail unique. The mail itself is made anew at each try and kept nowhere.
            message bytea constraint undelivered_mails_pkey primary key
                constraint undelivered_mails_message_check check (octet_length(message) = 32),
            -- null while the address has no account, because somebody is registering with it.
            account_id uuid
                constraint undelivered_mails_account_id_fkey references app.accounts on delete cascade,
            template text not null constraint undelivered_mails_template_check check (template ~ '^[a-z_]+$'),
            -- null when the relay did not answer.
            smtp_code int constraint undelivered_mails_smtp_code_check check (smtp_code between 0 and 999),
            tries int not null default 1,
            first_at timestamptz not null,
            last_at timestamptz not null,
            -- How often the relay refused this recipient or text, having taken another mail since the time before.
            refusals int not null default 0,
            refused_at timestamptz,
            -- When the address was given up. null: the mail is tried again.
            given_up_at timestamptz
        );
        create index undelivered_mails_account_id_idx on app.undelivered_mails (account_id);
        create index undelivered_mails_last_at_idx on app.undelivered_mails (last_at);
        create index undelivered_mails_waiting_idx on app.undelivered_mails (last_at) where given_up_at is null;

        -- One row, made here: whether the relay takes our mails.
        create table app.mail_relay (
            only_row boolean default true constraint mail_relay_pkey primary key
                constraint mail_relay_only_row_check check (only_row),
            accepted_at timestamptz,
            -- While it fails: when a mail was last tried.
            tried_at timestamptz,
            -- Set once operators were told that the relay fails.
            failing_since timestamptz
        );
        insert into app.mail_relay default values;

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('undelivered_mails', '90 days', 'dernier essai',
             'Adresses qui ne reçoivent plus, et pannes du serveur de courriel ; sans le texte ni l''adresse.');
    """)
