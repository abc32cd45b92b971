"""Check the chains of custody: whether an entry was changed, removed or put elsewhere since it was written."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from backend.database.acts import Acts

SOME = 1000


@dataclass(frozen=True)
class Broken:
    """A fault of a chain. number: of the entry; None if it is about the whole chain."""

    collection_id: UUID
    number: int | None
    problem: str


@dataclass
class Checked:
    """The result of a check. The digest is over the heads of all chains; noted elsewhere, it shows a rewritten one."""

    chains: int = 0
    entries: int = 0
    digest: str = ""
    broken: list[Broken] = field(default_factory=list)


async def check_custody(acts: Acts, progress: Callable[[int], None] = lambda _: None) -> Checked:
    """Check all chains of custody, and tell `progress` how many entries were looked at."""
    found, digest, after = Checked(), hashlib.sha256(), None
    while True:
        row = await acts.row("broken_custody", after=after, most=SOME)
        if row["last"] is None:
            break
        after = row["last"]
        found.chains += row["chains"]
        found.entries += row["entries"]
        digest.update(row["digest"] or b"")
        found.broken += [
            Broken(UUID(one["collection_id"]), one["number"], one["problem"]) for one in json.loads(row["problems"])
        ]
        progress(found.entries)
    found.digest = digest.hexdigest()
    return found
