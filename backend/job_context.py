"""What a job works with: the worker's own way to the database, Stripe, the stores of files, and the settings."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.acts import Acts
from backend.database.sessions import Database
from backend.files.store import FileStore
from backend.settings import Settings
from backend.stripe.client import Stripe


@dataclass(frozen=True)
class Work:
    """Handed to every job."""

    database: Database
    stripe: Stripe
    photos: FileStore
    documents: FileStore
    settings: Settings

    @property
    def acts(self) -> Acts:
        """The worker's acts."""
        return self.database.acts

    def session(self) -> AsyncSession:
        """Open a session as ecopanier_worker, under the policies made for it."""
        return self.database.act_session()
