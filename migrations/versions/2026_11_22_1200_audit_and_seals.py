"""Who did what, kept for admins to read; and names and contacts of beneficiaries sealed with a key a person."""

from uuid import UUID

from alembic import context, op

from backend.sealing.seals import (
    SEALED_ADDRESS,
    SEALED_PERSON,
    address_look_up,
    identity_of,
    keyring,
    sealed_json,
)

revision = "2026_11_22_1200"
down_revision = "2026_11_22_1130"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- Append-only: who did what to what, when, in which request. Ids, counts and words of ours; no personal data.
        create table app.audit_entries (
            id uuid default app.uuid7() constraint audit_entries_pkey primary key,
            at timestamptz not null,
            -- null: nobody who signs in, but the role says which part of the program. No foreign key: it outlives them.
            actor_id uuid,
            actor_role text not null,
            action text not null constraint audit_entries_action_check check (action ~ '^[a-z_]+\\.[a-z_]+$'),
            subject text not null constraint audit_entries_subject_check check (subject ~ '^[a-z_]+$'),
            subject_id uuid,
            detail jsonb constraint audit_entries_detail_check check (length(detail::text) <= 2000),
            request_id text
        );
        create index audit_entries_actor_id_idx on app.audit_entries (actor_id, id);
        create index audit_entries_subject_id_idx on app.audit_entries (subject_id, id);
        create index audit_entries_subject_idx on app.audit_entries (subject, id);
        create index audit_entries_action_idx on app.audit_entries (action, id);
        create index audit_entries_at_idx on app.audit_entries (at);

        -- One key a person, wrapped by the master key that `master_key` names. In a schema of its own, so that backups
        -- can leave it out: without its row nothing of that person can be read, wherever copies of it lie.
        create table vault.data_keys (
            account_id uuid constraint data_keys_pkey primary key
                constraint data_keys_account_id_fkey references app.accounts on delete cascade,
            wrapped bytea not null,
            master_key text not null,
            made_at timestamptz not null default now()
        );
        create index data_keys_master_key_idx on vault.data_keys (master_key, account_id);

        -- The address that a beneficiary signs in with, and what finds it without reading it.
        create table app.sealed_addresses (
            account_id uuid constraint sealed_addresses_pkey primary key
                constraint sealed_addresses_account_id_fkey references app.accounts on delete cascade,
            sealed bytea not null,
            lookup bytea not null constraint sealed_addresses_lookup_key unique
                constraint sealed_addresses_lookup_check check (length(lookup) = 32),
            verified_at timestamptz
        );

        alter table app.beneficiary_persons
            add column sealed bytea,
            -- A keyed hash of who somebody is: two associations find out that they mean one person, and read no name.
            add column identity bytea;
    """)
    if context.is_offline_mode():
        op.execute("""
            do $$ begin
                if exists (select from app.beneficiary_persons)
                   or exists (select from app.accounts where role = 'beneficiary' and email is not null) then
                    raise exception 'names are to be sealed: run `ecopanier migrate`, which has the keys';
                end if;
            end $$
        """)
    else:
        _seal_what_is_there()
    op.execute("""
        alter table app.beneficiary_persons
            alter column sealed set not null,
            alter column identity set not null,
            add constraint beneficiary_persons_identity_key unique (identity),
            add constraint beneficiary_persons_identity_check check (length(identity) = 32),
            -- People are claimed by their hash before their accounts are made.
            drop constraint beneficiary_persons_beneficiary_id_fkey,
            add constraint beneficiary_persons_beneficiary_id_fkey foreign key (beneficiary_id)
                references app.beneficiaries on delete cascade deferrable initially deferred,
            drop column first_name, drop column last_name, drop column birth_date, drop column email, drop column phone;
        alter table app.accounts
            add constraint accounts_beneficiary_check check (role <> 'beneficiary' or email is null);

        -- Written anew, indexes too: otherwise a dropped column's values and rows as they were stay in the files.
        -- An expression makes Postgres do so; `cluster` would take along what this transaction has just replaced.
        alter table app.beneficiary_persons alter column sealed type bytea using sealed || ''::bytea;
        alter table app.accounts alter column display_name type text using display_name || '';
    """)


def _seal_what_is_there() -> None:
    """Seal names, contacts and addresses of beneficiaries.

    Who was enrolled twice before anybody could tell stays so: new enrolments are compared with the first.
    """
    bind = op.get_bind()
    persons = bind.exec_driver_sql(
        "select p.beneficiary_id, p.first_name, p.last_name, p.birth_date::text, p.email, p.phone, a.email,"
        " a.email_verified_at from app.beneficiary_persons p join app.accounts a on a.id = p.beneficiary_id"
        " order by p.beneficiary_id"
    ).all()
    if not persons:
        return  # and no keys needed
    keys = keyring()
    known: set[bytes] = set()
    for account_id, first_name, last_name, birth_date, email, phone, address, verified_at in persons:
        assert isinstance(account_id, UUID)  # noqa: S101  psycopg reads a uuid as one
        key = keys.new_data_key(account_id)
        bind.exec_driver_sql(
            "insert into vault.data_keys (account_id, wrapped, master_key) values (%s, %s, %s)",
            (account_id, key.wrapped, key.master_key),
        )
        person = {
            "first_name": first_name,
            "last_name": last_name,
            "birth_date": birth_date,
            "email": email,
            "phone": phone,
        }
        identity = identity_of(keys, first_name, last_name, birth_date)
        if identity in known:
            identity = keys.look_up("enrolled again", str(account_id))
        known.add(identity)
        bind.exec_driver_sql(
            "update app.beneficiary_persons set sealed = %s, identity = %s where beneficiary_id = %s",
            (
                sealed_json(key, SEALED_PERSON, person),
                identity,
                account_id,
            ),
        )
        if address is not None:
            bind.exec_driver_sql(
                "insert into app.sealed_addresses (account_id, sealed, lookup, verified_at) values (%s, %s, %s, %s)",
                (account_id, key.seal(SEALED_ADDRESS, address.encode()), address_look_up(keys, address), verified_at),
            )
            bind.exec_driver_sql(
                "update app.accounts set email = null, email_verified_at = null where id = %s", (account_id,)
            )
