"""Separate Postgres servers, for tests that need other roles or another release than the shared one."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.embedded_postgres import MAJOR_VERSION, EmbeddedPostgres, binaries
from tests.town.databases import FAST

OLDEST = 15


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
