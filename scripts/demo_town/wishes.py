"""The favourite shops of people of the demo town, and the places near which they want to hear of lots."""

from dataclasses import dataclass

from scripts.demo_town.shops import FOURNIL, JOUR_ET_NUIT, POTAGER, Shop


@dataclass(frozen=True)
class Home:
    """A saved place with its alert. categories: empty for all."""

    latitude: float
    longitude: float
    radius_m: int
    categories: tuple[str, ...] = ()
    max_price_cents: int | None = None


@dataclass(frozen=True)
class Wishes:
    """The favourites and alerts of somebody. holder: a login or a beneficiary's key."""

    holder: str
    favourites: tuple[Shop, ...]
    home: Home | None = None


WISHES = (
    Wishes("claire", (FOURNIL, JOUR_ET_NUIT), Home(48.5857, 7.7584, 2000, ("bakery", "pastry"), 600)),
    Wishes("marc", (FOURNIL,)),
    Wishes("4217", (POTAGER, JOUR_ET_NUIT)),
)
