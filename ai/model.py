"""What a draft needs of a model that sees, whichever it is."""

from dataclasses import dataclass
from typing import Protocol

from ai.draft_warnings import DraftWarning
from ai.listing import Context, Photo


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model said, not yet believed. text None: `failure` says why. tokens: as counted by the model."""

    text: str | None
    failure: DraftWarning | None = None
    tokens: int | None = None


class Model(Protocol):
    """Never raises for anything that a photo, a network or a model can cause."""

    name: str
    timeout_seconds: float

    async def prepare(self) -> None:
        """Load what the first question would wait for."""

    async def ask(self, photo: Photo, context: Context) -> Answered:
        """One question about one photo; answered, or given up, within `timeout_seconds`."""

    async def close(self) -> None:
        """Give back its connections."""
