"""Add webhooks: addresses of shops, associations and organisations that are told what happens, and what is sent."""

from alembic import op

revision = "2026_11_29_2395"
down_revision = "2026_11_29_2391"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.webhook_endpoints (
            id uuid not null default app.uuid7() constraint webhook_endpoints_pkey primary key,
            shop_id uuid constraint webhook_endpoints_shop_id_fkey references app.shops on delete cascade,
            association_id uuid constraint webhook_endpoints_association_id_fkey
                references app.associations on delete cascade,
            organisation_id uuid constraint webhook_endpoints_organisation_id_fkey
                references app.organisations on delete cascade,
            description text not null constraint webhook_endpoints_description_check
                check (char_length(description) <= 100),
            events text[] not null constraint webhook_endpoints_events_check
                check (cardinality(events) between 1 and 50),
            -- The address may contain a key. These two are shown, and the rest is sealed. The seal is bound to key_id.
            host text not null constraint webhook_endpoints_host_check check (length(host) between 1 and 253),
            ends_with text not null constraint webhook_endpoints_ends_with_check check (length(ends_with) <= 4),
            key_id uuid not null constraint webhook_endpoints_key_id_key unique,
            sealed bytea not null,
            wrapped bytea not null,
            master_key text not null,
            created_at timestamptz not null default now(),
            delivered_at timestamptz,
            -- Failures in a row, and since when; the last one's kind.
            failures int not null default 0 constraint webhook_endpoints_failures_check check (failures >= 0),
            failing_since timestamptz,
            problem text constraint webhook_endpoints_problem_check check
                (problem in ('address', 'unreachable', 'timeout', 'redirect', 'too_large', 'status', 'gone')),
            -- Switched off: nothing is queued or sent.
            off_at timestamptz,
            off_because text constraint webhook_endpoints_off_because_check
                check (off_because in ('owner', 'gone', 'failing')),
            -- A worker sends to it until then, one message at a time. Afterwards: when it was last sent to.
            leased_until timestamptz not null default '-infinity',
            constraint webhook_endpoints_owner_check
                check (num_nonnulls(shop_id, association_id, organisation_id) = 1),
            constraint webhook_endpoints_failing_check
                check ((failures = 0) = (failing_since is null) and (failures = 0) = (problem is null)),
            constraint webhook_endpoints_off_check check ((off_at is null) = (off_because is null))
        );
        create index webhook_endpoints_shop_id_idx on app.webhook_endpoints (shop_id) where shop_id is not null;
        create index webhook_endpoints_association_id_idx on app.webhook_endpoints (association_id)
            where association_id is not null;
        create index webhook_endpoints_organisation_id_idx on app.webhook_endpoints (organisation_id)
            where organisation_id is not null;
        create index webhook_endpoints_master_key_idx on app.webhook_endpoints (master_key, key_id);

        -- The secrets that messages are signed with, sealed. While one is changed there are two for a day.
        create table app.webhook_secrets (
            id uuid not null default app.uuid7() constraint webhook_secrets_pkey primary key,
            endpoint_id uuid not null constraint webhook_secrets_endpoint_id_fkey
                references app.webhook_endpoints on delete cascade,
            key_id uuid not null constraint webhook_secrets_key_id_key unique,
            sealed bytea not null,
            wrapped bytea not null,
            master_key text not null,
            created_at timestamptz not null default now(),
            ends_at timestamptz
        );
        create index webhook_secrets_endpoint_id_idx on app.webhook_secrets (endpoint_id, id);
        create index webhook_secrets_master_key_idx on app.webhook_secrets (master_key, key_id);

        -- What was sent and what is to be sent, one row an endpoint: the queue and the log.
        create table app.webhook_deliveries (
            id uuid not null default app.uuid7() constraint webhook_deliveries_pkey primary key,
            -- Not a foreign key: a reservation made while an endpoint is removed would be refused, or wait for it.
            endpoint_id uuid not null,
            -- The receiver's `webhook-id`: the same at each try, and the same for all endpoints that are told.
            event_id uuid not null,
            type text not null constraint webhook_deliveries_type_check check (char_length(type) between 1 and 60),
            -- Where the API tells more.
            path text not null constraint webhook_deliveries_path_check check (path like '/v1/%'),
            -- When it happened, as the receiver is told.
            at timestamptz not null,
            status text not null default 'waiting' constraint webhook_deliveries_status_check
                check (status in ('waiting', 'delivered', 'failed')),
            due_at timestamptz,
            attempts int not null default 0 constraint webhook_deliveries_attempts_check check (attempts >= 0),
            attempted_at timestamptz,
            ms int,
            problem text constraint webhook_deliveries_problem_check check
                (problem in ('address', 'unreachable', 'timeout', 'redirect', 'too_large', 'status', 'gone', 'off')),
            constraint webhook_deliveries_due_check check ((status = 'waiting') = (due_at is not null))
        );
        create index webhook_deliveries_due_idx on app.webhook_deliveries (endpoint_id, due_at)
            where due_at is not null;
        create index webhook_deliveries_endpoint_id_idx on app.webhook_deliveries (endpoint_id, id);

        -- Cancelled reservations, of which their shops are told at the next half hour.
        create table app.cancellations_to_tell (
            reservation_id uuid not null constraint cancellations_to_tell_pkey primary key
                constraint cancellations_to_tell_reservation_id_fkey references app.reservations on delete cascade,
            shop_id uuid not null,
            at timestamptz not null
        );
        create index cancellations_to_tell_at_idx on app.cancellations_to_tell (at);

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('webhook_endpoints', null,
             'jusqu''au retrait, ou durée du commerce, de l''association ou de l''organisation',
             'Adresse et secrets, scellés, d''un programme qui est averti de ce qui arrive.'),
            ('webhook_deliveries', interval '30 days', 'message',
             'Journal des envois, pour que le propriétaire d''un programme voie ce qui n''est pas arrivé.');
    """)
