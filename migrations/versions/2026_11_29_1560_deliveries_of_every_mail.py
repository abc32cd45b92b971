"""Keep a delivery for every mail, also where no account or several addresses get it, so that none fails unseen."""

from alembic import op

revision = "2026_11_29_1560"
down_revision = "2026_11_29_1510"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.notice_deliveries
            alter column notice_id drop not null,
            alter column account_id drop not null,
            -- What is mailed where no notice says it: the address belongs to no account, or nobody has looked yet.
            add column mail text
                constraint notice_deliveries_mail_check
                    check (mail in ('registration', 'invitation', 'reset_password')),
            -- The registration, the invitation or, for a new password, the account; no account if none is known.
            add column subject uuid,
            -- `enrolled`: the address that an association wrote down of a beneficiary.
            add column address text not null default 'own'
                constraint notice_deliveries_address_check check (address in ('own', 'enrolled')),
            add constraint notice_deliveries_about_check
                check (notice_id is not null and account_id is not null or mail is not null and subject is not null);
        drop index app.notice_deliveries_once_key;
        create unique index notice_deliveries_once_key on app.notice_deliveries (notice_id, channel, address);
        create index notice_deliveries_subject_idx on app.notice_deliveries (subject) where subject is not null;
        -- The notices of recalls that name beneficiaries by their codes, which an erasure takes out.
        create index notices_codes_idx on app.notices using gin ((facts -> 'codes')) where event = 'recall_to_pass_on';
    """)
