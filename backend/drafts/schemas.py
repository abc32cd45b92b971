"""The requests and answers of drafts. Money is in euro cents, weights are in grams, days are days where the shop is."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.http.schemas import In, Out
from backend.lots.models import Allergen, DateKind
from backend.lots.schemas import PHOTO
from backend.shops.models import Category


class ForShop(In):
    """The fields that can be sent with a photo."""

    shop_id: UUID | None = None


class DraftOut(Out):
    """A listing as far as it could be read. Unknown fields are null, and nothing is published."""

    title: str | None = Field(examples=["Viennoiseries du matin"])
    description: str | None = Field(examples=["Croissants et pains au chocolat du jour."])
    category: Category | None = Field(examples=["pastry"])
    original_price_cents: int | None = Field(description="Of one portion; an estimate.", examples=[1200])
    price_cents: int | None = Field(
        description="A suggestion, from 30 % to 70 % of the original price.", examples=[480]
    )
    portions: int | None = Field(examples=[5])
    weight_grams: int | None = Field(description="Of one portion.", examples=[450])
    date_kind: DateKind | None = Field(examples=["use_by"])
    food_date: date | None = Field(examples=["2026-11-24"])
    cold_chain: bool | None = Field(examples=[True])
    urgency: Literal["now", "today", "later"] | None = Field(examples=["today"])
    suspected_allergens: list[Allergen] = Field(
        description="Allergens that the food may contain. An allergen that is not listed may still be in it.",
        examples=[["gluten", "milk"]],
    )
    gtin: str | None = Field(description="The GTIN, with 14 digits.", examples=["03017620422003"])
    batch: str | None = Field(examples=["L 2447 A"])


class Remark(Out):
    """A warning that the merchant should read before publishing."""

    code: str = Field(examples=["date_unconfirmed"])
    message: str = Field(examples=["La date a été lue sur l'emballage : vérifiez-la."])


class DraftMade(Out):
    """A draft, with the id of its photo for `POST /lots`."""

    photo_id: UUID = Field(examples=[PHOTO])
    draft: DraftOut
    confidence: dict[str, float] = Field(
        description="For each filled field, from 0 to 1.", examples=[{"title": 0.8, "food_date": 0.95}]
    )
    warnings: list[Remark]
    reader: Literal["local", "model", "both"] = Field(
        description="`local`: our own reading of codes, print and earlier listings; `model`; or both.",
        examples=["both"],
    )


class DraftRead(DraftMade):
    """A draft that was made before, as it was made."""

    shop_id: UUID = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11"])
