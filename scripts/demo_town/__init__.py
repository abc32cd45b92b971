"""The demo town: `ecopanier seed` fills an empty database with it."""

from scripts.demo_town.building import NotEmpty, build
from scripts.demo_town.seeding import seed

__all__ = ["NotEmpty", "build", "seed"]
