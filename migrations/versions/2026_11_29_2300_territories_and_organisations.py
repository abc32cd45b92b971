"""Add territories, organisations with members, API clients with their secrets, and mandates to enrol."""

from alembic import op

revision = "2026_11_29_2300"
down_revision = "2026_11_29_2210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- France, régions, départements, EPCI, communes, arrondissements, and zones inside communes. The territories in
        -- which one lies stand in columns of its own row, so that asking what lies in a territory is one comparison.
        create table app.territories (
            -- The INSEE code of a commune or an arrondissement, the SIREN of an EPCI, `DEP-67`, `REG-44`, `FR`, or the
            -- UUID of a zone.
            code text not null constraint territories_pkey primary key
                constraint territories_code_check check (char_length(code) between 2 and 36),
            kind text not null constraint territories_kind_check
                check (kind in ('country', 'region', 'department', 'epci', 'commune', 'arrondissement', 'zone')),
            name text not null constraint territories_name_check check (char_length(name) between 1 and 200),
            population int constraint territories_population_check check (population >= 0),
            region text,
            department text,
            epci text,
            -- Of an arrondissement and of a zone.
            commune text,
            latitude double precision,
            longitude double precision,
            constraint territories_commune_check check ((kind in ('arrondissement', 'zone')) = (commune is not null)),
            constraint territories_coordinates_check check (
                num_nulls(latitude, longitude) in (0, 2)
                and (latitude is null or latitude between -90 and 90 and longitude between -180 and 180))
        );
        create index territories_region_idx on app.territories (region, kind);
        create index territories_department_idx on app.territories (department, kind);
        create index territories_epci_idx on app.territories (epci, kind) where epci is not null;
        create index territories_commune_idx on app.territories (commune) where commune is not null;

        -- A municipality, agglomeration or NGO: members, a territory, funds, API clients.
        create table app.organisations (
            id uuid not null default app.uuid7() constraint organisations_pkey primary key,
            name text not null constraint organisations_name_check check (char_length(name) between 1 and 200),
            kind text not null constraint organisations_kind_check
                check (kind in ('municipality', 'agglomeration', 'ngo')),
            siren text not null constraint organisations_siren_check check (siren ~ '^[0-9]{9}$'),
            territory_code text not null constraint organisations_territory_code_fkey references app.territories,
            status text not null default 'active' constraint organisations_status_check
                check (status in ('active', 'closed')),
            version int not null default 1,
            created_at timestamptz not null default now()
        );
        create unique index organisations_siren_key on app.organisations (siren) where status = 'active';
        create index organisations_territory_code_idx on app.organisations (territory_code);

        alter table app.members
            add column organisation_id uuid
                constraint members_organisation_id_fkey references app.organisations on delete cascade,
            drop constraint members_workplace_check,
            add constraint members_workplace_check check (num_nonnulls(shop_id, association_id, organisation_id) = 1),
            -- An admin invites the first owner of an organisation.
            drop constraint members_invited_check,
            add constraint members_invited_check check (case
                when account_id is null then num_nulls(lookup, sealed, token_hash, ends_at) = 0
                                             and (role <> 'owner' or organisation_id is not null)
                else num_nonnulls(lookup, sealed, token_hash, ends_at) = 0 end);
        create unique index members_organisation_id_account_id_key on app.members (organisation_id, account_id);
        create unique index members_organisation_id_lookup_key on app.members (organisation_id, lookup);

        -- A program that calls the API in the name of an organisation, a shop or an association. It is no person.
        create table app.api_clients (
            id uuid not null default app.uuid7() constraint api_clients_pkey primary key,
            name text not null constraint api_clients_name_check check (char_length(name) between 1 and 100),
            organisation_id uuid constraint api_clients_organisation_id_fkey references app.organisations,
            shop_id uuid constraint api_clients_shop_id_fkey references app.shops,
            association_id uuid constraint api_clients_association_id_fkey references app.associations,
            -- That of its organisation or one within; null for clients of shops and associations.
            territory_code text constraint api_clients_territory_code_fkey references app.territories,
            scopes text[] not null constraint api_clients_scopes_check check (
                cardinality(scopes) between 1 and 4
                and scopes <@ '{figures:read,beneficiaries:enrol,funds:read,webhooks}'::text[]),
            -- Not a foreign key, because accounts are never deleted and a client outlives who made it.
            created_by uuid,
            created_at timestamptz not null default now(),
            expires_at timestamptz not null,
            revoked_at timestamptz,
            -- At most once an hour.
            last_used_at timestamptz,
            constraint api_clients_owner_check check (num_nonnulls(organisation_id, shop_id, association_id) = 1),
            constraint api_clients_territory_check check ((organisation_id is null) = (territory_code is null)),
            -- What a program of a shop or an association may do, is what is theirs.
            constraint api_clients_scopes_of_owner_check check (
                organisation_id is not null or scopes = '{webhooks}'::text[])
        );
        create index api_clients_organisation_id_idx on app.api_clients (organisation_id, id)
            where organisation_id is not null;
        create index api_clients_shop_id_idx on app.api_clients (shop_id, id) where shop_id is not null;
        create index api_clients_association_id_idx on app.api_clients (association_id, id)
            where association_id is not null;
        create index api_clients_territory_code_idx on app.api_clients (territory_code)
            where territory_code is not null;

        -- The secrets of an API client, at most two that work at a time, so that it can be changed without a pause.
        create table app.api_client_secrets (
            id uuid not null default app.uuid7() constraint api_client_secrets_pkey primary key,
            client_id uuid not null constraint api_client_secrets_client_id_fkey
                references app.api_clients on delete cascade,
            -- The first characters, by which people recognise it.
            prefix text not null constraint api_client_secrets_prefix_check
                check (char_length(prefix) between 8 and 16),
            hash bytea not null constraint api_client_secrets_hash_key unique
                constraint api_client_secrets_hash_check check (octet_length(hash) = 32),
            created_at timestamptz not null default now(),
            expires_at timestamptz,
            revoked_at timestamptz
        );
        create index api_client_secrets_client_id_idx on app.api_client_secrets (client_id, id);

        -- An association's leave for an API client to enrol people in its name.
        create table app.mandates (
            id uuid not null default app.uuid7() constraint mandates_pkey primary key,
            association_id uuid not null constraint mandates_association_id_fkey references app.associations,
            client_id uuid not null constraint mandates_client_id_fkey references app.api_clients,
            granted_by uuid,
            granted_at timestamptz not null default now(),
            ended_by uuid,
            ended_at timestamptz
        );
        create unique index mandates_in_force_key on app.mandates (association_id, client_id) where ended_at is null;
        create index mandates_client_id_idx on app.mandates (client_id);
        create index mandates_association_id_idx on app.mandates (association_id, id);
    """)
