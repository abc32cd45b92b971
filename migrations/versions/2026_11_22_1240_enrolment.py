"""Add imports that show their progress, transfers between associations, and reminders that a right ends."""

from alembic import op

revision = "2026_11_22_1240"
down_revision = "2026_11_22_1230"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- The progress of an import; the content of the file is stored nowhere.
        create table app.imports (
            id uuid default app.uuid7() constraint imports_pkey primary key,
            account_id uuid not null constraint imports_account_id_fkey references app.accounts,
            lines int not null constraint imports_lines_check check (lines >= 0),
            enrolled int not null default 0,
            already_enrolled int not null default 0,
            refused int not null default 0,
            status text not null default 'running' constraint imports_status_check
                check (status in ('running', 'done', 'failed')),
            begun_at timestamptz not null,
            -- The last activity; an import whose process died shows none any more.
            seen_at timestamptz not null,
            ended_at timestamptz,
            constraint imports_outcomes_check
                check (enrolled >= 0 and already_enrolled >= 0 and refused >= 0
                       and enrolled + already_enrolled + refused <= lines)
        );
        create index imports_account_id_idx on app.imports (account_id, id);

        -- A beneficiary's transfers from one association to another, past ones included.
        create table app.transfers (
            id uuid default app.uuid7() constraint transfers_pkey primary key,
            beneficiary_id uuid not null
                constraint transfers_beneficiary_id_fkey references app.beneficiaries on delete cascade,
            -- null if an admin had enrolled them.
            from_association_id uuid constraint transfers_from_association_id_fkey references app.associations,
            to_association_id uuid not null
                constraint transfers_to_association_id_fkey references app.associations,
            status text not null default 'pending' constraint transfers_status_check
                check (status in ('pending', 'accepted', 'declined', 'withdrawn')),
            asked_by uuid not null constraint transfers_asked_by_fkey references app.accounts,
            asked_at timestamptz not null,
            ended_at timestamptz,
            constraint transfers_ended_at_check check ((status = 'pending') = (ended_at is null)),
            constraint transfers_association_check check (from_association_id <> to_association_id)
        );
        -- One pending transfer per beneficiary.
        create unique index transfers_pending_key on app.transfers (beneficiary_id) where status = 'pending';
        create index transfers_beneficiary_id_idx on app.transfers (beneficiary_id, id);
        create index transfers_from_association_id_idx on app.transfers (from_association_id, id);
        create index transfers_to_association_id_idx on app.transfers (to_association_id, id);

        -- The reminders that were sent: one per beneficiary, last day of the right and stage.
        create table app.right_reminders (
            beneficiary_id uuid not null
                constraint right_reminders_beneficiary_id_fkey references app.beneficiaries on delete cascade,
            right_ends date not null,
            days_before int not null constraint right_reminders_days_before_check check (days_before in (7, 30)),
            reminded_at timestamptz not null,
            constraint right_reminders_pkey primary key (beneficiary_id, right_ends, days_before)
        );

        -- For the ETag of a beneficiary.
        alter table app.beneficiaries add column version int not null default 1;
        create index beneficiaries_status_idx on app.beneficiaries (association_id, status, id);
        create index beneficiaries_ends_idx on app.beneficiaries (association_id, eligible_until);
        create index beneficiaries_eligible_until_idx on app.beneficiaries (eligible_until);
    """)
