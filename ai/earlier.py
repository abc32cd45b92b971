"""Use the shop's earlier listings: of the same bar code, or the latest in the same category."""

from collections.abc import Iterable
from typing import Any

from ai.listing import EarlierListing
from ai.pricing import lawful_range
from ai.vocabulary import Allergen, Category, DateKind


def latest_of_product(earlier: Iterable[EarlierListing], gtin: str | None) -> EarlierListing | None:
    """Return the newest listing with this GTIN, whether it was written with 8, 12, 13 or 14 digits."""
    if gtin is None:
        return None
    return next((listing for listing in earlier if listing.gtin and listing.gtin.zfill(14) == gtin), None)


def latest_of_category(earlier: Iterable[EarlierListing], category: str | None) -> EarlierListing | None:
    """Return the newest listing of this category."""
    return next((listing for listing in earlier if category is not None and listing.category == category), None)


def reusable_values(listing: EarlierListing) -> dict[str, Any]:
    """Return the values that a new draft may take from an earlier listing.

    The date is not among them, because it belongs to food that is gone. A price that is not a lawful discount (the
    earlier lot was free) is left out.
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
