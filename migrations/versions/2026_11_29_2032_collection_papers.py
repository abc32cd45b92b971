"""Add donation slips and donation receipts, which do not change once they are issued."""

from alembic import op

revision = "2026_11_29_2032"
down_revision = "2026_11_29_2040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- A paper about collected food: its contents, frozen when it is issued, and the hash of the PDF made from them.
        -- A slip is for one collection; a donation receipt of an association for a shop has a number, without gaps.
        create table app.collection_papers (
            id uuid not null default app.uuid7() constraint collection_papers_pkey primary key,
            kind text not null constraint collection_papers_kind_check check (kind in ('slip', 'donation')),
            -- No foreign keys: papers are kept longer than what they are about.
            collection_id uuid constraint collection_papers_collection_id_key unique,
            shop_id uuid,
            association_id uuid not null,
            number text,
            first_day date not null,
            last_day date not null,
            value_cents bigint constraint collection_papers_value_cents_check check (value_cents > 0),
            issued_at timestamptz not null,
            contents jsonb not null,
            sha256 text,
            bytes int,
            stored_at timestamptz,
            constraint collection_papers_number_key unique (association_id, number),
            constraint collection_papers_about_check check (
                (kind = 'slip') = (collection_id is not null) and (kind = 'donation') = (number is not null)
                and (kind = 'slip' or shop_id is not null and value_cents is not null)),
            constraint collection_papers_stored_check check (
                (stored_at is null) = (sha256 is null) and (stored_at is null) = (bytes is null))
        );
        create index collection_papers_shop_id_idx on app.collection_papers (shop_id, id) where shop_id is not null;
        create index collection_papers_association_id_idx on app.collection_papers (association_id, id);
        create index collection_papers_issued_at_idx on app.collection_papers (issued_at);

        -- The last number of an association's donation receipts in a year.
        create table app.donation_numbers (
            association_id uuid not null,
            year int not null,
            last int not null constraint donation_numbers_last_check check (last > 0),
            constraint donation_numbers_pkey primary key (association_id, year)
        );
        -- Each collection is on one donation receipt.
        create table app.donated_collections (
            collection_id uuid not null constraint donated_collections_pkey primary key,
            paper_id uuid not null constraint donated_collections_paper_id_fkey references app.collection_papers
                on delete cascade
        );
        create index donated_collections_paper_id_idx on app.donated_collections (paper_id);

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('slips', '6 years', 'réception',
             'Inventaire des dons que l''administration fiscale peut demander (LPF, art. L. 102 B).'),
            ('donation_receipts', '10 years', 'émission',
             'Pièce comptable de l''entreprise qui donne (code de commerce, art. L. 123-22).');
    """)
