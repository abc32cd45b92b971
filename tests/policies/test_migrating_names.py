"""Migrating seals the names of earlier releases, so that we can open them and nobody else can."""

import asyncio
from pathlib import Path

import httpx2
import psycopg
import pytest

from backend.database.migrate import migrate
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
from tests.policies.test_migrating import migrate_until
from tests.town import Town, refused
from tests.town.databases import Copy, Databases
from tests.town.serving import Served

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
