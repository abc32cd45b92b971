"""Add links that ask for collections without an account, shops' habits with unsold lots, and recurring requests."""

from alembic import op

revision = "2026_11_29_2135"
down_revision = "2026_11_29_2200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- A link with which whoever has it asks for collections of a shop. Only the hash of its token is kept.
        create table app.collection_links (
            id uuid not null default app.uuid7() constraint collection_links_pkey primary key,
            shop_id uuid not null constraint collection_links_shop_id_fkey references app.shops,
            name text not null constraint collection_links_name_check check (char_length(name) between 1 and 100),
            token_hash bytea not null,
            created_by uuid constraint collection_links_created_by_fkey references app.accounts,
            created_at timestamptz not null,
            revoked_at timestamptz,
            last_used_at timestamptz
        );
        create unique index collection_links_token_hash_key on app.collection_links (token_hash);
        create index collection_links_shop_id_idx on app.collection_links (shop_id, id);
        create index collection_links_created_by_idx on app.collection_links (created_by) where created_by is not null;

        -- A form that was sent with a link: sent again, it is the same request.
        create table app.collection_link_uses (
            link_id uuid not null constraint collection_link_uses_link_id_fkey references app.collection_links
                on delete cascade,
            form uuid not null,
            collection_id uuid constraint collection_link_uses_collection_id_fkey references app.collections
                on delete cascade,
            constraint collection_link_uses_pkey primary key (link_id, form)
        );
        create index collection_link_uses_collection_id_idx on app.collection_link_uses (collection_id)
            where collection_id is not null;

        -- Whether what a shop could not hand out is offered for collection by itself, and when it can be taken. Times
        -- of day are the shop's; a window that closes before it opens ends on the next day.
        create table app.collection_habits (
            shop_id uuid not null constraint collection_habits_pkey primary key
                constraint collection_habits_shop_id_fkey references app.shops,
            active boolean not null default false,
            opens time not null,
            closes time not null,
            notes text not null default '' constraint collection_habits_notes_check check (char_length(notes) <= 1000),
            version int not null default 1,
            constraint collection_habits_window_check check (opens <> closes)
        );
        -- Lots that the habit has looked at, each once.
        create table app.unsold_lots_asked (
            lot_id uuid not null constraint unsold_lots_asked_pkey primary key
                constraint unsold_lots_asked_lot_id_fkey references app.lots on delete cascade,
            at timestamptz not null
        );

        -- A request that comes back on the same weekdays. Times of day are the shop's. Items are as in a request, with
        -- food_date_in_days instead of food_date.
        create table app.recurring_collections (
            id uuid not null default app.uuid7() constraint recurring_collections_pkey primary key,
            shop_id uuid not null constraint recurring_collections_shop_id_fkey references app.shops,
            association_id uuid constraint recurring_collections_association_id_fkey references app.associations,
            weekdays int[] not null constraint recurring_collections_weekdays_check
                check (cardinality(weekdays) between 1 and 7 and weekdays <@ '{1,2,3,4,5,6,7}'),
            opens time not null,
            closes time not null,
            items jsonb not null constraint recurring_collections_items_check check (
                jsonb_typeof(items) = 'array' and jsonb_array_length(items) between 1 and 50),
            notes text not null default '' constraint recurring_collections_notes_check
                check (char_length(notes) <= 1000),
            first_day date not null,
            last_day date,
            active boolean not null default true,
            last_problem text,
            version int not null default 1,
            created_at timestamptz not null,
            constraint recurring_collections_window_check check (opens <> closes),
            constraint recurring_collections_days_check check (last_day is null or last_day >= first_day)
        );
        create index recurring_collections_shop_id_idx on app.recurring_collections (shop_id, id);
        create index recurring_collections_association_id_idx on app.recurring_collections (association_id)
            where association_id is not null;
        create index recurring_collections_active_idx on app.recurring_collections (id) where active;

        -- A day on which a recurring request does not come, or comes at other hours.
        create table app.recurring_collection_days (
            series_id uuid not null constraint recurring_collection_days_series_id_fkey
                references app.recurring_collections on delete cascade,
            day date not null,
            skipped boolean not null default false,
            opens time,
            closes time,
            constraint recurring_collection_days_pkey primary key (series_id, day),
            constraint recurring_collection_days_window_check
                check (num_nulls(opens, closes) in (0, 2) and opens <> closes)
        );
        -- The collection that a recurring request made of a day: one for each.
        create table app.collection_occurrences (
            series_id uuid not null constraint collection_occurrences_series_id_fkey
                references app.recurring_collections on delete cascade,
            day date not null,
            collection_id uuid constraint collection_occurrences_collection_id_fkey references app.collections
                on delete cascade,
            constraint collection_occurrences_pkey primary key (series_id, day)
        );
        create index collection_occurrences_collection_id_idx on app.collection_occurrences (collection_id)
            where collection_id is not null;
    """)
