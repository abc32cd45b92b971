"""Request and response bodies of custody."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from backend.http.schemas import Out
from backend.tours.step_schemas import COLLECTION

EntryKind = Literal[
    "taken",
    "left",
    "temperature",
    "signature",
    "photo",
    "incident",
    "received",
    "recalled",
    "distributed",
    "compost",
    "feed",
    "bin",
]
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class TraceEntry(Out):
    """An entry of a chain of custody. It names no person."""

    number: int = Field(description="Its place in the chain, in the order of arrival.", examples=[1])
    kind: EntryKind = Field(examples=["taken"])
    at: datetime = Field(description="When it happened.", examples=["2026-07-20T17:05:00Z"])
    recorded_at: datetime = Field(examples=["2026-07-20T17:06:00Z"])
    content: dict[str, Any] = Field(
        description="Quantities by item, degrees, the place, and what else was said.", examples=[{"degrees": 3.5}]
    )
    previous: str = Field(
        description="The hash of the entry before; zeros at the beginning.", examples=["00" * 32], min_length=64
    )
    hash: str = Field(description="SHA-256, in hexadecimal digits.", examples=[_HASH])


class TraceItem(Out):
    """An item of a collection: asked, taken, left and accepted, in grams or pieces."""

    item_id: UUID = Field(examples=["01980c5e-9a10-7a53-b7f4-2f0d7c1e9b01"])
    lot_id: UUID | None = Field(examples=[None])
    title: str = Field(examples=["Pains de la veille"])
    batch: str | None = Field(examples=["L2447"])
    gtin: str | None = Field(examples=[None])
    grams: int | None = Field(examples=[30000])
    crates: int | None = Field(examples=[None])
    portions: int | None = Field(examples=[None])
    taken_grams: int | None = Field(examples=[22000])
    taken_crates: int | None = Field(examples=[None])
    taken_portions: int | None = Field(examples=[None])
    left_grams: int | None = Field(examples=[22000])
    left_crates: int | None = Field(examples=[None])
    left_portions: int | None = Field(examples=[None])
    accepted_grams: int | None = Field(examples=[15000])
    accepted_crates: int | None = Field(examples=[None])
    accepted_portions: int | None = Field(examples=[None])
    refused_because: str | None = Field(examples=["Moisi"])
    frozen_because: Literal["cold_chain", "recalled"] | None = Field(examples=[None])


class Trace(Out):
    """The chain of custody of a collection, with what of each item came through."""

    collection_id: UUID = Field(examples=[COLLECTION])
    status: str = Field(examples=["received"])
    shop_id: UUID | None = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"])
    giver_id: UUID | None = Field(description="The association that gives, where no shop does.", examples=[None])
    association_id: UUID | None = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f5"])
    items: list[TraceItem]
    entries: list[TraceEntry]
