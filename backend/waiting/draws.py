"""The order of a fair draw, computed from its record, so that anybody can verify it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID


@dataclass(frozen=True)
class Candidate:
    """A waiting-list entry in a draw, and the free portions that its person received in the 30 days before."""

    waiting_id: UUID
    portions_lately: int


def order(seed: bytes, candidates: Sequence[Candidate]) -> list[UUID]:
    """Return the entries in the order in which they are offered portions.

    Those who received fewest portions lately come first. Equals are ordered by SHA-256 of the seed (32 bytes) followed
    by the entry's id (16 bytes).
    """

    def rank(candidate: Candidate) -> tuple[int, bytes]:
        return candidate.portions_lately, sha256(seed + candidate.waiting_id.bytes).digest()

    return [candidate.waiting_id for candidate in sorted(candidates, key=rank)]
