"""The context that every job of the worker receives."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.acts import Acts
from backend.database.sessions import Database
from backend.files.store import FileStore
from backend.settings import Settings
from backend.stripe.client import Stripe


@dataclass(frozen=True)
class Work:
    """The context of a job: the worker's database, Stripe, the file stores and the settings."""

    database: Database
    stripe: Stripe
    photos: FileStore
    documents: FileStore
    settings: Settings

    @property
    def acts(self) -> Acts:
        """The acts, called with the worker's login."""
        return self.database.acts

    def session(self) -> AsyncSession:
        """Return a session as `ecopanier_worker`, under the policies for that role."""
        return self.database.act_session()
