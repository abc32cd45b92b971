"""Input and output of drafting: the photo, what is known about the shop, and the draft."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal

from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ai.batches import PATTERN
from ai.draft_warnings import DraftWarning
from ai.gs1 import has_right_check_digit
from ai.pricing import HIGHEST_CENTS, lawful_range
from ai.vocabulary import Allergen, Category, DateKind, Urgency

TITLE_LENGTH = 120
DESCRIPTION_LENGTH = 2000

Cents = Annotated[int, Field(ge=1, le=HIGHEST_CENTS)]


class ListingDraft(BaseModel):
    """A listing as far as it could be read. Unknown fields are None, or empty for `suspected_allergens`.

    It has no field for the lot's kind (free or discounted), its stock or its publication, because the merchant decides
    those. `suspected_allergens` lists what the food may contain and never says that something is absent.
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
    batch: Annotated[str, Field(pattern=PATTERN)] | None = None

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
            raise ValueError("there is a date, but the kind of date is none")
        return self


FIELDS = tuple(ListingDraft.model_fields)
"""The field names in the order in which a form shows them."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo, already checked and re-encoded by the caller.

    pixels: for the local reader; grey or RGB, upright, at most 2400 px on the longest side. encoded: for the model; the
    same picture as JPEG or WebP without metadata, at most 1280 px on the longest side. media_type: that of `encoded`.
    """

    pixels: Image = field(repr=False)
    encoded: bytes = field(repr=False)
    media_type: str = "image/jpeg"


@dataclass(frozen=True, slots=True)
class EarlierListing:
    """A listing that the shop published earlier, with the merchant's own words and prices."""

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
    """Facts known besides the photo.

    today: the date where the shop is. now: a time with a UTC offset. time_zone: the shop's, by the IANA's name.
    earlier: the shop's earlier listings, newest first.
    """

    today: date
    now: datetime
    language: str = "fr"
    shop_category: str | None = None
    earlier: list[EarlierListing] = field(default_factory=list)
    time_zone: str = "Europe/Paris"


@dataclass(frozen=True, slots=True)
class DraftResult:
    """A draft, and how far it can be trusted.

    confidence: 0 to 1 for each field that is filled. reader: which sources contributed; "local" means bar codes, print
    read on this machine and the shop's earlier listings. model: the name of the model that was asked, whether or not it
    answered. model_seconds: how long it took. tokens: the number that the model reported, if it did.
    """

    draft: ListingDraft
    confidence: dict[str, float]
    warnings: list[DraftWarning]
    reader: Literal["local", "model", "both"]
    model: str | None = None
    model_seconds: float | None = None
    tokens: int | None = None
