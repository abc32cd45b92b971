"""Response bodies for impact."""

from datetime import datetime

from pydantic import Field

from backend.http.schemas import Out


class ImpactOut(Out):
    """What handovers saved. CO₂e is an estimate by the method that is named; amounts are in euro cents."""

    meals: float = Field(examples=[1280.5])
    food_kg: float = Field(examples=[640.2])
    co2e_kg: float = Field(examples=[1152.4])
    value_saved_cents: int = Field(
        description="The original price of what was handed over: the sum of the next two. Public figures and those of "
        "shops count money up to the last midnight.",
        examples=[512000],
    )
    saved_by_people_cents: int = Field(
        description="What people did not have to pay for it. A suspended portion counts as sold.", examples=[307200]
    )
    recovered_by_shops_cents: int = Field(
        description="What customers and donors of suspended lots paid for it.", examples=[204800]
    )
    people_helped: int = Field(
        description="Beneficiaries who got food. Public figures and those of shops count whole groups of eleven, up to "
        "the last midnight.",
        examples=[77],
    )
    method: str = Field(examples=["ecopanier-2025"])
    since: datetime | None = Field(examples=["2026-01-01T00:00:00+00:00"])
