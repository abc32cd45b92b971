"""A real PgBouncer in transaction mode in front of a test's Postgres, for tests marked with `NEEDS_PGBOUNCER`."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from scripts.embedded_postgres import EmbeddedPostgres, unprivileged_account
from tests.town.databases import API, SUPERUSER, WORKER

NEEDS_PGBOUNCER = pytest.mark.needs_program("pgbouncer", "pgbouncer")
PATIENCE_SECONDS = 30
# So few connections to the server that those of the product share them, and get another one each time.
SERVER_CONNECTIONS = 2

SETTINGS = """
[databases]
* = host='{server}'

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 500
logfile = {log}
stats_users = {superuser}
"""


class PgBouncer:
    """A running PgBouncer; by default, as here, it refuses startup parameters that it does not track."""

    def __init__(self, port: int, log: Path) -> None:
        self.port, self.log = port, log

    def url(self, login: str, database: str) -> str:
        return f"postgresql://{quote(login)}@127.0.0.1:{self.port}/{quote(database)}"

    def transactions(self, database: str) -> int:
        """Return how many transactions it has passed on to a database."""
        with psycopg.connect(self.url(SUPERUSER, "pgbouncer"), autocommit=True, prepare_threshold=None) as console:
            rows = console.cursor(row_factory=psycopg.rows.dict_row).execute("show stats").fetchall()
        return sum(int(row["total_xact_count"]) for row in rows if row["database"] == database)


@contextmanager
def a_pgbouncer(server: EmbeddedPostgres, folder: Path) -> Iterator[PgBouncer]:
    """Run PgBouncer in front of a server; `folder` is for its files. It stops at the end."""
    account = unprivileged_account() if os.geteuid() == 0 else None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "pgbouncer.log"
    (folder / "users.txt").write_text("".join(f'"{login}" ""\n' for login in (API, WORKER, SUPERUSER)))
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        SETTINGS.format(
            server=server.socket_folder,
            port=port,
            users=folder / "users.txt",
            connections=SERVER_CONNECTIONS,
            log=log,
            superuser=SUPERUSER,
        )
    )
    as_account: list[str] = []
    if account is not None:  # it refuses to run as root, and only Postgres' account may enter the socket's folder
        as_account = ["-u", account.pw_name]
        for path in (folder, *folder.iterdir()):
            os.chown(path, account.pw_uid, account.pw_gid)
    program = shutil.which("pgbouncer")
    assert program is not None
    process = subprocess.Popen([program, "--quiet", *as_account, str(settings)], stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _listens(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        yield PgBouncer(port, log)
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
