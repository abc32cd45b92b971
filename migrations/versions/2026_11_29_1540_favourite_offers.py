"""Tell people that a favourite shop offers again: without this they have to look each day.

Adds the lots to announce, quiet hours, mails that are gathered into one, and a limit of favourites.
"""

from alembic import op

revision = "2026_11_29_1540"
down_revision = "2026_11_29_1511"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- With the unique index below, this is what keeps an account at 200 favourites, whatever happens at once.
        alter table app.favourites add column slot smallint;
        update app.favourites f set slot = n.slot
        from (select x.id, row_number() over (partition by x.account_id order by x.id) as slot from app.favourites x) n
        where n.id = f.id;
        alter table app.favourites
            alter column slot set not null,
            add constraint favourites_slot_check check (slot between 1 and 200);
        create unique index favourites_slot_key on app.favourites (account_id, slot);
        -- In the order in which followers are told, a batch at a time.
        create index favourites_followers_idx on app.favourites (shop_id, account_id);
        drop index app.favourites_shop_id_idx;

        -- One row for each time that a lot comes on offer: who publishes writes nothing else. It goes when everybody is
        -- told. No foreign key, so that publishing need not look at the lot once more.
        create table app.lots_to_announce (
            id uuid constraint lots_to_announce_pkey primary key default app.uuid7(),
            lot_id uuid not null,
            -- Then only beneficiaries are told.
            free boolean not null,
            at timestamptz not null,
            -- The follower who was told last; null once all are told.
            followers_after uuid default '00000000-0000-0000-0000-000000000000'
        );

        -- When somebody's mails about offers wait for the morning, if they chose other hours than 21:00 to 8:00. Both
        -- null: never.
        create table app.quiet_hours (
            account_id uuid constraint quiet_hours_pkey primary key
                constraint quiet_hours_account_id_fkey references app.accounts,
            begins time,
            ends time,
            -- Null: that of the person's first saved place, or of their association.
            time_zone text constraint quiet_hours_time_zone_check check (char_length(time_zone) between 1 and 60),
            changed_at timestamptz not null,
            constraint quiet_hours_ends_check
                check ((begins is null) = (ends is null) and (begins is null or begins <> ends))
        );

        -- The zone of the place, which is that of its owner's day.
        alter table app.saved_places add column time_zone text not null default 'Europe/Paris';

        -- The delivery whose mail says this one too, and when it was gathered.
        alter table app.notice_deliveries
            add column gathered_by uuid,
            add column gathered_at timestamptz;

        insert into app.settings (name, value, kind, minimum, maximum) values ('gather_minutes', 10, 'minutes', 0, 120);

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('lots_to_announce', '1 day', 'publication',
             'Lots dont les personnes intéressées n''ont pas encore toutes été informées ; en général vide.'),
            ('quiet_hours', null, 'durée du compte',
             'Heures pendant lesquelles la personne ne veut pas de courriel sur de nouveaux lots.');
    """)
