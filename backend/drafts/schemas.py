"""What enters and leaves about drafts. Money in euro cents, weights in grams, days in Paris."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.http.schemas import In, Out
from backend.lots.models import Allergen, DateKind
from backend.lots.schemas import PHOTO
from backend.shops.models import Category


class ForShop(In):
    """What a photo may be sent with: for which shop it is."""

    shop_id: UUID | None = None


class DraftOut(Out):
    """A listing as far as it could be read; null where nothing is known. Nothing of it is published."""

    title: str | None = Field(examples=["Viennoiseries du matin"])
    description: str | None = Field(examples=["Croissants et pains au chocolat du jour."])
    category: Category | None = Field(examples=["pastry"])
    original_price_cents: int | None = Field(description="Estimated, of one portion.", examples=[1200])
    price_cents: int | None = Field(description="Suggested: 30 % to 70 % of the original price.", examples=[480])
    portions: int | None = Field(examples=[5])
    weight_grams: int | None = Field(description="Of one portion.", examples=[450])
    date_kind: DateKind | None = Field(examples=["use_by"])
    food_date: date | None = Field(examples=["2026-11-24"])
    cold_chain: bool | None = Field(examples=[True])
    urgency: Literal["now", "today", "later"] | None = Field(examples=["today"])
    suspected_allergens: list[Allergen] = Field(
        description="What may be inside. That something is missing here never says that it is absent.",
        examples=[["gluten", "milk"]],
    )
    gtin: str | None = Field(description="The trade number, with 14 digits.", examples=["03017620422003"])
    batch: str | None = Field(examples=["L2447A"])


class Remark(Out):
    """Something that the merchant should know before publishing."""

    code: str = Field(examples=["date_unconfirmed"])
    message: str = Field(examples=["La date a été lue sur l'emballage : vérifiez-la."])


class DraftMade(Out):
    """A draft with the photo that it was made from, which `POST /lots` takes."""

    photo_id: UUID = Field(examples=[PHOTO])
    draft: DraftOut
    confidence: dict[str, float] = Field(
        description="For each field that is filled, from 0 to 1.", examples=[{"title": 0.8, "food_date": 0.95}]
    )
    warnings: list[Remark]
    reader: Literal["local", "model", "both"] = Field(
        description="Who read it: codes, print and earlier listings here, the model, or both.", examples=["both"]
    )
