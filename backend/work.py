"""What a job works with: the worker's own way to the database, Stripe, the photo store, and the settings."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.db import Acts, Database
from backend.payments.stripe_client import Stripe
from backend.photos.store import PhotoStore
from backend.settings import Settings


@dataclass(frozen=True)
class Work:
    """Handed to every job."""

    database: Database
    stripe: Stripe
    photos: PhotoStore
    settings: Settings

    @property
    def acts(self) -> Acts:
        """The worker's acts."""
        return self.database.acts

    def session(self) -> AsyncSession:
        """Open a session as ecopanier_worker, under the policies made for it."""
        return self.database.act_session()
