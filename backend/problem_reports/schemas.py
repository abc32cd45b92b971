"""Request and response bodies for problem reports."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from backend.http.schemas import In, Out

REPORT = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9c51"
RESERVATION = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9b11"
LOT = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9b01"
SHOP = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11"
PHOTO = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9d01"
MOST_LETTERS = 2000

Kind = Literal["missing", "quality", "allergen", "closed", "other"]
Status = Literal["open", "answered", "to_decide", "decided"]
Words = Annotated[str, StringConstraints(min_length=1, max_length=MOST_LETTERS)]

_KIND: dict[str, Any] = {
    "description": "`missing`: portions or a part of them were not there; `quality`: the food was bad; `allergen`: an "
    "allergen was not named; `closed`: the door was closed in the pickup window.",
    "examples": ["quality"],
}
_SHARE: dict[str, Any] = {"description": "How much of the price, in percent.", "examples": [50]}
_WORDS = "Deux des trois pains étaient moisis."
_ANSWER = "Nous sommes désolés : ce pain n'aurait pas dû partir. Nous vous rendons la moitié."


class ReportIn(In):
    """A report of what was wrong with a pickup."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "quality", "text": _WORDS}]})

    kind: Kind = Field(**_KIND)
    text: Words = Field(description="The shop and admins read it.", examples=[_WORDS], repr=False)
    photo_id: UUID | None = Field(default=None, description="From `POST /photos`.", examples=[PHOTO])


class _WithShare(In):
    @model_validator(mode="after")
    def _share_goes_with_giving_back(self) -> Self:
        given = getattr(self, "share", None)
        if given is not None and getattr(self, "outcome", None) != "give_back":
            raise PydanticCustomError("share_not_expected", "Only with give_back")
        return self


class ReportAnswerIn(_WithShare):
    """The answer of a shop."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "give_back", "share": 50, "text": _ANSWER}]})

    outcome: Literal["sorry", "in_kind", "give_back"] = Field(
        description="`in_kind`: you make it good with food; `give_back`: the price, or a part of it, goes back to "
        "whoever paid.",
        examples=["give_back"],
    )
    share: int | None = Field(default=None, ge=1, le=100, **_SHARE)
    text: Words = Field(description="The holder reads it.", examples=[_ANSWER], repr=False)


class ReportDecisionIn(_WithShare):
    """The decision of an admin."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "sorry", "text": "Rien n'a pu être établi."}]}
    )

    outcome: Literal["sorry", "give_back"] = Field(examples=["give_back"])
    share: int | None = Field(default=None, ge=1, le=100, **_SHARE)
    text: Words = Field(description="The holder reads it; the shop does not.", examples=[_ANSWER], repr=False)
    freeze_reason: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = Field(
        default=None,
        description="If it is sent, the lot is withdrawn: holders get everything back, and the shop reads this reason.",
        examples=["Un allergène n'était pas indiqué."],
    )


class ReportAnswer(Out):
    """The answer of a shop."""

    outcome: Literal["sorry", "in_kind", "give_back"] = Field(examples=["give_back"])
    share: int | None = Field(**_SHARE)
    text: str = Field(description="Empty once the holder's account, or the shop, is erased.", examples=[_ANSWER])
    at: datetime = Field(examples=["2026-07-21T09:30:00Z"])


class ReportDecision(Out):
    """The decision of an admin."""

    outcome: Literal["sorry", "give_back"] = Field(examples=["give_back"])
    share: int | None = Field(**_SHARE)
    text: str = Field(description="Empty once the holder's account is erased.", examples=[_ANSWER])


class ReportMoney(Out):
    """The money of a reported reservation, as admins see it."""

    goes_to: Literal["holder", "donor"] | None = Field(
        description="Who gets what is given back; null if nobody paid, or it was given back already.",
        examples=["holder"],
    )
    at_most_cents: int = Field(description="What giving back the whole price comes to.", examples=[450])
    given_back_cents: int | None = Field(
        description="What was given back because of the report; null until the lot is over.", examples=[None]
    )


class ReportOut(Out):
    """A problem report. A shop sees the same of every kind of lot: no person, no price, no decision."""

    id: UUID = Field(examples=[REPORT])
    reservation_id: UUID = Field(examples=[RESERVATION])
    lot_id: UUID = Field(examples=[LOT])
    title: str = Field(description="The lot's.", examples=["Trois pains de la veille"])
    shop_id: UUID = Field(examples=[SHOP])
    shop: str = Field(description="The shop's name.", examples=["Boulangerie de la Krutenau"])
    kind: Kind = Field(**_KIND)
    text: str = Field(description="Empty once the holder's account is erased.", examples=[_WORDS])
    photo_id: UUID | None = Field(
        description="`GET /photos/{photo_id}/full` shows it to its holder, the shop's members and admins.",
        examples=[PHOTO],
    )
    reported_at: datetime = Field(examples=["2026-07-20T18:05:00Z"])
    answer_by: datetime = Field(
        description="Until when the shop can answer; then admins decide. Of an `allergen` they decide at once.",
        examples=["2026-07-23T18:05:00Z"],
    )
    status: Status = Field(
        description="`open`: the shop can answer; `to_decide`: it waits for an admin.", examples=["answered"]
    )
    answer: ReportAnswer | None = Field(description="null until the shop has answered.")
    decided_at: datetime | None = Field(examples=[None])
    decision: ReportDecision | None = Field(
        description="null until an admin has decided, and to members of the shop.",
        examples=[{"outcome": "sorry", "share": None, "text": "Rien n'a pu être établi."}],
    )
    money: ReportMoney | None = Field(
        description="null unless you are an admin.",
        examples=[{"goes_to": "holder", "at_most_cents": 450, "given_back_cents": None}],
    )


class ShopReports(Out):
    """The problem reports of one shop, as admins see them."""

    shop_id: UUID = Field(examples=[SHOP])
    shop: str = Field(description="The shop's name.", examples=["Boulangerie de la Krutenau"])
    paused_at: datetime | None = Field(
        description="Since when its lots are paused, because three people found its door closed.", examples=[None]
    )
    pickups: int = Field(description="Handovers in the same time.", examples=[212])
    reports: int = Field(examples=[5])
    missing: int = Field(examples=[1])
    quality: int = Field(examples=[2])
    allergen: int = Field(examples=[0])
    closed: int = Field(examples=[1])
    other: int = Field(examples=[1])
    answered: int = Field(description="By the shop.", examples=[4])
    unanswered: int = Field(description="That the shop did not answer in time.", examples=[1])
    to_decide: int = Field(examples=[0])
    decided: int = Field(description="By an admin.", examples=[1])
    given_back_cents: int = Field(examples=[450])
