"""The product behind a real PgBouncer in transaction mode: API, sessions, worker, and the worker's ear."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2
import psycopg
import pytest

from backend import worker
from backend.database.safety import UnsafeDatabase
from backend.database.sessions import Database
from backend.sealing.key_rotation import rotate
from backend.sealing.seals import Keyring
from backend.settings import Settings, settings
from tests.pgbouncer import NEEDS_PGBOUNCER, PgBouncer, a_pgbouncer
from tests.startup.running import Running
from tests.town import Town
from tests.town.databases import API, SUPERUSER, WORKER, Copy, Databases
from tests.town.serving import Served

pytestmark = NEEDS_PGBOUNCER
AT_ONCE = 40
SOMEBODY = {
    "email": "amina@example.org",
    "password": "un vélo bleu sous la pluie",
    "role": "customer",
    "display_name": "Amina",
    "consents": {"terms": "2026-01"},
}
WHO_LISTENS = "select 1 from pg_stat_activity where datname = %s and query like 'LISTEN%%'"
ALL_DONE = """
    select not exists (select from jobs.procrastinate_jobs j
                       where j.status in ('todo', 'doing') and coalesce(j.scheduled_at <= now(), true)
                         and not exists (select from jobs.procrastinate_periodic_defers p where p.job_id = j.id))"""


@dataclass(frozen=True)
class Behind(Copy):
    """A database that the API and the worker reach through PgBouncer."""

    pgbouncer: PgBouncer

    def url(self, login: str = SUPERUSER) -> str:
        return super().url(login) if login == SUPERUSER else self.pgbouncer.url(login, self.name)

    def direct_url(self, login: str) -> str:
        return super().url(login)


@pytest.fixture(scope="module")
def pgbouncer(databases: Databases, servers_folder: Path) -> Iterator[PgBouncer]:
    folder = servers_folder / "pgbouncer"
    folder.mkdir()
    with a_pgbouncer(databases.server, folder) as running:
        yield running


@pytest.fixture
def behind(databases: Databases, pgbouncer: PgBouncer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Behind]:
    monkeypatch.setenv("ECOPANIER_PGBOUNCER", "1")
    with databases.copy() as copy:
        yield Behind(copy.server, copy.name, pgbouncer)


@pytest.fixture
async def town(behind: Behind, served: Served, client: httpx2.AsyncClient, tmp_path: Path) -> AsyncIterator[Town]:
    async with Town.opened(behind, served, client, tmp_path) as made:
        yield made


async def test_a_crowd_reserves_pays_and_collects_behind_pgbouncer(town: Town, pgbouncer: PgBouncer) -> None:
    lot, free = await town.a_lot(left=AT_ONCE), await town.a_free_lot(left=AT_ONCE)
    customers = [await town.a_customer() for _ in range(AT_ONCE // 2)]
    beneficiaries = [await town.a_beneficiary() for _ in range(AT_ONCE // 2)]

    # Hot routes call acts, the others sessions; here they share the two connections to the server.
    held, _, lots = await asyncio.gather(
        asyncio.gather(*(customer.reserves(lot) for customer in customers)),
        asyncio.gather(*(beneficiary.reserves(free) for beneficiary in beneficiaries)),
        asyncio.gather(*(customer.gets("/reservations") for customer in [*customers, *beneficiaries])),
    )
    assert all("data" in one for one in lots)
    await asyncio.gather(*(customer.pays(one) for customer, one in zip(customers, held, strict=True)))
    await town.worker_runs()

    assert {await town.status_of(one) for one in held} == {"confirmed"}
    assert await town.stock_is_exact()
    assert pgbouncer.transactions(town.copy.name) > 4 * AT_ONCE


async def test_without_the_setting_statements_meet_the_wrong_connection(behind: Behind, town: Town) -> None:
    """A control: statements that were prepared by name do not survive in transaction mode."""
    database = await Database.open(behind.url(API), Settings(pgbouncer=False))
    refused: list[BaseException | str] = []
    try:
        for _ in range(10):
            calls = (database.acts.value("public_impact") for _ in range(AT_ONCE))
            refused += await asyncio.gather(*calls, return_exceptions=True)
    finally:
        await database.close()
    wrong = (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError)
    assert any(isinstance(one, wrong) for one in refused)


@pytest.mark.parametrize("listens", [True, False])
def test_api_and_worker_run_behind_pgbouncer(behind: Behind, tmp_path: Path, listens: bool) -> None:
    running = Running(
        tmp_path,
        ECOPANIER_PGBOUNCER="1",
        DATABASE_URL=behind.url(API),
        ECOPANIER_WORKER_DATABASE_URL=behind.url(WORKER),
        ECOPANIER_LISTEN_DATABASE_URL=behind.direct_url(WORKER) if listens else "",
    )
    worker_log = tmp_path / "logs" / "worker.log"
    try:
        address = running.until_it_runs()
        running.until(lambda: "worker.started" in worker_log.read_text(), "working")
        registered = httpx2.post(f"{address}/v1/auth/register", json=SOMEBODY, trust_env=False)
        assert registered.status_code == 201, registered.text
        running.until(lambda: list((tmp_path / "mails").glob("*")), "a mail was written")
        with psycopg.connect(behind.url()) as connection:
            listening = connection.execute(WHO_LISTENS, [behind.name]).fetchall()
        assert bool(listening) is listens
        assert behind.pgbouncer.transactions(behind.name) > 0
        assert "worker.interrupted" not in worker_log.read_text()
    finally:
        running.end(signal.SIGTERM)


@pytest.mark.parametrize(
    ("listens", "looks_every", "works"),
    [("directly", 3600.0, True), ("", 0.2, True), ("through PgBouncer", 3600.0, False)],
    ids=["listens", "looks", "control"],
)
async def test_a_worker_hears_of_a_job_or_looks_for_it(
    town: Town, behind: Behind, monkeypatch: pytest.MonkeyPatch, listens: str, looks_every: float, works: bool
) -> None:
    """The control listens where nothing is heard."""
    urls = {"directly": behind.direct_url(WORKER), "through PgBouncer": behind.url(WORKER), "": ""}
    monkeypatch.setenv("ECOPANIER_LISTEN_DATABASE_URL", urls[listens])
    monkeypatch.setattr(worker, "LOOK_EVERY_SECONDS", 3600.0)
    monkeypatch.setattr(worker, "LOOK_WITHOUT_LISTENING_EVERY_SECONDS", looks_every)
    settings.cache_clear()

    async def comes_true(statement: str) -> None:
        async with asyncio.timeout(60):
            while not await town.value(statement):
                await asyncio.sleep(0.05)

    async def registers(email: str) -> None:
        answer = await town.request("POST", "/v1/auth/register", json={**SOMEBODY, "email": email})
        assert answer.status_code == 201, answer.text

    await registers("amina@example.org")
    async with worker.working(settings()) as (work, app):
        stop = asyncio.Event()
        working = asyncio.create_task(worker._work_on(work, app, stop))
        try:
            await comes_true(ALL_DONE)  # it has begun, and waits
            if listens == "directly":
                await comes_true(
                    f"select exists ({WHO_LISTENS.replace('%%', '%').replace('%s', 'current_database()')})"
                )
            await asyncio.sleep(1)
            await registers("karim@example.org")
            if works:
                await comes_true(ALL_DONE)
            else:
                await asyncio.sleep(2)
                assert not await town.value(ALL_DONE)
        finally:
            stop.set()
            await working


async def test_a_login_for_listening_that_bypasses_row_level_security_is_refused(
    town: Town, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECOPANIER_LISTEN_DATABASE_URL", behind.url(SUPERUSER))
    settings.cache_clear()
    with pytest.raises(UnsafeDatabase, match="could bypass row-level security"):
        async with worker.working(settings()):
            pass


async def test_master_keys_rotate_behind_pgbouncer(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [await town.a_beneficiary() for _ in range(12)]
    old = settings().derived_key("master")
    look_ups = settings().derived_key("look-ups")
    monkeypatch.setattr("backend.sealing.key_rotation.AT_ONCE", 1)  # many statements

    keys = Keyring(b"a new master key", [old], look_ups)
    done = await asyncio.gather(*(asyncio.to_thread(rotate, town.copy.url(WORKER), keys) for _ in range(4)))

    assert [(one.left, one.broken) for one in done] == [({}, 0)] * 4
    assert sum(one.rewrapped for one in done) >= len(people)
    assert await town.value("select count(distinct master_key) from key_vault.data_keys") == 1
