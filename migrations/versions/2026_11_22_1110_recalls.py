"""Add recalls, and let reservations end because of one."""

from alembic import op

revision = "2026_11_22_1110"
down_revision = "2026_11_22_1100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.recalls (
            id uuid default app.uuid7() constraint recalls_pkey primary key,
            gtin text not null constraint recalls_gtin_check check (gtin ~ '^[0-9]{14}$'),
            -- null means every batch.
            batch text constraint recalls_batch_check check (length(batch) between 1 and 20),
            reason text not null constraint recalls_reason_check check (length(reason) between 1 and 500),
            -- null means that it came from the command line.
            issued_by uuid constraint recalls_issued_by_fkey references app.accounts,
            issued_at timestamptz not null default now()
        );
        create index recalls_gtin_idx on app.recalls (gtin);
        create index recalls_issued_by_idx on app.recalls (issued_by);

        alter table app.reservations
            drop constraint reservations_ended_because_check,
            add constraint reservations_ended_because_check check (
                ended_because in ('holder', 'holder_late', 'shop', 'unpaid', 'window_over', 'recalled'));
    """)
