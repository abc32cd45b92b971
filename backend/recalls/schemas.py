"""Request and response bodies for recalls."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.http.schemas import In, Out
from backend.lots.trade_numbers import Batch, Gtin

RECALL = "01980c5e-b3c4-7f10-a2d5-6e8b1c3d5f70"
REASON = "Présence possible de Listeria."


class RecallIn(In):
    """Food to recall. A lot without a batch is included in a recall of any batch."""

    gtin: Gtin = Field(
        description="The number under the bar code (EAN-8, EAN-13, UPC or GTIN-14).", examples=["3017620422003"]
    )
    batch: Batch | None = Field(
        default=None,
        description=(
            "The batch (lot number) as printed on the food: at most 20 characters besides spaces. Lots match however "
            "theirs is written. null, or left out: every batch."
        ),
        examples=["L 2447 A"],
    )
    reason: str = Field(min_length=1, max_length=500, description="Holders will read this.", examples=[REASON])


class RecallOut(Out):
    """A recall."""

    id: UUID = Field(examples=[RECALL])
    gtin: str | None = Field(
        description="With 14 digits; null for food without one that an admin recalled because of a notice.",
        examples=["03017620422003"],
    )
    batch: str | None = Field(
        description="null: every batch; with a `notice`, what the notice says.", examples=["L 2447 A"]
    )
    reason: str = Field(examples=[REASON])
    issued_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])
    notice: str | None = Field(
        description="The number of the official notice that it follows (RappelConso).", examples=["2026-11-0042"]
    )


class RecallMade(RecallOut):
    """A recall that was just issued."""

    lots: int = Field(description="Number of lots that it froze.", examples=[3])


class RecallItemOut(Out):
    """One product that a notice names."""

    gtin: str | None = Field(description="With 14 digits; null if it is not readable.", examples=["03017620422003"])
    covers: Literal["batch", "every", "unclear"] = Field(
        description="One batch, every batch (between the dates, if any), or something that only you can tell.",
        examples=["batch"],
    )
    batch: str | None = Field(examples=["L 2447 A"])
    food_from: date | None = Field(examples=[None])
    food_until: date | None = Field(examples=[None])


class RecallMatchOut(Out):
    """A lot that a notice names, or may name."""

    lot_id: UUID = Field(examples=["01980c5e-9d41-7b52-8c3f-2a6e0d7b4f18"])
    title: str = Field(examples=["Tartinade"])
    gtin: str | None = Field(examples=["03017620422003"])
    batch: str | None = Field(examples=[None])
    food_date: date | None = Field(examples=["2026-12-04"])
    status: str = Field(examples=["published"])
    shop_id: UUID = Field(examples=["01980c5e-1f2a-7c40-9b1d-5e8f7a6c3d20"])
    shop: str = Field(examples=["Boulangerie du Marché"])
    because: Literal["exact", "batch_missing", "batch_unreadable", "date_missing", "name"] = Field(
        description=(
            "`exact`: the notice names this food, so it was recalled at once. Otherwise you are asked: the lot does "
            "not say its batch or its date, the notice's batch cannot be compared, or only the name is alike."
        ),
        examples=["batch_missing"],
    )
    found_at: datetime = Field(examples=["2026-11-22T09:15:02Z"])
    decided_at: datetime | None = Field(description="null: you are asked.", examples=[None])
    recalled: bool | None = Field(examples=[None])


class RecallNoticeOut(Out):
    """A notice of the public feed of recalls, and the lots that it names or may name."""

    id: UUID = Field(examples=["01980c5e-c4d5-7a31-b6e8-9f0a1b2c3d4e"])
    number: str = Field(examples=["2026-11-0042"])
    version: int = Field(description="Of the official notice.", examples=[0])
    published_at: datetime = Field(examples=["2026-11-22T08:30:00Z"])
    title: str = Field(examples=["Pâte à tartiner aux noisettes"])
    brand: str | None = Field(examples=["Les Noisettes"])
    reason: str = Field(examples=[REASON])
    advice: str | None = Field(examples=["Ne plus consommer"])
    link: str | None = Field(examples=["https://rappel.conso.gouv.fr/fiche-rappel/21381/interne"])
    read_at: datetime = Field(examples=["2026-11-22T09:15:02Z"])
    items: list[RecallItemOut]
    lots: list[RecallMatchOut]


class RecallDecision(In):
    """An admin's decision about lots that a notice may name."""

    recall: bool = Field(description="false: they stay on offer.", examples=[True])
    lots: list[UUID] = Field(
        default=[], max_length=500, description="Empty: all lots about which you are still asked.", examples=[[]]
    )
