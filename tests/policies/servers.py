"""Servers of their own: where roles are other ones than ours, or Postgres another release."""

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
    """A Postgres that this machine has: its major version and where its programs are."""

    major: str
    programs: Path

    def __str__(self) -> str:
        return f"Postgres {self.major}"


def releases() -> list[Release]:
    """The embedded one, and those of the system that we support; on many machines there is none."""
    found = [Release(MAJOR_VERSION, binaries())]
    for programs in sorted(Path("/usr/lib/postgresql").glob("*/bin")):
        if re.fullmatch(r"\d+", programs.parent.name) and int(programs.parent.name) >= OLDEST:
            found.append(Release(programs.parent.name, programs))
    return found


class AnyPostgres(EmbeddedPostgres):
    """A server of one of these releases, whose superuser may have another name."""

    locale = ("--no-locale", "--encoding=UTF8")

    def __init__(self, folder: Path, release: Release, superuser: str) -> None:
        super().__init__(folder, settings=FAST)
        self.bin = release.programs
        self.major_version = release.major
        self.superuser = superuser


@contextmanager
def a_server(folder: Path, release: Release, superuser: str = "postgres") -> Iterator[AnyPostgres]:
    """Start it in a folder of its own below `folder`; stopped and removed at the end."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        Path(own).chmod(0o755)
        with AnyPostgres(Path(own, "postgres"), release, superuser) as server:
            yield server
