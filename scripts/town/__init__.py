"""The demo town: `ecopanier seed` fills an empty database with it."""

from scripts.town.building import NotEmpty, build
from scripts.town.seeding import seed

__all__ = ["NotEmpty", "build", "seed"]
