"""Keep what receipts and invoices say about a shop: its company, and the VAT of its food."""

from alembic import op

revision = "2026_11_29_1720"
down_revision = "2026_11_29_1650"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.shops
            -- Of the company behind the SIRET; without it, papers name the shop as it was registered.
            add column legal_name text constraint shops_legal_name_check check (length(legal_name) between 1 and 200),
            add column legal_form text constraint shops_legal_form_check check (length(legal_form) between 1 and 120),
            -- Without it, the shop's own.
            add column legal_address text
                constraint shops_legal_address_check check (length(legal_address) between 1 and 300),
            add column vat_number text
                constraint shops_vat_number_check check (vat_number ~ '^FR[0-9A-HJ-NP-Z]{2}[0-9]{9}$'),
            -- Article 293 B of the CGI: small companies bill no VAT.
            add column vat_franchise boolean not null default false,
            -- The VAT that most of its food bears, in hundredths of a percent; null if it has not said it.
            add column food_vat_bp int
                constraint shops_food_vat_bp_check check (food_vat_bp in (210, 550, 850, 1000, 2000));
    """)
