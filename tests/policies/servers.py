"""Separate Postgres servers, for tests that need other roles or another release than the shared one."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from scripts.embedded_postgres import MAJOR_VERSION, EmbeddedPostgres, binaries
from tests.town.databases import FAST, Copy

OLDEST = 15
SUPABASE_ADMIN = "supabase_admin"
SUPABASE = Path(__file__).with_name("supabase")


@dataclass(frozen=True)
class Release:
    """An installed Postgres: its major version and the folder of its programs."""

    major: str
    programs: Path

    def __str__(self) -> str:
        return f"Postgres {self.major}"


def releases() -> list[Release]:
    """Return the embedded release and the supported ones that the system has installed, if any."""
    found = [Release(MAJOR_VERSION, binaries())]
    for programs in sorted(Path("/usr/lib/postgresql").glob("*/bin")):
        if re.fullmatch(r"\d+", programs.parent.name) and int(programs.parent.name) >= OLDEST:
            found.append(Release(programs.parent.name, programs))
    return found


class AnyPostgres(EmbeddedPostgres):
    """A server of any of these releases, with a superuser of any name."""

    locale = ("--no-locale", "--encoding=UTF8")

    def __init__(self, folder: Path, release: Release, superuser: str) -> None:
        super().__init__(folder, settings=FAST)
        self.bin = release.programs
        self.major_version = release.major
        self.superuser = superuser


@contextmanager
def a_server(folder: Path, release: Release, superuser: str = "postgres") -> Iterator[AnyPostgres]:
    """Run a server in a new folder below `folder`; stop and remove it at the end."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        Path(own).chmod(0o755)
        with AnyPostgres(Path(own, "postgres"), release, superuser) as server:
            yield server


@contextmanager
def a_supabase_server(folder: Path, release: Release) -> Iterator[AnyPostgres]:
    """Run a server that has the roles of Supabase."""
    with a_server(folder, release, superuser=SUPABASE_ADMIN) as server:
        with psycopg.connect(server.url(SUPABASE_ADMIN, "postgres"), autocommit=True) as connection:
            connection.execute((SUPABASE / "roles.sql").read_bytes())
        yield server


def create_supabase_project(server: AnyPostgres, name: str) -> Copy:
    """Create a database with all that a new Supabase project has; return it before anything of ours is in it."""
    copy = Copy(server, name)
    with psycopg.connect(server.url(SUPABASE_ADMIN, "template1"), autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
    with psycopg.connect(copy.url(SUPABASE_ADMIN), autocommit=True) as connection:
        connection.execute("alter role postgres superuser")
        connection.execute((SUPABASE / "database.sql").read_bytes())
    return copy
