"""What goes in and what comes out: a photo, what is known of the shop, a draft."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal

from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ai.draft_warnings import DraftWarning
from ai.gs1 import has_right_check_digit
from ai.pricing import HIGHEST_CENTS, lawful_range
from ai.vocabulary import Allergen, Category, DateKind, Urgency

TITLE_LENGTH = 120
DESCRIPTION_LENGTH = 2000

Cents = Annotated[int, Field(ge=1, le=HIGHEST_CENTS)]


class ListingDraft(BaseModel):
    """A listing as far as it could be read. None (or nothing suspected) where nothing is known.

    It cannot hold a kind, a stock or a publication: those are the merchant's. `suspected_allergens` says what may be
    inside, never what is not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(min_length=1, max_length=TITLE_LENGTH)] | None = None
    description: Annotated[str, Field(min_length=1, max_length=DESCRIPTION_LENGTH)] | None = None
    category: Category | None = None
    original_price_cents: Cents | None = None
    price_cents: Cents | None = None
    portions: Annotated[int, Field(ge=1, le=1000)] | None = None
    weight_grams: Annotated[int, Field(ge=1, le=100_000)] | None = None
    date_kind: DateKind | None = None
    food_date: date | None = None
    cold_chain: bool | None = None
    urgency: Urgency | None = None
    suspected_allergens: list[Allergen] = []
    gtin: Annotated[str, Field(pattern=r"^\d{14}$")] | None = None
    batch: Annotated[str, Field(pattern=r"^[!-~]{1,20}$")] | None = None

    @field_validator("gtin")
    @classmethod
    def _checks(cls, gtin: str | None) -> str | None:
        if gtin is not None and not has_right_check_digit(gtin):
            raise ValueError("wrong check digit")
        return gtin

    @field_validator("suspected_allergens")
    @classmethod
    def _once_each(cls, allergens: list[Allergen]) -> list[Allergen]:
        return [allergen for allergen in Allergen if allergen in allergens]

    @model_validator(mode="after")
    def _is_lawful(self) -> "ListingDraft":
        if self.price_cents is not None and (
            self.original_price_cents is None or self.price_cents not in lawful_range(self.original_price_cents)
        ):
            raise ValueError("the price is not within 30 % to 70 % of an original price")
        if self.date_kind is DateKind.NONE and self.food_date is not None:
            raise ValueError("a date without a kind of date")
        return self


FIELDS = tuple(ListingDraft.model_fields)
"""In the order in which a form shows them."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo, already checked and re-encoded by whoever received it.

    pixels: grey or RGB, upright, at most 2400 px on its longest side; for the local reader. encoded: the same as JPEG
    or WebP without metadata, at most 1280 px; what a model gets. media_type: of `encoded`.
    """

    pixels: Image = field(repr=False)
    encoded: bytes = field(repr=False)
    media_type: str = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Earlier:
    """One listing that the shop published before; the merchant's own words and prices."""

    title: str
    description: str
    category: str
    original_price_cents: int
    price_cents: int
    quantity: int
    weight_grams: int | None
    date_kind: str
    cold_chain: bool
    allergens: list[str]
    gtin: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What is known besides the photo. today: Paris's day. now: with an offset. earlier: newest first."""

    today: date
    now: datetime
    language: str = "fr"
    shop_category: str | None = None
    earlier: list[Earlier] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft with what speaks for and against it.

    confidence: 0 to 1 for each field that is filled. reader: who contributed, "local" being codes, print read here and
    the shop's earlier listings. model: the one that was asked, whether or not it answered. model_seconds: what it
    took. tokens: what it counted, where it said so.
    """

    draft: ListingDraft
    confidence: dict[str, float]
    warnings: list[DraftWarning]
    reader: Literal["local", "model", "both"]
    model: str | None = None
    model_seconds: float | None = None
    tokens: int | None = None
