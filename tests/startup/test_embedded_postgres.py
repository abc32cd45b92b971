"""The embedded server: in any folder, one a folder, and nothing lost or left running after a kill."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from scripts.embedded_postgres import LONGEST_SOCKET_PATH, AlreadyRunning, EmbeddedPostgres

PATIENCE_SECONDS = 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pg"


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(folder) as started:
        yield started


def ask(server: EmbeddedPostgres, question: str) -> str:
    with psycopg.connect(server.url("postgres", "postgres")) as connection:
        answer = connection.execute(question.encode()).fetchone()
        return str(answer[0]) if answer else ""


@pytest.mark.parametrize("name", ["a folder, à part", "long " * 30], ids=["odd", "long"])
async def test_every_driver_connects_whatever_the_folder_s_name(tmp_path: Path, name: str) -> None:
    with EmbeddedPostgres(tmp_path / name / "pg") as server:
        url = server.url("postgres", "postgres")

        assert len(os.fsencode(server.socket_folder)) < LONGEST_SOCKET_PATH
        assert ask(server, "show fsync") == "on"
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("show server_encoding") == "UTF8"
        await connection.close()
        engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
        async with engine.connect() as session:
            assert (await session.execute(text("show listen_addresses"))).scalar_one() == ""
        await engine.dispose()


def test_psql_connects_to_the_server(server: EmbeddedPostgres) -> None:
    psql = [str(server.bin / "psql"), "--dbname", server.url("postgres", "postgres"), "-XAtc", "select 6 * 7"]

    assert subprocess.check_output(psql, text=True) == "42\n"


def test_the_socket_folder_is_only_accessible_to_its_owner(server: EmbeddedPostgres) -> None:
    mode = server.socket_folder.stat().st_mode

    assert stat.S_IMODE(mode) == 0o700


def test_a_killed_server_restarts_with_its_committed_data(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url("postgres", "postgres")) as connection:
        connection.execute("create table kept as select 1 as one")
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children()]

    server.kill()
    assert not [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    with pytest.raises(psycopg.OperationalError):
        ask(server, "select 1")
    server.start()

    assert ask(server, "select one from kept") == "1"


def test_a_second_start_is_refused_unless_it_attaches(server: EmbeddedPostgres) -> None:
    with pytest.raises(AlreadyRunning, match=str(os.getpid())):
        EmbeddedPostgres(server.folder).start()

    with EmbeddedPostgres(server.folder, attach=True) as guest:
        assert ask(guest, "select 1") == "1"
    assert ask(server, "select 2") == "2"


def test_the_server_ends_when_the_process_that_started_it_is_killed(folder: Path) -> None:
    program = """
        import pathlib, sys
        from scripts.embedded_postgres import EmbeddedPostgres
        server = EmbeddedPostgres(pathlib.Path(sys.argv[1]))
        server.start()
        print(server.pid, flush=True)
        input()
    """
    starter = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    postmaster = psutil.Process(int(starter.stdout.readline()))

    starter.send_signal(signal.SIGKILL)
    starter.communicate()

    assert psutil.wait_procs([postmaster], timeout=PATIENCE_SECONDS)[1] == []
    with EmbeddedPostgres(folder) as again:
        assert ask(again, "select 1") == "1"


def test_a_stale_pid_file_naming_another_process_does_not_harm_it(folder: Path) -> None:
    with EmbeddedPostgres(folder):
        pass
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        (folder / "postmaster.pid").write_text(f"{bystander.pid}\n{folder}\n")

        with EmbeddedPostgres(folder) as server:
            assert ask(server, "select 1") == "1"
        assert bystander.poll() is None
    finally:
        bystander.communicate()
