"""Add notices, the state of each delivery by mail, and people's preferences, so that people are told in the app too."""

from alembic import op

revision = "2026_11_29_1350"
down_revision = "2026_11_29_1320"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.notices (
            id uuid constraint notices_pkey primary key default app.uuid7(),
            account_id uuid not null constraint notices_account_id_fkey references app.accounts,
            -- One of app.notice_events().
            event text not null constraint notices_event_check check (event ~ '^[a-z_]{1,60}$'),
            -- Whom it is about, if that is somebody else: erased with them.
            about uuid constraint notices_about_fkey references app.accounts,
            -- A reservation, a decision, a place in a line. still_to_tell looks there before a mail is sent.
            subject uuid,
            -- What makes it unique, so that a fact that is told twice makes one notice.
            once text constraint notices_once_check check (char_length(once) <= 200),
            -- What the text says: lots, shops, days and amounts. Never what is sealed.
            facts jsonb not null,
            -- False for somebody who wants the mail alone.
            in_app boolean not null,
            at timestamptz not null,
            read_at timestamptz
        );
        create unique index notices_once_key on app.notices (account_id, event, once) where once is not null;
        create index notices_account_id_idx on app.notices (account_id, id);
        create index notices_unread_idx on app.notices (account_id, id) where read_at is null and in_app;
        create index notices_about_idx on app.notices (about) where about is not null;

        create table app.notice_deliveries (
            id uuid constraint notice_deliveries_pkey primary key default app.uuid7(),
            notice_id uuid not null
                constraint notice_deliveries_notice_id_fkey references app.notices on delete cascade,
            account_id uuid not null constraint notice_deliveries_account_id_fkey references app.accounts,
            channel text not null constraint notice_deliveries_channel_check check (channel = 'mail'),
            state text not null default 'queued'
                constraint notice_deliveries_state_check check (state in ('queued', 'sent', 'failed')),
            -- The mail server's last answer if it refused; null if it did not answer. Its words are kept nowhere.
            smtp_code int constraint notice_deliveries_smtp_code_check check (smtp_code between 0 and 999),
            queued_at timestamptz not null,
            ended_at timestamptz
        );
        create unique index notice_deliveries_once_key on app.notice_deliveries (notice_id, channel);
        create index notice_deliveries_account_id_idx on app.notice_deliveries (account_id);
        create index notice_deliveries_state_idx on app.notice_deliveries (state, id);

        create table app.notice_preferences (
            account_id uuid constraint notice_preferences_account_id_fkey references app.accounts,
            event text constraint notice_preferences_event_check check (event ~ '^[a-z_]{1,60}$'),
            channel text constraint notice_preferences_channel_check check (channel in ('app', 'mail')),
            wanted boolean not null,
            changed_at timestamptz not null,
            constraint notice_preferences_pkey primary key (account_id, event, channel)
        );

        -- One row for each account whose address the mail server refuses for good, until it is another address.
        create table app.refused_addresses (
            account_id uuid constraint refused_addresses_pkey primary key
                constraint refused_addresses_account_id_fkey references app.accounts on delete cascade,
            smtp_code int constraint refused_addresses_smtp_code_check check (smtp_code between 0 and 999),
            refused_at timestamptz not null
        );

        -- Reservations that were confirmed and of which neither holder nor shop has been told: reserve is too hot to
        -- write notices. No foreign key, for the same reason; whoever empties it looks each one up.
        create table app.reservations_to_tell (
            reservation_id uuid constraint reservations_to_tell_pkey primary key,
            at timestamptz not null
        );

        -- Lots whose holders were reminded of the window.
        create table app.reminded_lots (
            lot_id uuid constraint reminded_lots_pkey primary key
                constraint reminded_lots_lot_id_fkey references app.lots on delete cascade,
            reminded_at timestamptz not null
        );
        create index lots_pickup_start_idx on app.lots (pickup_start) where status = 'published';

        insert into app.settings (name, value, kind, minimum, maximum)
        values ('reminder_minutes', 120, 'minutes', 0, 1440);

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('notices', '90 days', 'création',
             'Ce dont la personne a été informée, et si le courriel est parti.'),
            ('reservations_to_tell', '1 day', 'confirmation',
             'Réservations confirmées dont personne n''a encore été informé ; en général vide.'),
            ('reminded_lots', '7 days', 'rappel',
             'Lots dont les réservataires ont reçu un rappel, pour qu''il n''y en ait pas deux.');
    """)
