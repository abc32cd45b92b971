"""Add photos and the drafts made from them, and lots' trade number, batch and the time when they become free."""

from alembic import op

revision = "2026_11_22_1100"
down_revision = "2026_11_22_1000"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- The row comes before its files and goes after them, so that no file is ever without a row.
        create table app.photos (
            id uuid default app.uuid7() constraint photos_pkey primary key,
            account_id uuid not null constraint photos_account_id_fkey references app.accounts,
            status text not null default 'coming' constraint photos_status_check
                check (status in ('coming', 'kept', 'going')),
            width int,
            height int,
            -- Whether a lot shows it. Before it removes a photo, the job looks again whether `false` is true.
            used boolean not null default false,
            created_at timestamptz not null default now(),
            constraint photos_size_check check (
                status <> 'kept' or coalesce(width between 1 and 4096 and height between 1 and 4096, false))
        );
        create index photos_account_id_idx on app.photos (account_id, id);
        create index photos_orphans_idx on app.photos (created_at) where not used;

        alter table app.lots
            add column photo_id uuid constraint lots_photo_id_fkey references app.photos,
            -- The number of the trade unit (GTIN-14, with leading zeros) and the batch, by which food is recalled.
            add column gtin text constraint lots_gtin_check check (gtin ~ '^[0-9]{14}$'),
            add column batch text constraint lots_batch_check check (length(batch) between 1 and 20),
            -- When unsold portions become free, if the merchant wants that; and when it happened.
            add column becomes_free_at timestamptz,
            add column converted_at timestamptz,
            add constraint lots_becomes_free_check check (
                becomes_free_at is null
                or becomes_free_at < pickup_end and (kind = 'discounted' or converted_at is not null)),
            add constraint lots_converted_check check (converted_at is null or kind = 'free'),
            drop constraint lots_status_check,
            add constraint lots_status_check
                check (status in ('draft', 'published', 'paused', 'withdrawn', 'recalled', 'ended'));
        create index lots_photo_id_idx on app.lots (photo_id) where photo_id is not null;
        create index lots_gtin_idx on app.lots (gtin) where gtin is not null;
        create index lots_becoming_free_idx on app.lots (becomes_free_at)
            where status = 'published' and kind = 'discounted' and becomes_free_at is not null;

        -- What was drafted from a photo, and what its merchant published.
        create table app.listing_drafts (
            id uuid default app.uuid7() constraint listing_drafts_pkey primary key,
            shop_id uuid not null constraint listing_drafts_shop_id_fkey references app.shops,
            photo_id uuid constraint listing_drafts_photo_id_fkey references app.photos on delete set null,
            reader text not null constraint listing_drafts_reader_check check (reader in ('local', 'model', 'both')),
            model text,
            draft jsonb not null,
            begun_at timestamptz not null,
            drafted_at timestamptz not null,
            lot_id uuid constraint listing_drafts_lot_id_fkey references app.lots,
            published jsonb,
            published_at timestamptz,
            constraint listing_drafts_published_check check (num_nulls(lot_id, published, published_at) in (0, 3))
        );
        create unique index listing_drafts_photo_id_idx on app.listing_drafts (photo_id);
        create index listing_drafts_shop_id_idx on app.listing_drafts (shop_id);
        create index listing_drafts_lot_id_idx on app.listing_drafts (lot_id);
        create index listing_drafts_drafted_at_idx on app.listing_drafts (drafted_at);

        -- How often a shop had the model asked on a day in Paris.
        create table app.model_calls (
            shop_id uuid not null constraint model_calls_shop_id_fkey references app.shops,
            day date not null,
            calls int not null constraint model_calls_calls_check check (calls > 0),
            constraint model_calls_pkey primary key (shop_id, day)
        );
        insert into app.settings (name, value) values ('model_drafts_per_shop_and_day', 40);
    """)
