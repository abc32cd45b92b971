"""Runs single `ecopanier` commands against the database of a town."""

import asyncio
import os
import sys
from dataclasses import dataclass

from tests.startup.running import OURS, ROOT
from tests.town import Town
from tests.town.databases import API


@dataclass(frozen=True)
class Said:
    """A finished command's exit status, and its output on stdout and stderr."""

    status: int
    text: str


async def started(town: Town, *words: str, **environment: str) -> asyncio.subprocess.Process:
    """Start a command against a town's database, with more environment variables; an empty one counts as not set."""
    ways = {"DATABASE_URL": town.copy.url(API), "ECOPANIER_OWNER_DATABASE_URL": town.copy.url()}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "scripts.command" if words[:1] == ("seed",) else "backend.cli",
        *words,
        cwd=ROOT,
        env={**inherited, "ECOPANIER_DATA_DIR": str(town.folder), **ways, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def ecopanier(town: Town, *words: str, **environment: str) -> Said:
    """Run a command to its end, as `started` starts it."""
    process = await started(town, *words, **environment)
    said, _ = await process.communicate()
    assert process.returncode is not None
    return Said(process.returncode, said.decode())
