"""The facts by which a mail names a lot, so that nobody takes it for another with the same title."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import col

from backend.lots.models import Lot
from backend.shops.models import Shop


@dataclass(frozen=True)
class NamedLot:
    """A lot as mails name it; `templates/parts/lot.*.txt` shows it. zone: the shop's, by its IANA name."""

    title: str
    shop: str
    address: str
    pickup_start: datetime
    pickup_end: datetime
    batch: str | None
    zone: str


# The columns that `named` reads, of a query that joins lots and shops. The worker may read these.
NAMED: tuple[Any, ...] = (
    col(Lot.title),
    col(Shop.name).label("shop"),
    col(Shop.address),
    col(Lot.pickup_start),
    col(Lot.pickup_end),
    col(Lot.batch),
    col(Shop.time_zone),
)


def named(row: Row[Any]) -> NamedLot:
    """Return the lot of a row with the columns `NAMED`."""
    return NamedLot(row.title, row.shop, row.address, row.pickup_start, row.pickup_end, row.batch, row.time_zone)
