"""Keep the notices of the public recall feed, what they name, and the lots that match them."""

from alembic import op

revision = "2026_11_29_1550"
down_revision = "2026_11_29_1600"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.recall_notices (
            id uuid not null default app.uuid7() constraint recall_notices_pkey primary key,
            number text not null constraint recall_notices_number_key unique
                constraint recall_notices_number_check check (length(number) between 1 and 40),
            version int not null constraint recall_notices_version_check check (version >= 0),
            published_at timestamptz not null,
            title text not null constraint recall_notices_title_check check (length(title) between 1 and 200),
            brand text constraint recall_notices_brand_check check (length(brand) between 1 and 100),
            reason text not null constraint recall_notices_reason_check check (length(reason) between 1 and 500),
            advice text constraint recall_notices_advice_check check (length(advice) between 1 and 500),
            link text constraint recall_notices_link_check check (length(link) between 1 and 300),
            -- A tsquery over the words of a lot that may be what is recalled; empty where the name says too little.
            names text not null,
            -- Until then the notice also matches food that does not say enough.
            fades_at timestamptz not null,
            read_at timestamptz not null
        );
        create index recall_notices_fades_at_idx on app.recall_notices (fades_at);
        create index recall_notices_read_at_idx on app.recall_notices (read_at);

        create table app.recall_items (
            notice_id uuid not null constraint recall_items_notice_id_fkey references app.recall_notices,
            -- A hash of all that the item says, so that the same one is taken once.
            key text not null constraint recall_items_key_check check (length(key) = 64),
            gtin text constraint recall_items_gtin_check check (gtin ~ '^[0-9]{14}$'),
            covers text not null constraint recall_items_covers_check check (covers in ('batch', 'every', 'unclear')),
            batch text constraint recall_items_batch_check check (length(replace(batch, ' ', '')) between 1 and 20),
            food_from date,
            food_until date,
            fades_at timestamptz not null,
            constraint recall_items_pkey primary key (notice_id, key),
            constraint recall_items_batch_said_check check ((covers = 'batch') = (batch is not null))
        );
        create index recall_items_gtin_idx on app.recall_items (gtin);

        create table app.recall_matches (
            notice_id uuid not null constraint recall_matches_notice_id_fkey references app.recall_notices,
            lot_id uuid not null constraint recall_matches_lot_id_fkey references app.lots,
            because text not null constraint recall_matches_because_check check (
                because in ('exact', 'batch_missing', 'batch_unreadable', 'date_missing', 'name')),
            found_at timestamptz not null,
            -- null: an admin still has to decide.
            decided_at timestamptz,
            decided_by uuid constraint recall_matches_decided_by_fkey references app.accounts,
            recalled boolean,
            constraint recall_matches_pkey primary key (notice_id, lot_id),
            constraint recall_matches_decided_check check ((decided_at is null) = (recalled is null))
        );
        create index recall_matches_lot_id_idx on app.recall_matches (lot_id);
        create index recall_matches_decided_by_idx on app.recall_matches (decided_by);

        create table app.recall_feed (
            only_row boolean not null default true constraint recall_feed_pkey primary key
                constraint recall_feed_only_row_check check (only_row),
            -- The newest notice of the last reading that came to the feed's end.
            seen_until timestamptz not null,
            read_at timestamptz not null
        );

        alter table app.recalls
            -- The notice that a recall follows. Such a recall is of the lots that it froze and of nothing else; what a
            -- notice forbids to publish is read from its items.
            add column notice_id uuid constraint recalls_notice_id_fkey references app.recall_notices,
            alter column gtin drop not null,
            add constraint recalls_gtin_said_check check (gtin is not null or notice_id is not null);
        create index recalls_notice_id_idx on app.recalls (notice_id);

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('recall_notices', null, 'durée de la plateforme',
             'Avis publics de rappel et lots comparés : un aliment rappelé peut rester longtemps dans un placard.');
    """)
