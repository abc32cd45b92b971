"""Response bodies for impact."""

from datetime import date, datetime

from pydantic import Field

from backend.http.schemas import Out


class ImpactOut(Out):
    """The savings of handovers. CO₂e is an estimate by the method that is named; amounts are in euro cents."""

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


class PeriodOut(Out):
    """The impact of one closed period of whole months in Paris."""

    first_month: str = Field(alias="from", description="The first month.", examples=["2026-10"])
    last_month: str = Field(
        alias="to",
        description="The last month: the first one, unless months with too few people or shops were added together.",
        examples=["2026-10"],
    )
    meals: float = Field(examples=[1280.5])
    food_kg: float = Field(examples=[640.2])
    co2e_kg: float = Field(examples=[1152.4])
    value_saved_cents: int = Field(examples=[512000])
    saved_by_people_cents: int = Field(examples=[307200])
    recovered_by_shops_cents: int = Field(examples=[204800])
    people_helped: int = Field(
        description="Beneficiaries who got food for the first time, in groups of eleven.", examples=[77]
    )


class SeriesOut(Out):
    """The closed periods of the whole platform, oldest first."""

    periods: list[PeriodOut]


class FactorOut(Out):
    """One factor: the CO2e that a meal saves."""

    method: str = Field(examples=["ecopanier-2025"])
    category: str | None = Field(description="The category it applies to; null for all others.", examples=[None])
    value: int = Field(examples=[900])
    unit: str = Field(examples=["g CO2e per meal"])
    source: str = Field(examples=["EcoPanier white paper, 2025"])
    valid_from: date = Field(description="The first day on which it applies to handovers.", examples=["2025-01-01"])
    in_use: bool = Field(description="Whether it applies today.", examples=[True])


class VehicleOut(Out):
    """The emission of a collector's vehicle per kilometre, from a day on."""

    vehicle: str = Field(examples=["van"])
    co2e_grams_per_km: int = Field(examples=[491])
    source: str = Field(examples=["Arrêté du 10 avril 2012, annexes I et II"])
    valid_from: date = Field(examples=["2012-04-10"])


class MethodOut(Out):
    """How the figures are computed."""

    meal_grams: int = Field(description="Grams of food that count as one meal.", examples=[500])
    factors: list[FactorOut] = Field(description="All factors, with those that applied before.")
    vehicles: list[VehicleOut] = Field(
        description="What the transport of collections emits; its share is subtracted from what their food saves."
    )
    not_counted: list[str] = Field(
        description="What the figures leave out, in French or, by Accept-Language, in English.",
        examples=[["The footprint of the service itself."]],
    )
