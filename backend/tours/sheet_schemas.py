"""The answer that tells a collector all of a tour: its stops in order, and what to take and to leave there."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from backend.http.schemas import Out
from backend.tours.step_schemas import COLLECTION, ITEM

TOUR = "01980c5e-9a10-7a53-b7f4-2f0d7c1e9c01"


class SheetItem(Out):
    """One kind of food: how much of it was announced, taken and left, and how cold it must be."""

    id: UUID = Field(examples=[ITEM])
    title: str = Field(examples=["Yaourts nature"])
    grams: int | None = Field(examples=[5000])
    crates: int | None = Field(examples=[1])
    portions: int | None = Field(examples=[None])
    date_kind: str = Field(examples=["use_by"])
    food_date: date | None = Field(examples=["2026-07-23"])
    least: float | None = Field(description="The lowest legal temperature in °C, if there is one.", examples=[None])
    most: float | None = Field(description="The highest legal temperature in °C, if there is one.", examples=[4])
    taken_grams: int | None = Field(examples=[None])
    taken_crates: int | None = Field(examples=[None])
    taken_portions: int | None = Field(examples=[None])
    left_grams: int | None = Field(examples=[None])
    left_crates: int | None = Field(examples=[None])
    left_portions: int | None = Field(examples=[None])
    frozen_because: Literal["cold_chain", "recalled"] | None = Field(
        description="Why nobody may receive it.", examples=[None]
    )


class SheetTask(Out):
    """A collection that is taken or left at a stop."""

    collection_id: UUID = Field(examples=[COLLECTION])
    kind: Literal["take", "leave"] = Field(examples=["take"])
    status: str = Field(examples=["scheduled"])
    cold: Literal["none", "chilled", "frozen"] = Field(examples=["chilled"])
    giver: str = Field(examples=["Primeur des Halles"])
    receiver: str | None = Field(examples=["Les Tables partagées"])
    notes: str = Field(examples=["Sonner « réserve »."])
    items: list[SheetItem]


class SheetStop(Out):
    """A stop of a tour, with its place and its tasks. `zone`: the time zone of the place."""

    number: int = Field(examples=[1])
    name: str = Field(examples=["Primeur des Halles"])
    address: str = Field(examples=["4 rue de Sébastopol, 67000 Strasbourg"])
    latitude: float | None = Field(examples=[48.5846])
    longitude: float | None = Field(examples=[7.7412])
    zone: str = Field(examples=["Europe/Paris"])
    opening_hours: dict[str, Any] = Field(
        examples=[{"monday": [{"opens": "08:00", "closes": "19:00"}], "tuesday": [], "sunday": []}]
    )
    access: str = Field(examples=["Entrée par la cour."])
    contacts: list[dict[str, Any]] = Field(examples=[[{"name": "Réserve", "telephone": "+33388000000"}]])
    arrives_at: datetime = Field(examples=["2026-07-20T16:05:00Z"])
    leaves_at: datetime = Field(examples=["2026-07-20T16:12:00Z"])
    state: Literal["ahead", "arrived", "done", "failed"] = Field(examples=["ahead"])
    arrived_at: datetime | None = Field(examples=[None])
    ended_at: datetime | None = Field(examples=[None])
    tasks: list[SheetTask]


class SheetOut(Out):
    """A tour as its sheet tells it."""

    id: UUID = Field(examples=[TOUR])
    day: date = Field(examples=["2026-07-20"])
    status: str = Field(examples=["accepted"])
    begins_at: datetime = Field(examples=["2026-07-20T15:40:00Z"])
    ends_at: datetime = Field(examples=["2026-07-20T17:10:00Z"])
    metres: int = Field(description="Its length as planned.", examples=[9000])
    mine: bool = Field(description="Whether you are its collector.", examples=[True])
    signed: bool = Field(description="Whether its signed sheet was uploaded.", examples=[False])
    association: str | None = Field(
        description="The association that planned it; null: the platform.", examples=["Les Tables partagées"]
    )
    vehicle: str | None = Field(examples=["cargo_bike"])
    stops: list[SheetStop]
