"""Add what checks of the ledger found, and how far Stripe's balance transactions were read."""

from alembic import op

revision = "2026_11_29_1770"
down_revision = "2026_11_29_1765"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- How far the balance of an account at Stripe was read without a gap; '' is the platform's own.
        create table accounting.balances_read (
            account text constraint balances_read_pkey primary key,
            read_until timestamptz not null
        );

        create table accounting.ledger_checks (
            id bigint generated always as identity constraint ledger_checks_pkey primary key,
            checked_at timestamptz not null,
            lines bigint not null,
            differences int not null constraint ledger_checks_differences_check check (differences >= 0)
        );
        create index ledger_checks_checked_at_idx on accounting.ledger_checks (checked_at);
        create table accounting.ledger_differences (
            check_id bigint not null constraint ledger_differences_check_id_fkey
                references accounting.ledger_checks on delete cascade,
            number int not null,
            kind text not null constraint ledger_differences_kind_check check (kind ~ '^[a-z_]+$'),
            source text,
            reservation_id uuid,
            shop_id uuid,
            cents bigint not null,
            constraint ledger_differences_pkey primary key (check_id, number)
        );

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('ledger_checks', '1 year', 'contrôle',
             'Contrôles quotidiens du grand livre, pour retrouver le début d''un écart.');
    """)
