"""The interface that a vision model must implement to be asked for drafts."""

from dataclasses import dataclass
from typing import Protocol

from ai.draft_warnings import DraftWarning
from ai.listing import Context, Photo


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """A model's answer, not checked yet.

    text: None if there is no answer; then `failure` says why. tokens: as counted by the model.
    """

    text: str | None
    failure: DraftWarning | None = None
    tokens: int | None = None


class Model(Protocol):
    """A vision model. Its methods never raise for anything that a photo, a network or a model can cause."""

    name: str
    timeout_seconds: float

    async def prepare(self) -> None:
        """Load what the first question would otherwise wait for."""

    async def ask(self, photo: Photo, context: Context) -> ModelAnswer:
        """Ask one question about one photo. Returns, with or without an answer, within `timeout_seconds`."""

    async def close(self) -> None:
        """Close the model's connections."""
