"""Add beneficiaries: code and right in one table; the person in another, which only the association may see."""

from alembic import op

revision = "2026_11_22_0920"
down_revision = "2026_11_22_0915"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table app.beneficiaries (
            id uuid constraint beneficiaries_pkey primary key
                constraint beneficiaries_id_fkey references app.accounts,
            code text not null constraint beneficiaries_code_key unique
                constraint beneficiaries_code_check check (code ~ '^[0-9]{4}-BEN-[0-9]{5}$'),
            association_id uuid constraint beneficiaries_association_id_fkey references app.associations,
            status text not null default 'pending' constraint beneficiaries_status_check
                check (status in ('pending', 'verified', 'suspended')),
            eligible_until date not null,
            created_at timestamptz not null default now()
        );
        create index beneficiaries_association_id_idx on app.beneficiaries (association_id, id);

        create table app.beneficiary_persons (
            beneficiary_id uuid constraint beneficiary_persons_pkey primary key
                constraint beneficiary_persons_beneficiary_id_fkey references app.beneficiaries on delete cascade,
            first_name text not null,
            last_name text not null,
            birth_date date not null,
            household_size int constraint beneficiary_persons_household_size_check
                check (household_size between 1 and 30),
            email text,
            phone text
        );

        -- Free portions taken per Paris day: the one row that every way to get a free portion has to lock.
        create table app.free_portions (
            account_id uuid not null constraint free_portions_account_id_fkey references app.accounts,
            day date not null,
            taken int not null constraint free_portions_taken_check check (taken >= 0),
            constraint free_portions_pkey primary key (account_id, day)
        ) with (fillfactor = 80);
    """)
