"""The shop's own earlier listings: what it sold under the same bar code, or last in the same category."""

from collections.abc import Iterable
from typing import Any

from ai.listing import Earlier
from ai.pricing import lawful_range
from ai.vocabulary import Allergen, Category, DateKind


def of_product(earlier: Iterable[Earlier], gtin: str | None) -> Earlier | None:
    """The newest with this GTIN, however many digits it was written with."""
    if gtin is None:
        return None
    return next((listing for listing in earlier if listing.gtin and listing.gtin.zfill(14) == gtin), None)


def of_category(earlier: Iterable[Earlier], category: str | None) -> Earlier | None:
    """The newest of this category."""
    return next((listing for listing in earlier if category is not None and listing.category == category), None)


def said_by(listing: Earlier) -> dict[str, Any]:
    """What an earlier listing says of a new one. Its date is not among it: that food is gone.

    A price that would not be lawful today (it was a free lot) is left out.
    """
    price = listing.price_cents
    return {
        "title": listing.title,
        "description": listing.description or None,
        "category": Category(listing.category) if listing.category in set(Category) else None,
        "original_price_cents": listing.original_price_cents,
        "price_cents": price if price in lawful_range(listing.original_price_cents) else None,
        "portions": listing.quantity,
        "weight_grams": listing.weight_grams,
        "date_kind": DateKind(listing.date_kind) if listing.date_kind in set(DateKind) else None,
        "cold_chain": listing.cold_chain,
        "suspected_allergens": [Allergen(name) for name in listing.allergens if name in set(Allergen)] or None,
    }
