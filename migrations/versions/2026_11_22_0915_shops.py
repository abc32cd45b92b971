"""Add shops, associations and collectors, and what admins decided about each."""

from alembic import op

revision = "2026_11_22_0915"
down_revision = "2026_11_22_0910"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table app.shops (
            id uuid default app.uuid7() constraint shops_pkey primary key,
            owner_id uuid not null constraint shops_owner_id_fkey references app.accounts,
            name text not null constraint shops_name_check check (length(name) between 1 and 120),
            siret text not null constraint shops_siret_check check (siret ~ '^[0-9]{14}$'),
            address text not null constraint shops_address_check check (length(address) between 1 and 300),
            insee_code text not null constraint shops_insee_code_check check (insee_code ~ '^[0-9][0-9AB][0-9]{3}$'),
            latitude float8 not null constraint shops_latitude_check check (latitude between -85 and 85),
            longitude float8 not null constraint shops_longitude_check check (longitude between -180 and 180),
            place point not null generated always as (app.mercator(latitude, longitude)) stored,
            category text not null constraint shops_category_check check (app.category_number(category) is not null),
            opening_hours jsonb not null default '{}',
            status text not null default 'pending' constraint shops_status_check
                check (status in ('pending', 'verified', 'rejected', 'suspended')),
            version int not null default 1,
            created_at timestamptz not null default now()
        );
        -- One verified shop per SIRET; an unverified claim blocks nobody.
        create unique index shops_verified_siret_key on app.shops (siret) where status in ('verified', 'suspended');
        create index shops_owner_id_idx on app.shops (owner_id);
        create index shops_status_idx on app.shops (status, id);

        create table app.associations (
            id uuid constraint associations_pkey primary key
                constraint associations_id_fkey references app.accounts,
            name text not null,
            status text not null default 'pending' constraint associations_status_check
                check (status in ('pending', 'verified', 'rejected')),
            created_at timestamptz not null default now()
        );

        create table app.collectors (
            id uuid constraint collectors_pkey primary key
                constraint collectors_id_fkey references app.accounts,
            status text not null default 'pending' constraint collectors_status_check
                check (status in ('pending', 'verified', 'rejected')),
            created_at timestamptz not null default now()
        );

        -- Append-only: who decided what, when and why, about a shop, an association, a collector or an account.
        create table app.decisions (
            id uuid default app.uuid7() constraint decisions_pkey primary key,
            subject text not null constraint decisions_subject_check
                check (subject in ('shop', 'association', 'collector', 'account')),
            subject_id uuid not null,
            decision text not null constraint decisions_decision_check
                check (decision in ('verified', 'rejected', 'suspended', 'restored')),
            reason text,
            decided_by uuid not null constraint decisions_decided_by_fkey references app.accounts,
            decided_at timestamptz not null default now()
        );
        create index decisions_subject_id_idx on app.decisions (subject_id, id);
        create index decisions_decided_by_idx on app.decisions (decided_by);
    """)
