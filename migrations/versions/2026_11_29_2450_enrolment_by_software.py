"""Add the batches of people whom API clients enrol, and the external ids by which their programs know them."""

from alembic import op

revision = "2026_11_29_2450"
down_revision = "2026_11_29_2393"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- People whom an API client sent together for an association. The worker enrols them step by step.
        create table app.partner_batches (
            id uuid not null default app.uuid7() constraint partner_batches_pkey primary key,
            client_id uuid not null constraint partner_batches_client_id_fkey references app.api_clients,
            association_id uuid not null constraint partner_batches_association_id_fkey references app.associations,
            people int not null constraint partner_batches_people_check check (people between 1 and 1000),
            status text not null default 'queued' constraint partner_batches_status_check
                check (status in ('queued', 'done')),
            -- Only the association hears of these.
            elsewhere int not null default 0,
            created_at timestamptz not null default now(),
            ended_at timestamptz,
            constraint partner_batches_ended_check check ((status = 'done') = (ended_at is not null))
        );
        create index partner_batches_client_id_idx on app.partner_batches (client_id, id);
        create index partner_batches_association_id_idx on app.partner_batches (association_id, id);

        -- Each of them. Until there is an outcome, what is to be enrolled, sealed with the key of the account that it
        -- may become; afterwards nothing of it.
        create table app.partner_people (
            batch_id uuid not null constraint partner_people_batch_id_fkey
                references app.partner_batches on delete cascade,
            place int not null,
            -- A keyed hash of the association, the client and the external id.
            lookup bytea not null constraint partner_people_lookup_check check (octet_length(lookup) = 32),
            sealed_external bytea not null,
            ends boolean not null,
            outcome text constraint partner_people_outcome_check check (outcome in ('accepted', 'refused')),
            errors jsonb,
            account_id uuid,
            eligible_until date,
            household_size int,
            sealed bytea,
            identity bytea,
            former_identity bytea,
            identity_method int,
            wrapped bytea,
            master_key text,
            activation_hash bytea,
            constraint partner_people_pkey primary key (batch_id, place),
            constraint partner_people_lookup_key unique (batch_id, lookup),
            constraint partner_people_errors_check check (
                outcome is null or (outcome = 'refused') = (errors is not null)),
            constraint partner_people_settled_check check (
                num_nonnulls(account_id, eligible_until, household_size, sealed, identity, former_identity,
                             identity_method, wrapped, master_key, activation_hash) = 0
                or outcome is null and num_nulls(account_id, eligible_until, sealed, identity, former_identity,
                                                 identity_method, wrapped, master_key, activation_hash) = 0)
        );
        create index partner_people_lookup_idx on app.partner_people (lookup);

        -- By which external id the program of an API client knows a beneficiary. Without a beneficiary: whoever it is
        -- was enrolled elsewhere when they were last sent.
        create table app.partner_enrolments (
            id uuid not null default app.uuid7() constraint partner_enrolments_pkey primary key,
            lookup bytea not null constraint partner_enrolments_lookup_key unique
                constraint partner_enrolments_lookup_check check (octet_length(lookup) = 32),
            association_id uuid not null constraint partner_enrolments_association_id_fkey references app.associations,
            client_id uuid not null constraint partner_enrolments_client_id_fkey references app.api_clients,
            beneficiary_id uuid constraint partner_enrolments_beneficiary_id_fkey
                references app.beneficiaries on delete cascade,
            sealed_external bytea not null,
            seen_at timestamptz not null
        );
        create index partner_enrolments_beneficiary_id_idx on app.partner_enrolments (beneficiary_id)
            where beneficiary_id is not null;
        create index partner_enrolments_elsewhere_idx on app.partner_enrolments (association_id, id)
            where beneficiary_id is null;
        create index partner_enrolments_association_id_idx on app.partner_enrolments (association_id);
        create index partner_enrolments_client_id_idx on app.partner_enrolments (client_id);

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('api_client_secrets', '1 year', 'révocation ou échéance',
             'Empreinte du secret d''un client d''API, pour expliquer qui appelait quand.'),
            ('partner_batches', '30 days', 'réception',
             'Résultats d''un envoi de personnes par un logiciel ; leurs noms en partent dès l''inscription.'),
            ('partner_elsewhere', '90 days', 'dernier envoi',
             'Identifiant externe, scellé, d''une personne inscrite ailleurs, dont le passage peut être demandé.'),
            ('partner_enrolments', null, 'durée du compte',
             'Identifiant externe, scellé, par lequel un logiciel mandaté connaît un bénéficiaire.');
    """)
