"""Add pickup stations: devices at a shop's counter with a credential of their own, which can do nothing but pickups."""

from alembic import op

revision = "2026_11_29_1430"
down_revision = "2026_11_29_1340"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.stations (
            id uuid not null default app.uuid7() constraint stations_pkey primary key,
            shop_id uuid not null constraint stations_shop_id_fkey references app.shops on delete cascade,
            name text not null constraint stations_name_check check (length(name) between 1 and 100),
            created_by uuid constraint stations_created_by_fkey references app.accounts on delete set null,
            created_at timestamptz not null default now(),
            -- A keyed hash of the pairing code, until a device has used it.
            code_hash bytea constraint stations_code_hash_key unique
                constraint stations_code_hash_check check (octet_length(code_hash) = 32),
            code_ends_at timestamptz,
            -- The SHA-256 of the device's token, until it is revoked.
            token_hash bytea constraint stations_token_hash_key unique
                constraint stations_token_hash_check check (octet_length(token_hash) = 32),
            paired_at timestamptz,
            revoked_at timestamptz,
            constraint stations_state_check check (case
                when revoked_at is not null then num_nonnulls(code_hash, code_ends_at, token_hash) = 0
                when paired_at is null then num_nulls(code_hash, code_ends_at) = 0 and token_hash is null
                else num_nonnulls(code_hash, code_ends_at) = 0 and token_hash is not null end)
        );
        create index stations_shop_id_idx on app.stations (shop_id, id);
        create index stations_created_by_idx on app.stations (created_by);
        create index stations_code_ends_at_idx on app.stations (code_ends_at) where code_ends_at is not null;
        create index stations_revoked_at_idx on app.stations (revoked_at) where revoked_at is not null;

        -- The station at which the portions were handed over. Without a foreign key, as handed_over_by: a handover
        -- stays as it is when the station is forgotten, and it is found from the reservation only.
        alter table app.reservations
            add column station_id uuid,
            add constraint reservations_handed_over_check
                check (num_nonnulls(handed_over_by, station_id) <= 1);

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('pairings', '1 day', 'fin du code',
             'Appareils de comptoir qu''aucun code n''a associés.'),
            ('stations', '1 year', 'révocation',
             'Nom de l''appareil où une réservation a été remise, aussi longtemps que le journal des accès.');
    """)
