"""Request and response bodies of what collectors report from the stops of their tours."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from backend.http.schemas import In, Out

STEP = "01980c5e-9a10-7a53-b7f4-2f0d7c1e9d01"
COLLECTION = "01980c5e-9a10-7a53-b7f4-2f0d7c1e9a01"
ITEM = "01980c5e-9a10-7a53-b7f4-2f0d7c1e9b01"
PHOTO = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9d01"
MOST_GRAMS: Final = 100_000_000
MOST_PIECES: Final = 100_000
GRAMS_A_KG: Final = 1000

Kind = Literal["arrived", "taken", "left", "temperature", "signature", "photo", "incident"]
Reason = Literal["closed", "nobody", "missing", "refused", "no_room", "accident", "cold_chain", "other"]
Note = Annotated[str, StringConstraints(max_length=500)]


def _one_decimal(degrees: float) -> float:
    if round(degrees, 1) != degrees:
        raise PydanticCustomError("one_decimal", "At most one decimal")
    return degrees


Degrees = Annotated[float, Field(ge=-60, le=150), AfterValidator(_one_decimal)]
Coordinate = Annotated[int, Field(ge=0, le=1000)]


class AmountIn(In):
    """How much of something: in grams or kilograms, in crates, in portions, or in several of them."""

    grams: int | None = Field(default=None, ge=0, le=MOST_GRAMS, examples=[22000])
    kg: float | None = Field(
        default=None,
        ge=0,
        le=MOST_GRAMS / GRAMS_A_KG,
        description="Instead of grams; to the gram.",
        examples=[22],
    )
    crates: int | None = Field(default=None, ge=0, le=MOST_PIECES, examples=[3])
    portions: int | None = Field(default=None, ge=0, le=MOST_PIECES, examples=[None])

    @model_validator(mode="after")
    def _weight_is_said_once(self) -> Self:
        if self.grams is not None and self.kg is not None:
            raise PydanticCustomError("weight_said_twice", "Either grams or kg")
        if self.kg is not None and abs(self.kg * GRAMS_A_KG - round(self.kg * GRAMS_A_KG)) > 1e-6:
            raise PydanticCustomError("weight_not_whole_grams", "At most three decimals")
        return self

    @property
    def whole_grams(self) -> int | None:
        """The weight in grams, however it was said."""
        return self.grams if self.kg is None else round(self.kg * GRAMS_A_KG)

    def amounts(self) -> dict[str, int]:
        """Return what was said, by unit."""
        said = {"grams": self.whole_grams, "crates": self.crates, "portions": self.portions}
        return {unit: amount for unit, amount in said.items() if amount is not None}


class StepItemIn(AmountIn):
    """An item of a collection, with how much of it was taken or left."""

    item_id: UUID = Field(examples=[ITEM])


class SignatureIn(In):
    """A signature: who signed, and the strokes of the pen."""

    by: Literal["giver", "receiver"] = Field(description="Whoever gave the food, or received it.", examples=["giver"])
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(examples=["Sophie M."], repr=False)
    strokes: list[Annotated[list[tuple[Coordinate, Coordinate]], Field(min_length=1, max_length=1000)]] = Field(
        default_factory=list,
        max_length=100,
        description="Each stroke is a list of points [x, y] between 0 and 1000, from the top left.",
        examples=[[[[100, 500], [300, 450], [520, 610]]]],
        repr=False,
    )

    @model_validator(mode="after")
    def _is_not_endless(self) -> Self:
        if sum(len(stroke) for stroke in self.strokes) > 5000:
            raise PydanticCustomError("too_many_points", "At most 5000 points")
        return self


class IncidentIn(In):
    """Something that went otherwise than planned."""

    reason: Reason = Field(
        description="`closed`, `nobody`, `no_room`: the collection leaves the tour if it was to be taken, or stays on "
        "board; `missing`, `refused`: it ends if it was to be taken; `cold_chain`: what it is about may not be "
        "received; `accident`: all that was not taken leaves the tour; `other`: those concerned are told.",
        examples=["closed"],
    )
    note: Note = Field(default="", examples=["Rideau baissé à 19 h 10."], repr=False)


# What each kind of step must say besides.
_NEEDED: dict[str, str] = {
    "temperature": "degrees",
    "signature": "signature",
    "photo": "photo_id",
    "incident": "incident",
}
_WITH_ITEMS = ("taken", "left", "temperature", "incident")


class StepIn(In):
    """A report of a collector from a stop. The device chooses its id and says when it happened."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "step_id": STEP,
                    "kind": "taken",
                    "at": "2026-07-20T19:05:00+02:00",
                    "collection_id": COLLECTION,
                    "items": [{"item_id": ITEM, "grams": 22000}],
                    "degrees": 3.5,
                }
            ]
        }
    )

    step_id: UUID = Field(description="Chosen by the device: the same step sent again has the same.", examples=[STEP])
    kind: Kind = Field(examples=["taken"])
    at: AwareDatetime = Field(
        description="When it happened: at most 72 hours ago, and not in the future.",
        examples=["2026-07-20T19:05:00+02:00"],
    )
    collection_id: UUID | None = Field(
        default=None,
        description="What it is about; without it, all that is taken or left at the stop.",
        examples=[COLLECTION],
    )
    items: list[StepItemIn] | None = Field(
        default=None,
        max_length=200,
        description="How much of each item was taken or left; what is not named was not. Without it, all of it was. "
        "For a temperature or an incident: the items that it is about.",
    )
    degrees: Degrees | None = Field(default=None, description="In °C, with one decimal.", examples=[3.5])
    photo_id: UUID | None = Field(default=None, description="From `POST /photos`.", examples=[PHOTO])
    signature: SignatureIn | None = None
    incident: IncidentIn | None = None
    crates_brought: int | None = Field(
        default=None, ge=0, le=10_000, description="Reusable crates that you left at the point.", examples=[4]
    )
    crates_fetched: int | None = Field(
        default=None, ge=0, le=10_000, description="Reusable crates that you took away from it.", examples=[3]
    )
    corrects: UUID | None = Field(
        default=None, description="An earlier step that was a mistake: it does not count.", examples=[None]
    )
    note: Note = Field(default="", examples=[""], repr=False)

    @model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> Self:
        needed = _NEEDED.get(self.kind)
        if needed is not None and getattr(self, needed) is None:
            raise PydanticCustomError("step_incomplete", "A step of this kind says more")
        if self.items is not None and self.kind not in _WITH_ITEMS:
            raise PydanticCustomError("items_not_expected", "Not with a step of this kind")
        if self.incident is not None and self.kind != "incident":
            raise PydanticCustomError("incident_not_expected", "Only with an incident")
        if self.signature is not None and self.kind != "signature":
            raise PydanticCustomError("signature_not_expected", "Only with a signature")
        if self.items is not None and len({item.item_id for item in self.items}) != len(self.items):
            raise PydanticCustomError("items_twice", "Each item once")
        return self

    @model_validator(mode="after")
    def _nothing_is_an_incident(self) -> Self:
        """Refuse to have taken nothing at all: an incident says why."""
        if self.kind == "taken" and self.items is not None and not any(any(i.amounts().values()) for i in self.items):
            raise PydanticCustomError("nothing_taken", "An incident says why nothing was taken")
        return self

    def details(self) -> dict[str, Any]:
        """Return what is kept of the step besides its id, kind, time, collection and photo."""
        said: dict[str, Any] = {
            "items": self.items and [{"item_id": str(item.item_id), **item.amounts()} for item in self.items],
            "degrees": self.degrees,
            "signature": self.signature and self.signature.model_dump(mode="json"),
            "incident": self.incident and self.incident.model_dump(mode="json"),
            "crates_brought": self.crates_brought,
            "crates_fetched": self.crates_fetched,
            "corrects": self.corrects and str(self.corrects),
            "note": self.note or None,
        }
        return {name: value for name, value in said.items() if value is not None}


class StepItem(Out):
    """The amounts of an item that were taken and left; null: not said."""

    item_id: UUID = Field(examples=[ITEM])
    title: str = Field(examples=["Pains de la veille"])
    taken_grams: int | None = Field(examples=[22000])
    taken_crates: int | None = Field(examples=[None])
    taken_portions: int | None = Field(examples=[None])
    left_grams: int | None = Field(examples=[None])
    left_crates: int | None = Field(examples=[None])
    left_portions: int | None = Field(examples=[None])
    frozen_because: Literal["cold_chain", "recalled"] | None = Field(
        description="If it may not be received: its cold chain broke, or it is recalled.", examples=[None]
    )


class StepCollection(Out):
    """A collection that a step is about, as it is now."""

    id: UUID = Field(examples=[COLLECTION])
    status: str = Field(examples=["taken"])
    items: list[StepItem]


class StepStop(Out):
    """The stop of a step, as it is now."""

    number: int = Field(examples=[1])
    state: Literal["ahead", "arrived", "done", "failed"] = Field(examples=["done"])
    arrived_at: datetime | None = Field(examples=["2026-07-20T17:05:00Z"])
    ended_at: datetime | None = Field(examples=["2026-07-20T17:05:00Z"])


class StepOut(Out):
    """A step as it was received, with what all steps of the tour come to."""

    step_id: UUID = Field(examples=[STEP])
    kind: Kind = Field(examples=["taken"])
    at: datetime = Field(examples=["2026-07-20T17:05:00Z"])
    received_at: datetime = Field(description="The first time.", examples=["2026-07-20T17:06:00Z"])
    waits: bool = Field(
        description="Whether it counts only once another step has come: a delivery before its pickup.", examples=[False]
    )
    stop: StepStop
    collections: list[StepCollection] = Field(description="What it is about; empty if the tour does not have it.")
