"""What people in a test hold in their hands. Times with their zone, money in cents."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from tests.town.people import Merchant


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
        """What a customer's browser pays with."""
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
