"""The requests and answers of lots.

Money is in euro cents. Times have an offset and are stored in UTC; days are days where the shop is.
"""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from backend.http.paging import Page
from backend.http.schemas import In, Out, if_sent
from backend.lots import offered
from backend.lots.models import Allergen, DateKind, Kind, ReductionGround
from backend.lots.trade_numbers import Batch, Gtin
from backend.shops.models import Category
from backend.shops.schemas import SHOP, ShopBrief, WorkplaceOut

LOT = "01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"
PHOTO = "01980c5e-8d11-7a42-b0c1-2f6f4f1d9a10"
LotStatus = Literal["draft", "published", "paused", "withdrawn", "recalled", "ended"]

_QUANTITY: dict[str, Any] = {"ge": 1, "le": 1000, "description": "Portions in all.", "examples": [5]}
_START: dict[str, Any] = {"examples": ["2026-11-22T17:30:00+01:00"]}
_END: dict[str, Any] = {"description": "At most 72 h after `pickup_start`.", "examples": ["2026-11-22T19:00:00+01:00"]}
_FOOD_DATE: dict[str, Any] = {
    "description": "The use-by or best-before date; null when `date_kind` is `none`.",
    "examples": ["2026-11-23"],
}
_GTIN: dict[str, Any] = {
    "description": "The number under the bar code (EAN-8, EAN-13, UPC or GTIN-14); recalls use it.",
    "examples": ["3017620422003"],
}
_BATCH: dict[str, Any] = {
    "description": "The batch (lot number) as printed on the food: at most 20 characters besides spaces.",
    "examples": ["L 2447 A"],
}
_BECOMES_FREE: dict[str, Any] = {
    "description": "When unsold portions of a discounted lot become free, before the window ends; null: never.",
    "examples": ["2026-11-22T18:30:00+01:00"],
}
_FAIR_DRAW: dict[str, Any] = {
    "description": (
        "For a free lot: portions that are given back go to people who wait by a draw that favours those who received "
        "least lately. false: they go in the order of waiting."
    ),
    "examples": [False],
}


class LotIn(In):
    """A lot to list."""

    shop_id: UUID = Field(examples=[SHOP])
    title: str = Field(**offered.TITLE)
    description: str = Field(**offered.DESCRIPTION)
    category: Category = Field(examples=["pastry"])
    kind: Kind = Field(examples=["discounted"])
    original_price_cents: int = Field(**offered.ORIGINAL_PRICE)
    price_cents: int = Field(**offered.PRICE)
    quantity: int = Field(**_QUANTITY)
    pickup_start: AwareDatetime = Field(**_START)
    pickup_end: AwareDatetime = Field(**_END)
    date_kind: DateKind = Field(examples=["best_before"])
    food_date: date | None = Field(default=None, **_FOOD_DATE)
    allergens: list[Allergen] = Field(**offered.ALLERGENS)
    cold_chain: bool = Field(**offered.COLD_CHAIN)
    weight_grams: int | None = Field(default=None, **offered.WEIGHT)
    photo_id: UUID | None = Field(default=None, **offered.PHOTO_ID)
    gtin: Gtin | None = Field(default=None, **_GTIN)
    batch: Batch | None = Field(default=None, **_BATCH)
    becomes_free_at: AwareDatetime | None = Field(default=None, **_BECOMES_FREE)
    fair_draw: bool = Field(default=False, **_FAIR_DRAW)
    origin: str | None = Field(default=None, **offered.ORIGIN)
    reduction_ground: ReductionGround | None = Field(default=None, **offered.GROUND)
    publish: bool = Field(description="Publish it now; false keeps it as a draft.", examples=[True])


class LotEdit(In):
    """The fields to change; those that are not sent stay as they are.

    `publish: true` publishes a draft. Once somebody has reserved the lot or waits for it, only title, description,
    photo, quantity and `becomes_free_at` can change; once it has become free, `becomes_free_at` cannot either.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"price_cents": 420, "quantity": 6, "publish": True}]})

    title: str = if_sent(**offered.TITLE)
    description: str = if_sent(**offered.DESCRIPTION)
    category: Category = if_sent(examples=["pastry"])
    kind: Kind = if_sent(examples=["discounted"])
    original_price_cents: int = if_sent(**offered.ORIGINAL_PRICE)
    price_cents: int = if_sent(**offered.PRICE)
    quantity: int = if_sent(**_QUANTITY)
    pickup_start: AwareDatetime = if_sent(**_START)
    pickup_end: AwareDatetime = if_sent(**_END)
    date_kind: DateKind = if_sent(examples=["best_before"])
    food_date: date | None = if_sent(**_FOOD_DATE)
    allergens: list[Allergen] = if_sent(**offered.ALLERGENS)
    cold_chain: bool = if_sent(**offered.COLD_CHAIN)
    weight_grams: int | None = if_sent(**offered.WEIGHT)
    photo_id: UUID | None = if_sent(**offered.PHOTO_ID)
    gtin: Gtin | None = if_sent(**_GTIN)
    batch: Batch | None = if_sent(**_BATCH)
    becomes_free_at: AwareDatetime | None = if_sent(**_BECOMES_FREE)
    fair_draw: bool = if_sent(**_FAIR_DRAW)
    origin: str | None = if_sent(**offered.ORIGIN)
    reduction_ground: ReductionGround = if_sent(**offered.GROUND)
    publish: bool = if_sent(description="true publishes a draft.", examples=[True])


class LotOut(Out):
    """A lot, as everybody who may see it sees it."""

    id: UUID = Field(examples=[LOT])
    shop_id: UUID = Field(examples=[SHOP])
    title: str = Field(examples=offered.TITLE["examples"])
    description: str = Field(examples=offered.DESCRIPTION["examples"])
    category: Category = Field(examples=["pastry"])
    kind: Kind = Field(examples=["discounted"])
    original_price_cents: int = Field(description="Of one portion.", examples=[1200])
    price_cents: int = Field(description="Of one portion.", examples=[480])
    quantity: int = Field(description="Portions in all.", examples=[5])
    remaining: int = Field(description="Portions that can still be reserved.", examples=[3])
    pickup_start: datetime = Field(examples=["2026-11-22T16:30:00Z"])
    pickup_end: datetime = Field(examples=["2026-11-22T18:00:00Z"])
    date_kind: DateKind = Field(examples=["best_before"])
    food_date: date | None = Field(examples=["2026-11-23"])
    past_best_before: bool = Field(
        description="The best-before date has passed; the food is still good.", examples=[False]
    )
    allergens: list[Allergen] = Field(examples=[["gluten", "eggs", "milk"]])
    cold_chain: bool = Field(examples=[False])
    weight_grams: int | None = Field(description="Of one portion, if known.", examples=[450])
    co2e_grams: int = Field(
        description="Grams of CO₂e that one portion saves: an estimate by the factor in force when the lot was "
        "written (`GET /impact/method`). A portion without a weight counts as one meal.",
        examples=[810],
    )
    status: LotStatus = Field(examples=["published"])
    published_at: datetime | None = Field(examples=["2026-11-22T14:02:11Z"])
    origin: str | None = Field(description="Where the food comes from.", examples=["Alsace, France"])
    reduction_ground: ReductionGround | None = Field(
        description="Why the price is reduced, or the lot free; null for drafts and old lots.",
        examples=["unsold_today"],
    )
    photo_id: UUID | None = Field(description="For `GET /photos/{photo_id}/…`.", examples=[PHOTO])
    shop: ShopBrief


class LotRead(LotOut):
    """A lot with all its details."""

    gtin: str | None = Field(description="The GTIN, with 14 digits.", examples=["03017620422003"])
    batch: str | None = Field(examples=_BATCH["examples"])
    becomes_free_at: datetime | None = Field(
        description="When unsold portions become free; shown only to its merchant.", examples=[None]
    )
    fair_draw: bool = Field(**_FAIR_DRAW)
    free_cancellation_until: datetime | None = Field(
        default=None,
        description="Until then a reservation is cancelled with everything given back; null if no portion is left.",
        examples=["2026-11-22T14:30:00Z"],
    )
    free_lot_id: UUID | None = Field(
        description="The free lot that offers portions of this one that customers suspended; shown only to verified "
        "beneficiaries.",
        examples=[None],
    )


class LotsAtWork(Page[LotOut]):
    """A page of the lots of a shop where you work."""

    shop: WorkplaceOut


class AllergenOut(Out):
    """An allergen that labels must name."""

    code: Allergen = Field(description="As in lots and searches.", examples=["milk"])
    name_fr: str = Field(
        description="From regulation (EU) 1169/2011, annex II.",
        examples=["Lait et produits à base de lait (y compris le lactose)"],
    )
    name_en: str = Field(
        description="From regulation (EU) 1169/2011, annex II.",
        examples=["Milk and products thereof (including lactose)"],
    )


class Allergens(Out):
    """All allergens, in the order of the regulation."""

    data: list[AllergenOut]


class LotNear(LotOut):
    """A lot in the results of a search."""

    distance_m: int = Field(description="As the crow flies.", examples=[420])
