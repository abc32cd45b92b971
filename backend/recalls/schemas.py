"""Request and response bodies for recalls."""

from datetime import datetime
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
    gtin: str = Field(description="With 14 digits.", examples=["03017620422003"])
    batch: str | None = Field(description="null: every batch.", examples=["L 2447 A"])
    reason: str = Field(examples=[REASON])
    issued_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])


class RecallMade(RecallOut):
    """A recall that was just issued."""

    lots: int = Field(description="Number of lots that it froze.", examples=[3])
