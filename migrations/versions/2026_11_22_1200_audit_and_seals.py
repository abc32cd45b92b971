"""Add the audit log, and seal beneficiaries' names and contacts with one key per person.

Sealing existing rows needs keys. The functions at the end of this file are a copy of what the program did when this
migration was written, because the program may seal differently one day and this migration must not.
"""

import hmac
import json
import os
import unicodedata
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from alembic import context, op
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

revision = "2026_11_22_1200"
down_revision = "2026_11_22_1130"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- Append-only. Who did what to what, when, in which request: ids, counts and our own words, no personal data.
        create table app.audit_entries (
            id uuid default app.uuid7() constraint audit_entries_pkey primary key,
            at timestamptz not null,
            -- null if nobody was signed in; the role then says which part of the program acted. No foreign key, because
            -- entries outlive accounts.
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

        -- One key per person, wrapped by the master key that `master_key` names. It has a schema of its own, so that
        -- backups can leave it out. Without the key nothing about that person can be read, wherever copies lie.
        create table key_vault.data_keys (
            account_id uuid constraint data_keys_pkey primary key
                constraint data_keys_account_id_fkey references app.accounts on delete cascade,
            wrapped bytea not null,
            master_key text not null,
            made_at timestamptz not null default now()
        );
        create index data_keys_master_key_idx on key_vault.data_keys (master_key, account_id);

        -- The address that a beneficiary signs in with, and the keyed hash that finds it without reading it.
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
            -- A keyed hash of who somebody is. It tells that two enrolments are one person without reading a name.
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
            -- Deferred, because enrolling claims people by their hash before it makes their accounts.
            drop constraint beneficiary_persons_beneficiary_id_fkey,
            add constraint beneficiary_persons_beneficiary_id_fkey foreign key (beneficiary_id)
                references app.beneficiaries on delete cascade deferrable initially deferred,
            drop column first_name, drop column last_name, drop column birth_date, drop column email, drop column phone;
        alter table app.accounts
            add constraint accounts_beneficiary_check check (role <> 'beneficiary' or email is null);

        -- Rewrite both tables and their indexes: otherwise values of dropped columns and old versions of rows stay in
        -- the files. An expression makes Postgres rewrite a table; `cluster` would copy what was replaced just now.
        alter table app.beneficiary_persons alter column sealed type bytea using sealed || ''::bytea;
        alter table app.accounts alter column display_name type text using display_name || '';
    """)


def _seal_what_is_there() -> None:
    """Seal the names, contacts and addresses of beneficiaries.

    A person who was enrolled twice, before anything could tell, stays enrolled twice: new enrolments are compared with
    the first row only.
    """
    bind = op.get_bind()
    persons = bind.exec_driver_sql(
        "select p.beneficiary_id, p.first_name, p.last_name, p.birth_date::text, p.email, p.phone, a.email,"
        " a.email_verified_at from app.beneficiary_persons p join app.accounts a on a.id = p.beneficiary_id"
        " order by p.beneficiary_id"
    ).all()
    if not persons:
        return  # an empty database needs no keys
    keys = _Keys()
    known: set[bytes] = set()
    for account_id, first_name, last_name, birth_date, email, phone, address, verified_at in persons:
        assert isinstance(account_id, UUID)  # noqa: S101  psycopg reads a uuid as one
        key = os.urandom(32)
        bind.exec_driver_sql(
            "insert into key_vault.data_keys (account_id, wrapped, master_key) values (%s, %s, %s)",
            (account_id, keys.wrapped(account_id, key), keys.master_name),
        )
        person = {
            "first_name": first_name,
            "last_name": last_name,
            "birth_date": birth_date,
            "email": email,
            "phone": phone,
        }
        identity = keys.identity_of(first_name, last_name, birth_date)
        if identity in known:
            identity = keys.look_up("enrolled again", str(account_id))
        known.add(identity)
        plain = json.dumps(person, ensure_ascii=False, separators=(",", ":")).encode()
        bind.exec_driver_sql(
            "update app.beneficiary_persons set sealed = %s, identity = %s where beneficiary_id = %s",
            (_sealed(key, f"app.beneficiary_persons.sealed/{account_id}", plain), identity, account_id),
        )
        if address is not None:
            bind.exec_driver_sql(
                "insert into app.sealed_addresses (account_id, sealed, lookup, verified_at) values (%s, %s, %s, %s)",
                (
                    account_id,
                    _sealed(key, f"app.sealed_addresses.sealed/{account_id}", address.encode()),
                    keys.look_up("address", address.lower()),
                    verified_at,
                ),
            )
            bind.exec_driver_sql(
                "update app.accounts set email = null, email_verified_at = null where id = %s", (account_id,)
            )


class _Keys:
    """The master key that wraps data keys, and the key of look-ups, from the program's environment.

    `ECOPANIER_MASTER_KEY` wraps; without it the master key derives from the secret key, as the look-up key always
    does. The secret key is `ECOPANIER_SECRET_KEY`, or else a file in `ECOPANIER_DATA_DIR`.
    """

    def __init__(self) -> None:
        # The program ignores the case of names, and takes an empty variable for one that is not set.
        given = {name.upper(): value for name, value in os.environ.items() if value}
        secret = given.get("ECOPANIER_SECRET_KEY")
        root = secret.encode() if secret else _secret_kept_in(Path(given.get("ECOPANIER_DATA_DIR", ".data")))
        master = given.get("ECOPANIER_MASTER_KEY")
        master_key = master.encode() if master else _derived(root, "master")
        self.master_name = sha256(b"ecopanier/master-name" + master_key).hexdigest()[:16]
        self._master = sha256(b"ecopanier/master" + master_key).digest()
        self._look_ups = _derived(root, "look-ups")

    def wrapped(self, account_id: UUID, data_key: bytes) -> bytes:
        """Wrap a person's data key by the master key."""
        return _sealed(self._master, f"vault.data_keys.wrapped/{account_id}", data_key)

    def look_up(self, purpose: str, *parts: str) -> bytes:
        """Return the 32 bytes by which something is found without being readable (HMAC-SHA256)."""
        return hmac.digest(self._look_ups, "\0".join((purpose, *parts)).encode(), "sha256")

    def identity_of(self, first_name: str, last_name: str, birth_date: str) -> bytes:
        """Return what finds a person, whatever the accents, capitals, hyphens and order of their names."""
        return self.look_up("identity", *sorted((_letters(first_name), _letters(last_name))), birth_date)


def _sealed(key: bytes, row: str, plain: bytes) -> bytes:
    """Encrypt with AES-256-GCM, bound to `row` (table.column/id). The 12 bytes in front are the nonce."""
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, plain, row.encode())


def _derived(root: bytes, purpose: str) -> bytes:
    """Derive 32 bytes for one purpose from the secret key (HKDF-SHA256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ecopanier/" + purpose.encode()).derive(root)


def _secret_kept_in(directory: Path) -> bytes:
    """Read the secret key that development keeps beside its data; make it if there is none yet."""
    directory.mkdir(parents=True, exist_ok=True)
    kept = directory / "secret.key"
    draft = directory / f".secret.key.{os.getpid()}"
    if not kept.exists():
        draft.touch(mode=0o600)
        draft.write_text(os.urandom(32).hex())
        try:
            os.link(draft, kept)  # fails if the program has made one meanwhile, so that both use the same
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return kept.read_bytes()


def _letters(name: str) -> str:
    """Reduce a name to its letters and digits, without accents and capitals; keep it if it has none of these."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(sign for sign in decomposed if sign.isalnum()) or decomposed.strip()
