"""Response bodies for impact."""

from datetime import datetime

from pydantic import Field

from backend.http.schemas import Out


class ImpactOut(Out):
    """What handovers saved. CO₂e is an estimate by the method that is named; amounts are in euro cents."""

    meals: float = Field(examples=[1280.5])
    food_kg: float = Field(examples=[640.2])
    co2e_kg: float = Field(examples=[1152.4])
    value_saved_cents: int = Field(examples=[512000])
    people_helped: int = Field(examples=[87])
    method: str = Field(examples=["ecopanier-2025"])
    since: datetime | None = Field(examples=["2026-01-01T00:00:00+00:00"])
