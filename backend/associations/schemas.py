"""The requests and answers of associations and their agreements."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from backend.http.schemas import In, Out, if_sent
from backend.shops.communes import InseeCode
from backend.shops.opening_hours import OpeningHours, OpeningHoursOut

ASSOCIATION = "01980c5e-5b77-7e90-8c1d-43a0b2f9d6e8"
AGREEMENT = "01980c5e-9d21-7c48-9a36-0b7f5ce1d402"
SHOP = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11"
Standing = Literal["pending", "verified", "rejected"]
AgreementStatus = Literal["proposed", "confirmed", "declined", "ended"]

_NAME: dict[str, Any] = {"examples": ["Les Paniers du Faubourg"]}
_RNA: dict[str, Any] = {"examples": ["W672001234"]}
_SIRET: dict[str, Any] = {"examples": ["73282932000074"]}
_ADDRESS: dict[str, Any] = {"examples": ["4 quai des Pêcheurs, 67000 Strasbourg"]}
_INSEE_CODE: dict[str, Any] = {
    "description": "The INSEE code of the commune; it is not the postcode.",
    "examples": ["67482"],
}
_TIME_ZONE: dict[str, Any] = {
    "description": (
        "Of its commune, by the IANA's name; Paris if it gave none. Its months and its people's days are in it."
    ),
    "examples": ["Europe/Paris"],
}
_PHONE: dict[str, Any] = {"examples": ["+33 3 88 00 00 00"]}
_WEBSITE: dict[str, Any] = {"examples": ["https://paniers-du-faubourg.example.org"]}
_IN_TIME: dict[str, Any] = {
    "description": "Whether the association can hand food on in time when its use-by date is less than 48 h away.",
    "examples": [False],
}


_IS_PUBLIC: dict[str, Any] = {
    "description": "Whether everybody sees the page of the association and finds it once it is verified. Without it, "
    "strangers get the same answers as if there were no such association.",
    "examples": [False],
}
_DESCRIPTION: dict[str, Any] = {"examples": ["Épicerie solidaire, ouverte à toutes et à tous."]}
_LATITUDE: dict[str, Any] = {
    "description": "Degrees (WGS 84). Without coordinates a search finds the association at the centre of its commune.",
    "examples": [48.5798],
}
_LONGITUDE: dict[str, Any] = {"description": "Degrees (WGS 84).", "examples": [7.7576]}
_PHOTO_ID: dict[str, Any] = {"description": "For `GET /photos/{photo_id}/…`.", "examples": [None]}
_HOURS: dict[str, Any] = {
    "description": "When it is open to people, in its time zone.",
    "examples": [{"tuesday": [{"opens": "14:00", "closes": "17:30"}]}],
}


class AssociationEdit(In):
    """The fields to change; those that are not sent stay as they are. At least one of `rna` and `siret` is needed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rna": "W672001234", "insee_code": "67482"}]})

    name: str = if_sent(min_length=1, max_length=120, **_NAME)
    rna: str | None = if_sent(max_length=30, description="W and 9 characters.", **_RNA)
    siret: str | None = if_sent(max_length=30, description="14 digits; spaces are accepted.", **_SIRET)
    address: str | None = if_sent(min_length=1, max_length=300, **_ADDRESS)
    insee_code: InseeCode | None = if_sent(**_INSEE_CODE)
    phone: str | None = if_sent(pattern=r"^\+?[0-9][0-9 .()-]{4,24}$", **_PHONE)
    website: str | None = if_sent(pattern=r"^https?://\S+$", max_length=200, **_WEBSITE)
    distributes_in_time: bool = if_sent(**_IN_TIME)
    is_public: bool = if_sent(**_IS_PUBLIC)
    description: str = if_sent(max_length=2000, **_DESCRIPTION)
    photo_id: UUID | None = if_sent(
        description="A photo that somebody who works here took, from `POST /photos`; null for none.", examples=[None]
    )
    opening_hours: OpeningHours = if_sent(**_HOURS)
    latitude: float | None = if_sent(ge=-85, le=85, **_LATITUDE)
    longitude: float | None = if_sent(ge=-180, le=180, **_LONGITUDE)

    @model_validator(mode="after")
    def _both_coordinates(self) -> Self:
        if len({"latitude", "longitude"} & self.model_fields_set) == 1 or (self.latitude is None) != (
            self.longitude is None
        ):
            raise PydanticCustomError("coordinates_together", "Send latitude and longitude together")
        return self


class AssociationBrief(Out):
    """An association; its id is its account's."""

    id: UUID = Field(examples=[ASSOCIATION])
    name: str = Field(**_NAME)


class AssociationFound(AssociationBrief):
    """A public association in a list."""

    address: str | None = Field(**_ADDRESS)
    insee_code: str | None = Field(**_INSEE_CODE)
    latitude: float | None = Field(**_LATITUDE)
    longitude: float | None = Field(**_LONGITUDE)
    photo_id: UUID | None = Field(**_PHOTO_ID)
    distance_m: int | None = Field(
        default=None, description="As the crow flies, for a search by `near`.", examples=[420]
    )


class AssociationPage(AssociationBrief):
    """A public association, as it presents itself to everybody."""

    description: str = Field(**_DESCRIPTION)
    photo_id: UUID | None = Field(**_PHOTO_ID)
    address: str | None = Field(**_ADDRESS)
    insee_code: str | None = Field(**_INSEE_CODE)
    latitude: float | None = Field(**_LATITUDE)
    longitude: float | None = Field(**_LONGITUDE)
    phone: str | None = Field(**_PHONE)
    website: str | None = Field(**_WEBSITE)
    opening_hours: OpeningHoursOut = Field(**_HOURS)
    opening_hours_text: list[str] = Field(
        description="The opening hours in French or, by Accept-Language, in English: a line per run of days.",
        examples=[["Mardi : de 14 h à 17 h 30"]],
    )
    time_zone: str = Field(**_TIME_ZONE)


class OwnAssociation(AssociationBrief):
    """An association as it sees itself."""

    insee_code: str | None = Field(**_INSEE_CODE)
    rna: str | None = Field(**_RNA)
    siret: str | None = Field(**_SIRET)
    address: str | None = Field(**_ADDRESS)
    phone: str | None = Field(**_PHONE)
    website: str | None = Field(**_WEBSITE)
    distributes_in_time: bool = Field(**_IN_TIME)
    time_zone: str = Field(**_TIME_ZONE)
    is_public: bool = Field(**_IS_PUBLIC)
    description: str = Field(**_DESCRIPTION)
    photo_id: UUID | None = Field(**_PHOTO_ID)
    opening_hours: OpeningHoursOut = Field(**_HOURS)
    latitude: float | None = Field(**_LATITUDE)
    longitude: float | None = Field(**_LONGITUDE)
    status: Standing = Field(examples=["verified"])
    created_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])


class Figures(Out):
    """The number of people whom an association has enrolled, by the present state of their right."""

    enrolled: int = Field(examples=[120])
    pending: int = Field(examples=[4])
    verified: int = Field(description="Including those whose right has run out.", examples=[112])
    suspended: int = Field(examples=[4])
    expired: int = Field(description="Verified, but the right has run out.", examples=[9])
    ending_soon: int = Field(description="Verified, and the right ends within 30 days.", examples=[7])


class ActivityMonth(Out):
    """The activity of an association's people in a month, added up.

    The figures after `enrolled` are null until the month is over, and when they are about fewer than 11 people.
    """

    month: str = Field(description="In the association's time zone.", examples=["2026-11"])
    enrolled: int = Field(description="People enrolled.", examples=[12])
    reserved: int | None = Field(description="Free portions, without those that were cancelled.", examples=[340])
    collected: int | None = Field(description="Portions handed over.", examples=[322])
    no_shows: int | None = Field(description="Portions that were not collected.", examples=[9])
    food_kg: Decimal | None = Field(examples=["161.5"])
    meals: Decimal | None = Field(examples=["323.0"])


class Activity(Out):
    """The activity of an association, month by month."""

    months: list[ActivityMonth]


class AgreementIn(In):
    """The fields that are sent with the document."""

    shop_id: UUID
    signed_on: date
    ends_on: date | None = None


class AgreedShop(Out):
    """The shop in an agreement."""

    id: UUID = Field(examples=[SHOP])
    name: str = Field(examples=["Boulangerie de la Krutenau"])
    address: str = Field(examples=["12 rue de Zurich, 67000 Strasbourg"])


class AgreementOut(Out):
    """A donation agreement between an association and a shop."""

    id: UUID = Field(examples=[AGREEMENT])
    association: AssociationBrief
    shop: AgreedShop
    signed_on: date = Field(examples=["2026-11-02"])
    ends_on: date | None = Field(
        description="The last day; null when the agreement lasts until somebody ends it.", examples=["2027-11-01"]
    )
    status: AgreementStatus = Field(examples=["confirmed"])
    in_force: bool = Field(description="Confirmed, and today is not after its last day.", examples=[True])
    document_bytes: int = Field(examples=[184320])
    created_at: datetime = Field(examples=["2026-11-03T09:12:44Z"])
    decided_at: datetime | None = Field(examples=["2026-11-04T16:02:10Z"])
    ended_at: datetime | None = Field(examples=[None])
    ended_by: Literal["association", "shop", "its_date"] | None = Field(examples=[None])
