"""Add waiting lists with timed offers, recorded draws, passes handed to a friend, and quotas of households."""

from alembic import op

revision = "2026_11_22_1220"
down_revision = "2026_11_22_1210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        insert into app.settings (name, value) values
            ('waiting_offer_minutes', 15),               -- 5 to 120
            ('household_people_per_extra_portion', 0),   -- 0 to 10; with 0 the household does not matter
            ('no_shows_that_lower_quota', 0);            -- 0 to 20; with 0 no-shows do not matter

        alter table app.lots
            add column fair_draw boolean not null default false,
            add constraint lots_fair_draw_check check (kind = 'free' or not fair_draw);

        -- Used for one person at a time, and only if a setting says that no-shows matter.
        create index reservations_no_shows_idx on app.reservations (account_id, ended_at)
            where status = 'no_show' and quota_day is not null;

        create table app.waiting (
            id uuid default app.uuid7() constraint waiting_pkey primary key,
            lot_id uuid not null constraint waiting_lot_id_fkey references app.lots,
            account_id uuid not null constraint waiting_account_id_fkey references app.accounts,
            -- The order of the line, assigned under the lot's lock, because two may join in the same millisecond.
            ticket bigint not null generated always as identity,
            quantity int not null constraint waiting_quantity_check check (quantity between 1 and 1000),
            status text not null default 'waiting' constraint waiting_status_check
                check (status in ('waiting', 'offered', 'taking', 'taken', 'lapsed', 'left', 'closed')),
            -- Portions set aside: as many as there were, but not more than are waited for.
            offered int constraint waiting_offered_check check (offered between 1 and quantity),
            offer_until timestamptz,
            reservation_id uuid constraint waiting_reservation_id_fkey references app.reservations,
            created_at timestamptz not null default now(),
            ended_at timestamptz,
            constraint waiting_offer_check check (
                status not in ('offered', 'taking') or offered is not null and offer_until is not null),
            constraint waiting_taken_check check ((status = 'taken') = (reservation_id is not null)),
            constraint waiting_ended_check check (
                (status in ('waiting', 'offered', 'taking')) = (ended_at is null))
        ) with (fillfactor = 80);
        create unique index waiting_once_key on app.waiting (lot_id, account_id)
            where status in ('waiting', 'offered', 'taking');
        create index waiting_line_idx on app.waiting (lot_id, ticket) where status in ('waiting', 'offered', 'taking');
        create index waiting_account_id_idx on app.waiting (account_id, id);
        create index waiting_offer_until_idx on app.waiting (offer_until) where status = 'offered';
        create index waiting_reservation_id_idx on app.waiting (reservation_id) where reservation_id is not null;

        -- One row per draw: who waited, what each received lately, and the order that follows from these and the seed.
        create table app.draws (
            id uuid default app.uuid7() constraint draws_pkey primary key,
            lot_id uuid not null constraint draws_lot_id_fkey references app.lots,
            seed bytea not null constraint draws_seed_check check (length(seed) = 32),
            portions int not null constraint draws_portions_check check (portions > 0),
            candidates jsonb not null constraint draws_candidates_check check (jsonb_typeof(candidates) = 'array'),
            drawn_at timestamptz not null default now()
        );
        create index draws_lot_id_idx on app.draws (lot_id, id);

        -- A pass that somebody else may show: the hash of the token that opens it, until the pass is replaced.
        create table app.handed_passes (
            reservation_id uuid constraint handed_passes_pkey primary key
                constraint handed_passes_reservation_id_fkey references app.passes on delete cascade,
            token_hash bytea not null constraint handed_passes_token_hash_key unique
                constraint handed_passes_token_hash_check check (length(token_hash) = 32),
            handed_at timestamptz not null default now()
        );
    """)
