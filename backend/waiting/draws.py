"""The order of a fair draw, computed from what is recorded of it: by whoever wants to check one."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID


@dataclass(frozen=True)
class Candidate:
    """A waiting entry that took part, and the free portions its person received in the 30 days before."""

    waiting_id: UUID
    portions_lately: int


def order(seed: bytes, candidates: Sequence[Candidate]) -> list[UUID]:
    """Give the entries in the order in which they are offered something.

    Who received least lately comes first; among equals SHA-256 of the seed (32 bytes) and the entry's id (16 bytes).
    """

    def rank(candidate: Candidate) -> tuple[int, bytes]:
        return candidate.portions_lately, sha256(seed + candidate.waiting_id.bytes).digest()

    return [candidate.waiting_id for candidate in sorted(candidates, key=rank)]
