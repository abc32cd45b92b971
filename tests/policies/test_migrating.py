"""`ecopanier migrate`: atomic, repeatable, the same as its printed script; it seals names from earlier releases."""

import ast
import asyncio
import difflib
import re
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from backend.database.migrate import MigrationRefused, alembic_config, migrate, run, script, statements_before
from backend.database.safety import newest_migration
from backend.sealing.identities import METHOD, identity_of
from backend.sealing.seals import (
    SEALED_ADDRESS,
    SEALED_PERSON,
    address_look_up,
    keyring,
    opened_json,
)
from backend.settings import Settings
from tests.canaries import Canary, sightings
from tests.town import Town, refused
from tests.town.databases import API, Copy, Databases
from tests.town.serving import Served


def schema_of(copy: Copy) -> str:
    """Return the schema as pg_dump prints it, without comments; the order of creation plays no part."""
    dumped = subprocess.run(
        [copy.server.bin / "pg_dump", "--schema-only", "--restrict-key=x", copy.url()],
        capture_output=True,
        text=True,
        check=True,
    )
    # Alembic's offline mode writes tabs as four spaces, also in the bodies of the queue's functions.
    text = dumped.stdout.replace("\t", "    ")
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def differences(one: str, other: str) -> str:
    return "\n".join(difflib.unified_diff(one.splitlines(), other.splitlines(), lineterm="", n=1))


def execute(copy: Copy, statements: str) -> None:
    with psycopg.connect(copy.url(), autocommit=True) as connection:
        connection.execute(statements.encode())


def test_models_and_migrations_agree(databases: Databases) -> None:
    with databases.copy() as copy:
        engine = sa.create_engine(sa.make_url(copy.url()).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
        with engine.connect() as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.check(config)
            connection.execute(sa.text("alter table app.lots add column forgotten int"))
            with pytest.raises(Exception, match="forgotten"):
                command.check(config)
        engine.dispose()


def test_newest_migration_is_the_head_that_alembic_finds() -> None:
    assert newest_migration() == ScriptDirectory.from_config(alembic_config()).get_current_head()


def test_migrating_twice_changes_nothing(databases: Databases) -> None:
    with databases.copy() as copy:
        before = schema_of(copy)
        migrate(copy.url())
        assert differences(before, schema_of(copy)) == ""


def test_migrating_again_keeps_data_and_restores_policies_and_functions(databases: Databases) -> None:
    with databases.copy() as copy:
        whole = schema_of(copy)
        execute(
            copy,
            """
            insert into app.accounts (role, display_name) values ('customer', 'Marc');
            drop policy "People see their own account" on app.accounts;
            create policy "Left over" on app.accounts for select to anon using (true);
            create or replace function app.caller_role() returns text language sql as $$ select 'admin' $$;
            alter table app.accounts no force row level security;
            """,
        )
        assert schema_of(copy) != whole

        migrate(copy.url())

        assert differences(whole, schema_of(copy)) == ""
        with psycopg.connect(copy.url()) as connection:
            assert connection.execute("select display_name from app.accounts").fetchall() == [("Marc",)]


def migrate_until(copy: Copy, revision: str) -> None:
    """Migrate an empty database to an earlier revision: tables only, without policies and functions."""
    engine = sa.create_engine(sa.make_url(copy.url()).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements_before():
            run(connection, statement)
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


NAMES = [("Zoé", "Canarinom"), ("canarinom", "ZOE"), ("Œdipe", "Jean-Æon"), ("李", "小龍"), ("-", "--")]
"""People enrolled before names were sealed; the first two are the same person, which the program could not tell."""
RENEWAL = "beneficiaries.renew_identities"


def enrol_unsealed(copy: Copy, names: list[tuple[str, str]]) -> None:
    """Enrol people into a database of the revision 1130, as the program did then."""
    with psycopg.connect(copy.url()) as connection:
        connection.cursor().executemany(
            """
            with enrolled as (
                insert into app.accounts (id, role, display_name, email)
                values (('00000000-0000-7000-8000-00000000000' || %(number)s)::uuid, 'beneficiary', %(number)s,
                        'Canari' || %(number)s || '@example.org') returning id
            ), right_of as (
                insert into app.beneficiaries (id, code, eligible_until)
                select id, '2026-BEN-0000' || %(number)s, '2030-01-01' from enrolled
            )
            insert into app.beneficiary_persons (beneficiary_id, first_name, last_name, birth_date, email)
            select id, %(first)s, %(last)s, '1990-01-01', 'canari@example.org' from enrolled
            """,
            [{"number": str(n), "first": first, "last": last} for n, (first, last) in enumerate(names)],
        )


@pytest.mark.parametrize(
    "given",
    [
        {"ECOPANIER_SECRET_KEY": "a secret key of this test that is long enough"},
        {"ECOPANIER_SECRET_KEY": "", "ecopanier_master_key": "a master key of this test that is long enough"},
        {"ECOPANIER_MASTER_KEY": ""},
    ],
    ids=["secret key", "master key, and a secret key in a file", "secret key in a file"],
)
def test_migrating_seals_earlier_enrolments_so_that_we_can_open_them(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    for name in ("ECOPANIER_SECRET_KEY", "ECOPANIER_MASTER_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"ECOPANIER_DATA_DIR": str(tmp_path / "data"), **given}.items():
        monkeypatch.setenv(name, value)
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_22_1130")
        enrol_unsealed(copy, NAMES)

        migrate(copy.url())

        keys = keyring(Settings.checked())
        with psycopg.connect(copy.url(), autocommit=True) as connection:
            found = connection.execute(
                "select p.beneficiary_id, p.sealed, p.identity, k.wrapped, k.master_key, s.sealed, s.lookup"
                " from app.beneficiary_persons p"
                " join key_vault.data_keys k on k.account_id = p.beneficiary_id"
                " join app.sealed_addresses s on s.account_id = p.beneficiary_id order by p.beneficiary_id"
            ).fetchall()
            emails = connection.execute("select count(*) from app.accounts where email is not null").fetchone()
        assert emails == (0,)
        assert len(found) == len(NAMES)
        for n, (account_id, person, identity, wrapped, master_key, address, look_up) in enumerate(found):
            key = keys.data_key(account_id, wrapped, master_key)
            assert opened_json(key, SEALED_PERSON, person) == {
                "first_name": NAMES[n][0],
                "last_name": NAMES[n][1],
                "birth_date": "1990-01-01",
                "email": "canari@example.org",
                "phone": None,
            }
            assert key.open(SEALED_ADDRESS, address) == f"Canari{n}@example.org".encode()
            assert look_up == address_look_up(keys, f"canari{n}@example.org")
            # The second row of the same person stays, but is not found until the worker has computed the hashes anew.
            assert (identity == identity_of(keys, *NAMES[n], "1990-01-01").former) == (n != 1)


async def test_the_worker_computes_the_identities_of_a_migrated_database_anew(
    databases: Databases, served: Served, client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    with databases.empty() as copy:
        async with Town.opened(copy, served, client, tmp_path) as town:
            migrate_until(copy, "2026_11_22_1130")
            enrol_unsealed(copy, NAMES)
            await asyncio.to_thread(migrate, copy.url())
            methods = await town.rows("select identity_method from app.beneficiary_persons")
            assert {row["identity_method"] for row in methods} == {1}
            queued = await town.value("select args from jobs.procrastinate_jobs where task_name = $1", RENEWAL)
            assert queued == "{}"

            await town.worker_runs()

            persons = await town.rows(
                "select identity, identity_method, identity_rank from app.beneficiary_persons order by beneficiary_id"
            )
            present = [identity_of(keyring(), *names, "1990-01-01").present for names in NAMES]
            assert [(row["identity"], row["identity_method"]) for row in persons] == [(one, METHOD) for one in present]
            assert [row["identity_rank"] for row in persons] == [0, 1, 0, 0, 0]
            done = await town.value("select status from jobs.procrastinate_jobs where task_name = $1", RENEWAL)
            assert done == "succeeded"
            relais = await town.an_association()
            spelled = await refused(relais.enrols(first_name="Oedipe", last_name="Jean Aeon", birth_date="1990-01-01"))
            assert spelled.code == "beneficiary.already_enrolled"


def test_an_empty_database_queues_no_job_that_opens_names(databases: Databases) -> None:
    with databases.copy() as copy, psycopg.connect(copy.url()) as connection:
        assert connection.execute("select count(*) from jobs.procrastinate_jobs").fetchone() == (0,)


def test_migrating_computes_the_words_of_lots_on_offer_anew(databases: Databases) -> None:
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1030")
        with psycopg.connect(copy.url(), autocommit=True) as connection:
            connection.execute("""
                with sophie as (
                    insert into app.accounts (role, display_name) values ('merchant', 'Sophie') returning id
                ), shop as (
                    insert into app.shops (owner_id, name, siret, address, insee_code, latitude, longitude, category)
                    select id, 'Marché', '12345678900005', '1 rue', '67482', 48.57, 7.75, 'bakery' from sophie
                    returning id, place
                )
                insert into app.lots (shop_id, title, category, kind, price_cents, original_price_cents, quantity,
                    remaining, pickup_start, pickup_end, date_kind, status, published_at, place, shelf, category_shelf,
                    words)
                select s.id, n.title, 'bakery', 'free', 0, 800, 5, 5, now(), now() + interval '1 hour', 'none',
                       n.status, now(), s.place, s.place, s.place,
                       to_tsvector('pg_catalog.french', app.without_accents(n.title))
                from shop s, (values ('Tarte à l’ananas', 'published'), ('Œufs… – frais', 'draft'),
                                     ('Pain', 'published')) as n (title, status)
            """)

            migrate(copy.url())

            found = connection.execute("""
                select title from app.lots where words @@ app.search_query('ananas')
                union all select title from app.lots where words @@ app.search_query('oeuf frais')
                union all select title from app.lots where words @@ app.search_query('pains')
            """).fetchall()
            assert found == [("Tarte à l’ananas",), ("Œufs… – frais",), ("Pain",)]


def test_migrating_ends_rights_of_centuries_in_five_years(databases: Databases) -> None:
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1050")
        execute(
            copy,
            """
            insert into app.accounts (id, role, display_name)
            select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'beneficiary', n::text
            from generate_series(1, 3) n;
            insert into app.beneficiaries (id, code, eligible_until)
            values ('00000000-0000-7000-8000-000000000001', '2026-BEN-00001', '9999-12-31'),
                   ('00000000-0000-7000-8000-000000000002', '2026-BEN-00002', 'infinity'),
                   ('00000000-0000-7000-8000-000000000003', '2026-BEN-00003', '2027-06-30');
            """,
        )

        migrate(copy.url())

        with psycopg.connect(copy.url()) as connection:
            ends = connection.execute(
                "select eligible_until - app.last_day_of_rights(now()), eligible_until::text, version"
                " from app.beneficiaries order by code"
            ).fetchall()
            assert [end[0] for end in ends[:2]] == [0, 0]
            assert ends[2][1:] == ("2027-06-30", 1)
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute("update app.beneficiaries set eligible_until = '9999-12-31'")


def test_migrating_keeps_accounts_whose_address_was_never_confirmed(databases: Databases) -> None:
    """They confirm it at their next sign-in; what was mailed to them before, with a token for curl, ends."""
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1050")
        execute(
            copy,
            """
            insert into app.accounts (id, role, email, display_name)
            values ('00000000-0000-7000-8000-000000000001', 'customer', 'amina@example.org', 'Amina');
            insert into app.sessions (account_id) values ('00000000-0000-7000-8000-000000000001');
            insert into app.one_time_tokens (token_hash, account_id, purpose, expires_at)
            select sha256(purpose::bytea), '00000000-0000-7000-8000-000000000001', purpose, now() + interval '1 day'
            from unnest(array['verify_email', 'reset_password', 'activate']) purpose;
            """,
        )

        migrate(copy.url())

        with psycopg.connect(copy.url()) as connection:
            kept = connection.execute(
                "select a.email, a.email_verified_at, s.ended_at from app.accounts a join app.sessions s"
                " on s.account_id = a.id"
            ).fetchall()
            tokens = connection.execute("select purpose from app.one_time_tokens order by purpose").fetchall()
        assert kept == [("amina@example.org", None, None)]
        assert tokens == [("activate",), ("reset_password",)]


SHOPS_OVERSEAS = """
insert into app.accounts (id, role, display_name)
values ('00000000-0000-7000-8000-000000000001', 'merchant', 'Sophie'),
       ('00000000-0000-7000-8000-000000000002', 'association', 'Le Relais'),
       ('00000000-0000-7000-8000-000000000003', 'beneficiary', 'Amina');
insert into app.shops (owner_id, name, siret, address, insee_code, latitude, longitude, category)
select '00000000-0000-7000-8000-000000000001', code, '73282932000074', '-', code, 0, 0, 'bakery'
from unnest(array['67482', '98818', '97101']) code;
insert into app.associations (id, name, insee_code)
values ('00000000-0000-7000-8000-000000000002', 'Le Relais', '97411');
insert into app.free_portions (account_id, day, taken)
values ('00000000-0000-7000-8000-000000000003', '2026-06-10', 2);
insert into app.lots (shop_id, title, category, kind, original_price_cents, price_cents, quantity, remaining,
    pickup_start, pickup_end, date_kind, food_date, status, place, shelf, category_shelf, words, published_at)
select s.id, l.title, 'bakery', 'free', 800, 0, 5, 5, l.opens::timestamptz, l.closes::timestamptz, l.date_kind,
       case l.date_kind when 'none' then null else date '2026-06-10' end, l.status, s.place, s.place, s.place, '', now()
from app.shops s cross join (values
    ('good', '2026-06-10 08:00+00', '2026-06-10 12:00+00', 'use_by', 'published'),
    ('long', '2026-06-10 10:00+00', '2026-06-10 20:00+00', 'use_by', 'published'),
    ('late', '2026-06-10 15:00+00', '2026-06-10 20:00+00', 'use_by', 'published'),
    ('over', '2026-06-10 15:00+00', '2026-06-10 20:00+00', 'use_by', 'ended'),
    ('best', '2026-06-10 15:00+00', '2026-06-12 20:00+00', 'best_before', 'published'),
    ('none', '2026-06-10 15:00+00', '2026-06-12 20:00+00', 'none', 'published')
) l (title, opens, closes, date_kind, status);
"""


def test_lots_overseas_get_the_ends_of_their_days(databases: Databases) -> None:
    """Windows that went on after the use-by day of the shop are cut; where nothing is left, the lot is paused."""
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1030")
        execute(copy, f"set session_replication_role = replica; {SHOPS_OVERSEAS}")

        migrate(copy.url())

        with psycopg.connect(copy.url()) as connection:
            connection.execute("set timezone to 'UTC'")
            lots = connection.execute(
                "select s.insee_code, l.title, l.status, to_char(l.pickup_start, 'DD HH24:MI'),"
                " to_char(l.pickup_end, 'DD HH24:MI'), to_char(l.food_date_ends_at, 'DD HH24:MI')"
                " from app.lots l join app.shops s on s.id = l.shop_id"
            ).fetchall()
            kept = connection.execute("select day::text, taken, time_zone from app.free_portions").fetchall()
            [(zone, named)] = connection.execute("select time_zone, time_zone_since from app.associations").fetchall()
        for code, ends in (("67482", "10 22:00"), ("97101", "11 04:00")):
            assert {lot[1:] for lot in lots if lot[0] == code} == {
                ("good", "published", "10 08:00", "10 12:00", ends),
                ("long", "published", "10 10:00", "10 20:00", ends),
                ("late", "published", "10 15:00", "10 20:00", ends),
                ("over", "ended", "10 15:00", "10 20:00", ends),
                ("best", "published", "10 15:00", "12 20:00", ends),
                ("none", "published", "10 15:00", "12 20:00", None),
            }
        assert {lot[1:] for lot in lots if lot[0] == "98818"} == {
            ("good", "published", "10 08:00", "10 12:00", "10 13:00"),
            ("long", "published", "10 10:00", "10 13:00", "10 13:00"),
            ("late", "paused", "10 12:59", "10 13:00", "10 13:00"),
            ("over", "ended", "10 15:00", "10 20:00", "10 13:00"),
            ("best", "published", "10 15:00", "12 20:00", "10 13:00"),
            ("none", "published", "10 15:00", "12 20:00", None),
        }
        assert kept == [("2026-06-10", 2, "Europe/Paris")]
        assert zone == "Indian/Reunion"
        assert named is not None


# What a reservation did in releases whose lots had the column `remaining`.
RESERVE_AS_BEFORE = """
create function public.reserve_as_before() returns void language plpgsql as $$
declare
    lot uuid := (select id from app.lots order by random() limit 1);
begin
    update app.lots l set remaining = l.remaining - 1 where l.id = lot;
    insert into app.reservations (lot_id, account_id, quantity, unit_price_cents, status, hold_until)
    select lot, a.id, 1, 400, 'held', now() + interval '1 hour' from app.accounts a;
end $$;
with sophie as (
    insert into app.accounts (role, display_name) values ('merchant', 'Sophie') returning id
), shop as (
    insert into app.shops (owner_id, name, siret, address, insee_code, latitude, longitude, category)
    select id, 'Marché', '12345678900005', '1 rue', '67482', 48.57, 7.75, 'bakery' from sophie returning id, place
)
insert into app.lots (shop_id, title, category, kind, price_cents, original_price_cents, quantity, remaining,
    pickup_start, pickup_end, date_kind, status, published_at, place, shelf, category_shelf, words)
select s.id, 'Pain', 'bakery', 'discounted', 400, 800, 1000, 1000, now(), now() + interval '1 hour', 'none',
       'published', now(), s.place, s.place, s.place, ''
from shop s, generate_series(1, 50);
"""


@pytest.mark.parametrize("careful", [True, False], ids=["the migration", "control: without its locks"])
def test_reservations_during_the_migration_of_stock_are_not_lost(databases: Databases, careful: bool) -> None:
    """A reservation is either in the new stock, or answered with an error and not made."""
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1350")
        execute(copy, RESERVE_AS_BEFORE)
        made: list[int] = []
        first = threading.Event()

        def reserves() -> None:
            with psycopg.connect(copy.url(), autocommit=True) as hand, suppress(psycopg.errors.UndefinedColumn):
                while True:
                    hand.execute("select public.reserve_as_before()")
                    made.append(1)
                    first.set()

        with ThreadPoolExecutor(4) as hands:
            for _ in range(4):
                hands.submit(reserves)
            assert first.wait(10)
            upgrade_at_once(copy, "2026_11_29_1330", careful=careful)

        wrong = """
            select count(*) from app.lot_stock s
            where s.remaining + (select count(*) from app.reservations r where r.lot_id = s.lot_id) <> s.quantity
        """
        with psycopg.connect(copy.url()) as connection:
            assert connection.execute("select count(*) from app.reservations").fetchone() == (len(made),)
            assert (connection.execute(wrong).fetchone() == (0,)) is careful


def upgrade_at_once(copy: Copy, revision: str, *, careful: bool) -> None:
    """Run the revisions only, not what `migrate` does before them, which would lock all tables."""
    engine = sa.create_engine(sa.make_url(copy.url()).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)

    def without_locks(*details: Any) -> tuple[str, Any]:
        statement: str = details[2]
        for locks, instead in (
            ("lock table app.lots, app.reservations in access exclusive mode;", ""),
            ("add constraint lot_stock_lot_id_fkey foreign key (lot_id) references app.lots,", ""),
            ("alter table app.lots drop", "select pg_sleep(0.3); alter table app.lots drop"),
        ):
            statement = statement.replace(locks, instead)
        return statement, details[3]

    if not careful:
        sa.event.listen(engine, "before_cursor_execute", without_locks, retval=True)
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def imported_by(source: str) -> set[str]:
    """Return the first part of the name of each module that a Python file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def test_migrations_import_nothing_of_the_product() -> None:
    """A migration runs years after it was written, and must not change with the code of that day."""
    folder = Path(__file__).parents[2] / "migrations" / "versions"
    files = sorted(folder.glob("*.py"))
    assert len(files) > 1
    changing = {"backend", "ai", "scripts", "tests", ""}
    assert {file.name: names for file in files if (names := imported_by(file.read_text()) & changing)} == {}


def test_control_an_import_inside_a_function_is_noticed() -> None:
    assert imported_by("def upgrade():\n    from backend.settings import settings") == {"backend"}
    assert imported_by("from . import helpers") == {""}


def release_with_vault(copy: Copy) -> None:
    """Put a database into the state of the releases whose data keys were in the schema `vault`."""
    migrate_until(copy, "2026_11_22_1260")
    execute(
        copy,
        """
        create schema vault authorization ecopanier_owner;
        alter table key_vault.data_keys set schema vault;
        alter table key_vault.erased_accounts set schema vault;
        set session_replication_role = replica;
        insert into vault.data_keys (account_id, wrapped, master_key) values (gen_random_uuid(), 'wrapped', 'name');
        insert into vault.erased_accounts (account_id, erased_at) values (gen_random_uuid(), now());
        """,
    )


def test_the_keys_leave_vault_once_the_operator_has_confirmed(databases: Databases) -> None:
    with databases.empty() as copy:
        release_with_vault(copy)

        with pytest.raises(MigrationRefused, match="ECOPANIER_CONFIRMED=key_vault"):
            migrate(copy.url())
        with psycopg.connect(copy.url()) as connection:
            assert connection.execute("select count(*) from vault.data_keys").fetchone() == (1,)
        warnings = migrate(copy.url(), confirmed="key_vault")

        assert ["--exclude-schema=key_vault" in warning for warning in warnings] == [True]
        with psycopg.connect(copy.url()) as connection:
            kept = "select count(*) from key_vault.data_keys, key_vault.erased_accounts"
            assert connection.execute(kept.encode()).fetchone() == (1,)
            assert connection.execute("select to_regnamespace('vault')").fetchone() == (None,)
        assert migrate(copy.url()) == []


def test_the_printed_script_moves_the_keys_once_it_is_confirmed(databases: Databases) -> None:
    with databases.empty() as copy:
        release_with_vault(copy)

        with pytest.raises(psycopg.errors.RaiseException, match=r"ecopanier\.confirmed"):
            execute(copy, script())
        execute(copy, "select set_config('ecopanier.confirmed', 'key_vault', false);" + script())

        with psycopg.connect(copy.url()) as connection:
            assert connection.execute("select count(*) from key_vault.data_keys").fetchone() == (1,)


@pytest.mark.parametrize("revision", ["2026_11_22_0950", "2026_11_22_1260", "head"])
def test_the_printed_script_upgrades_an_earlier_database(databases: Databases, revision: str) -> None:
    with databases.copy() as wanted, databases.empty() as copy:
        migrate_until(copy, revision)

        execute(copy, script())
        execute(copy, script())

        assert differences(schema_of(wanted), schema_of(copy)) == ""


def test_the_printed_script_builds_the_same_schema(databases: Databases) -> None:
    with databases.copy() as migrated, databases.empty() as by_script:
        execute(by_script, script())
        assert differences(schema_of(migrated), schema_of(by_script)) == ""


def test_sealing_earlier_names_leaves_no_plain_text_in_the_files(databases: Databases) -> None:
    """Values of a dropped column and old row versions would otherwise stay in Postgres' files for years."""
    person = Canary(70)
    fields = person.fields()
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_22_1130")
        with psycopg.connect(copy.url(), autocommit=True) as owner:
            owner.execute(
                "with a as (insert into app.accounts (role, email, display_name)"
                " values ('beneficiary', %s, '2026-BEN-00042') returning id),"
                " b as (insert into app.beneficiaries (id, code, eligible_until)"
                " select id, '2026-BEN-00042', '2030-06-30' from a returning id)"
                " insert into app.beneficiary_persons (beneficiary_id, first_name, last_name, birth_date, email, phone)"
                " select id, %s, %s, %s, %s, %s from b",
                [person.email, *(fields[name] for name in ("first_name", "last_name", "birth_date", "email", "phone"))],
            )

            def on_disk() -> set[str]:
                owner.execute("checkpoint")
                folder = owner.execute(
                    "select setting || '/base/' || d.oid from pg_settings s, pg_database d"
                    " where s.name = 'data_directory' and d.datname = current_database()"
                ).fetchone()
                assert folder is not None
                files = {str(file): file.read_bytes() for file in Path(folder[0]).iterdir() if file.is_file()}
                return {word for _, word in sightings(files, raw=True)}

            assert len(on_disk()) >= 4
            migrate(copy.url())
            row = owner.execute(
                "select a.email, s.lookup is not null, p.sealed is not null from app.accounts a"
                " join app.sealed_addresses s on s.account_id = a.id"
                " join app.beneficiary_persons p on p.beneficiary_id = a.id"
            ).fetchall()
            assert row == [(None, True, True)]
            assert on_disk() == set()


def test_concurrent_migrations_wait_for_each_other(databases: Databases) -> None:
    async def both(copy: Copy) -> None:
        await asyncio.gather(*(asyncio.to_thread(migrate, copy.url()) for _ in range(2)))

    with databases.copy() as migrated, databases.empty() as copy:
        asyncio.run(both(copy))
        assert differences(schema_of(migrated), schema_of(copy)) == ""


@pytest.mark.parametrize(
    ("in_the_way", "said"),
    [
        ("create table app.left_over ()", "table app.left_over has no policy"),
        ("create table app.lots ()", 'relation "lots" already exists'),
    ],
    ids=["found by a lint", "found while migrating"],
)
@pytest.mark.parametrize("way", ["migrate", "script"])
def test_a_refused_migration_changes_nothing(databases: Databases, in_the_way: str, said: str, way: str) -> None:
    with databases.empty() as copy:
        execute(copy, f"create schema app authorization ecopanier_owner; set role ecopanier_owner; {in_the_way}")
        before = schema_of(copy)

        if way == "migrate":
            with pytest.raises(MigrationRefused, match=said):
                migrate(copy.url())
        else:
            with pytest.raises(psycopg.Error, match=said):
                execute(copy, script())

        assert differences(before, schema_of(copy)) == ""


def test_migrating_as_a_login_without_the_rights_is_refused(databases: Databases) -> None:
    with databases.empty() as copy:
        before = schema_of(copy)
        with pytest.raises(MigrationRefused, match="permission denied"):
            migrate(copy.url(API))
        assert schema_of(copy) == before


def test_policies_name_no_table_in_supabase_s_vault() -> None:
    """A function's body is not checked before it runs, so a wrong schema would show only then."""
    policies = Path(__file__).parents[2] / "policies"
    assert [str(file) for file in policies.rglob("*.sql") if re.search(r"\bvault\.", file.read_text())] == []


def test_every_file_of_policies_is_applied() -> None:
    """A file with another suffix, or in another folder, would look like a policy but never be applied."""
    policies = Path(__file__).parents[2] / "policies"
    applied = {*(policies / "functions").rglob("*.sql"), *(policies / "tables").rglob("*.sql")}
    applied |= {policies / name for name in ("roles.sql", "schemas.sql", "lints.sql")} | {*policies.glob("views/*.sql")}
    assert {file for file in policies.rglob("*") if file.is_file()} == {*applied, policies / "LOCKS.md"}


def test_migrating_ends_kiosks_of_admins_and_cards_of_former_associations(databases: Databases) -> None:
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1080")
        execute(
            copy,
            """
            insert into app.accounts (id, role, display_name, email)
            select ('00000000-0000-7000-8000-00000000000' || n)::uuid, role, role, email
            from (values (1, 'admin', 'a@example.org'), (2, 'association', 'b@example.org'),
                         (3, 'association', 'c@example.org'), (4, 'beneficiary', null), (5, 'beneficiary', null),
                         (6, 'beneficiary', null)) as x (n, role, email);
            insert into app.associations (id, name, status, siret)
            select id, 'x', 'verified', case email when 'b@example.org' then '73282932000074' else '44306184100047' end
            from app.accounts where role = 'association';
            -- 4 stays with the association 3, 5 came to it with the card of 2, an admin enrolled 6.
            insert into app.beneficiaries (id, code, association_id, eligible_until)
            select a.id, '2026-BEN-0000' || right(a.id::text, 1),
                   case right(a.id::text, 1) when '6' then null else '00000000-0000-7000-8000-000000000003'::uuid end,
                   '2030-01-01'
            from app.accounts a where role = 'beneficiary';
            insert into app.cards (beneficiary_id, secret_hash) select id, sha256(id::text::bytea)
            from app.beneficiaries;
            insert into app.transfers (beneficiary_id, from_association_id, to_association_id, status, asked_by,
                                       asked_at, ended_at)
            values ('00000000-0000-7000-8000-000000000005', '00000000-0000-7000-8000-000000000002',
                    '00000000-0000-7000-8000-000000000003', 'accepted', '00000000-0000-7000-8000-000000000002',
                    now(), now() + interval '1 minute');
            insert into app.kiosks (name, association_id, device_hash, registered_by)
            select a.role, case a.role when 'association' then a.id end, sha256(a.id::text::bytea), a.id
            from app.accounts a where a.role in ('admin', 'association');
            insert into app.sessions (account_id, created_at, kiosk_id, card_id, ends_at)
            select c.beneficiary_id, now(), k.id, c.id, now() + interval '3 minutes'
            from app.cards c, app.kiosks k;
            """,
        )
        migrate(copy.url())
        with psycopg.connect(copy.url()) as connection:
            cards = connection.execute(
                "select right(beneficiary_id::text, 1), status, used from app.cards order by 1"
            ).fetchall()
            kiosks = connection.execute("select name, revoked_at is null from app.kiosks order by id").fetchall()
            running = connection.execute(
                "select right(s.account_id::text, 1), k.name from app.sessions s join app.kiosks k on k.id = s.kiosk_id"
                " where s.ended_at is null"
            ).fetchall()
    assert cards == [("4", "active", True), ("5", "revoked", True), ("6", "revoked", True)]
    assert sorted(kiosks) == [("admin", False), ("association", True), ("association", True)]
    assert running == [("4", "association")] * 2


def test_migrating_makes_owners_members_of_their_shops_and_associations(databases: Databases) -> None:
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1061")
        execute(
            copy,
            """
            insert into app.accounts (id, role, display_name, email)
            select ('00000000-0000-7000-8000-00000000000' || n)::uuid, role, role, n || '@example.org'
            from (values (1, 'merchant'), (2, 'association'), (3, 'association')) as x (n, role);
            insert into app.associations (id, name, status)
            select id, 'x', case id::text when '00000000-0000-7000-8000-000000000003' then 'closed' else 'pending' end
            from app.accounts where role = 'association';
            insert into app.shops (owner_id, name, siret, address, insee_code, latitude, longitude, category)
            values ('00000000-0000-7000-8000-000000000001', 'x', '73282932000074', 'x', '67482', 48.58, 7.75, 'bakery');
            """,
        )
        migrate(copy.url())
        with psycopg.connect(copy.url()) as connection:
            members = connection.execute(
                "select right(account_id::text, 1), role, shop_id is not null from app.members order by 1"
            ).fetchall()
            owners = connection.execute("select right(owner_id::text, 1) from app.associations order by 1").fetchall()

    assert members == [("1", "owner", True), ("2", "owner", False)]
    assert owners == [("2",), ("3",)]
