"""The shops, lots, reservations and passes of a test. Times have a zone; money is in cents."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from backend.territories.map import OnTheMap, territories

if TYPE_CHECKING:
    from tests.town.people import Customer, Merchant

STRASBOURG = (48.5839, 7.7455)
_OVERSEAS = {
    "971": (16.2650, -61.5510),
    "972": (14.6161, -61.0588),
    "973": (4.9224, -52.3135),
    "974": (-20.8823, 55.4504),
    "975": (46.7811, -56.1764),
    "976": (-12.7806, 45.2278),
    "986": (-13.2825, -176.1736),
    "987": (-17.5350, -149.5696),
    "988": (-22.2735, 166.4481),
}


@cache
def whole_map() -> list[OnTheMap]:
    """Return all territories of France, read from the files once."""
    return territories()


def in_the_town(one: OnTheMap) -> bool:
    """Return whether tests find a territory in every town that has territories at all."""
    return (
        one.code in ("FR", "REG-44", "DEP-67", "DEP-68", "REG-11", "DEP-75", "75056", "200054781")
        or "75056" == one.commune
        or (one.kind in ("epci", "commune") and not {one.code, one.epci}.isdisjoint(("246700488", "200066009")))
    )


def a_place_in(commune: str) -> tuple[float, float]:
    """Return the latitude and longitude of a place in the territory of a commune, by its INSEE code."""
    return _OVERSEAS.get(commune[:3], STRASBOURG)


@dataclass(frozen=True)
class Organisation:
    """An organisation and its owner."""

    id: UUID
    owner: "Customer"
    territory: str


@dataclass(frozen=True)
class Shop:
    id: UUID
    merchant: "Merchant"
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Lot:
    id: UUID
    shop: Shop
    kind: str
    price_cents: int
    pickup_start: datetime
    pickup_end: datetime


@dataclass(frozen=True)
class Reservation:
    id: UUID
    lot_id: UUID
    status: str
    body: dict[str, Any] = field(repr=False)

    @property
    def client_secret(self) -> str:
        """The secret with which a customer's browser pays."""
        secret: str = self.body["payment"]["client_secret"]
        return secret


@dataclass(frozen=True)
class Pass:
    reservation: Reservation
    qr: str
    code: str
    pin: str
    body: dict[str, Any] = field(repr=False)

    @property
    def wrong_pin(self) -> str:
        return f"{(int(self.pin) + 1) % 1_000_000:06d}"


def recurring_listing(shop_id: UUID, **fields: Any) -> dict[str, Any]:
    """Return the body of a recurring listing: five bags every weekday at 18:00; `fields` replace its fields."""
    return {
        "shop_id": str(shop_id),
        "title": "Panier du soir",
        "description": "Pains du jour",
        "category": "bakery",
        "kind": "discounted",
        "original_price_cents": 1200,
        "price_cents": 480,
        "quantity": 5,
        "weekdays": [1, 2, 3, 4, 5],
        "publish_at": "18:00",
        "pickup_from": "18:30",
        "pickup_until": "20:00",
        "date_kind": "none",
        "allergens": ["gluten"],
        "cold_chain": False,
        **fields,
    }
