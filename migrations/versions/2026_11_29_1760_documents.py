"""Keep papers: receipts, statements, invoices, credit notes, yearly copies; and what statements have listed."""

from alembic import op

revision = "2026_11_29_1760"
down_revision = "2026_11_29_1710"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table accounting.documents (
            id uuid not null default app.uuid7() constraint documents_pkey primary key,
            kind text not null constraint documents_kind_check
                check (kind in ('receipt', 'statement', 'invoice', 'credit_note', 'year')),
            -- Invoices and credit notes alone have a number, without gaps.
            number text constraint documents_number_key unique
                constraint documents_number_check check ((number is not null) = (kind in ('invoice', 'credit_note'))),
            -- What it is for, so that it is issued once: a shop's month, a payment, a subscription's period.
            source text not null,
            -- No foreign keys to shops and reservations, because rows are kept ten years.
            shop_id uuid not null,
            first_day date not null,
            last_day date not null,
            -- Of an invoice or a credit note; of a statement, commission, its VAT and sales.
            net_cents bigint,
            vat_cents bigint,
            gross_cents bigint,
            original_id uuid constraint documents_original_id_fkey references accounting.documents,
            issued_at timestamptz not null,
            -- All that is printed on it.
            contents jsonb not null,
            taken_at timestamptz,
            sha256 text constraint documents_sha256_check check (sha256 ~ '^[0-9a-f]{64}$'),
            bytes int constraint documents_bytes_check check (bytes > 0),
            stored_at timestamptz,
            constraint documents_kind_source_key unique (kind, source),
            constraint documents_original_check check ((original_id is not null) = (kind = 'credit_note')),
            constraint documents_stored_check
                check ((stored_at is null) = (sha256 is null) and (stored_at is null) = (bytes is null)),
            constraint documents_days_check check (first_day <= last_day)
        );
        create index documents_shop_id_idx on accounting.documents (shop_id, id);
        create index documents_last_statement_idx on accounting.documents (shop_id, first_day)
            where kind = 'statement';
        create index documents_original_id_idx on accounting.documents (original_id) where original_id is not null;
        create index documents_to_print_idx on accounting.documents (id) where stored_at is null;
        create index documents_issued_at_idx on accounting.documents (issued_at);

        create table accounting.document_numbers (
            series text not null,
            year int not null,
            last int not null constraint document_numbers_last_check check (last > 0),
            given_at timestamptz not null,
            constraint document_numbers_pkey primary key (series, year)
        );

        -- What a statement lists, once. The statement's row follows in the same transaction.
        create table accounting.stated_lots (
            lot_id uuid not null constraint stated_lots_pkey primary key
                constraint stated_lots_lot_id_fkey references accounting.closed_lots on delete cascade,
            statement_id uuid not null constraint stated_lots_statement_id_fkey references accounting.documents
                on delete cascade deferrable initially deferred
        );
        create index stated_lots_statement_id_idx on accounting.stated_lots (statement_id);
        create table accounting.stated_corrections (
            correction_id bigint not null constraint stated_corrections_pkey primary key
                constraint stated_corrections_correction_id_fkey
                references accounting.closed_lot_corrections on delete cascade,
            statement_id uuid not null constraint stated_corrections_statement_id_fkey references accounting.documents
                on delete cascade deferrable initially deferred
        );
        create index stated_corrections_statement_id_idx on accounting.stated_corrections (statement_id);
        create table accounting.stated_postings (
            posting_id bigint not null constraint stated_postings_pkey primary key
                constraint stated_postings_posting_id_fkey references accounting.postings on delete cascade,
            statement_id uuid not null constraint stated_postings_statement_id_fkey references accounting.documents
                on delete cascade deferrable initially deferred
        );
        create index stated_postings_statement_id_idx on accounting.stated_postings (statement_id);
    """)
