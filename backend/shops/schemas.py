"""Request and response bodies for shops."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from backend.http.schemas import In, Out, if_sent
from backend.identity.tokens import MemberRole
from backend.shops.communes import InseeCode
from backend.shops.models import Category
from backend.shops.opening_hours import OpeningHours, OpeningHoursOut
from backend.shops.vat_numbers import VatNumber

SHOP = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11"
WEEK: dict[str, Any] = {
    "tuesday": [{"opens": "07:00", "closes": "13:00"}, {"opens": "15:30", "closes": "19:30"}],
    "saturday": [{"opens": "07:00", "closes": "18:00"}],
}
# `closed`: its merchant's account was erased.
ShopStatus = Literal["pending", "verified", "rejected", "suspended", "closed"]

_NAME: dict[str, Any] = {"min_length": 1, "max_length": 120, "examples": ["Boulangerie de la Krutenau"]}
Correctable = Literal["insee_code", "latitude", "longitude"]
_TO_CORRECT: dict[str, Any] = {
    "description": (
        "Fields that the shop's owner is asked to correct: no commune has this INSEE code, or the coordinates are "
        "outside its territory. Only shops that were registered before this was checked can have such fields."
    ),
    "examples": [[]],
}
_PAUSED_AT: dict[str, Any] = {
    "description": "Since when its lots are paused, because three people found its door closed; null if they are not.",
    "examples": [None],
}
_ADDRESS: dict[str, Any] = {
    "min_length": 1,
    "max_length": 300,
    "examples": ["12 rue de Zurich, 67000 Strasbourg"],
}
_INSEE_CODE: dict[str, Any] = {
    "description": "The commune's INSEE code, which is not its postcode.",
    "examples": ["67482"],
}
_TIME_ZONE: dict[str, Any] = {
    "description": "Of its commune, by the IANA's name. Its days and times of day are in it.",
    "examples": ["Europe/Paris"],
}
_LATITUDE: dict[str, Any] = {"ge": -85, "le": 85, "description": "Degrees (WGS 84).", "examples": [48.5798]}
_LONGITUDE: dict[str, Any] = {"ge": -180, "le": 180, "description": "Degrees (WGS 84).", "examples": [7.7576]}


_DESCRIPTION: dict[str, Any] = {"max_length": 2000, "examples": ["Pain au levain, cuit au feu de bois."]}
_TELEPHONE: dict[str, Any] = {"examples": ["+33 3 88 00 00 00"]}
_WEBSITE: dict[str, Any] = {
    "description": "An https address. We never open it.",
    "examples": ["https://krutenau.example"],
}
_TELEPHONE_SENT: dict[str, Any] = {"pattern": r"^\+?[0-9][0-9 .()-]{4,24}$", **_TELEPHONE}
_WEBSITE_SENT: dict[str, Any] = {
    "pattern": r"^https://[^\s/?#@<>\"\\]+([/?#][^\s<>\"\\]*)?$",
    "max_length": 200,
    **_WEBSITE,
}
_PHOTO_ID: dict[str, Any] = {
    "description": "A photo that somebody who works here took, from `POST /photos` or of a draft; null for none.",
    "examples": [None],
}
_SHOWS_IMPACT: dict[str, Any] = {
    "description": "Whether the shop's page shows the rounded impact of its months that are over.",
    "examples": [False],
}
_LEGAL_NAME: dict[str, Any] = {
    "description": "The name of the company behind the SIRET, as papers say it; null: the shop's own name.",
    "examples": ["Müller et fils"],
}
_LEGAL_FORM: dict[str, Any] = {
    "description": "Its legal form, with its capital and register where it has them.",
    "examples": ["SARL au capital de 8 000 €, RCS Strasbourg"],
}
_LEGAL_ADDRESS: dict[str, Any] = {
    "description": "The address of the company's seat; null: the shop's own address.",
    "examples": [None],
}
_VAT_NUMBER: dict[str, Any] = {"description": "The company's VAT number, if it has one.", "examples": ["FR44732829320"]}
_VAT_FRANCHISE: dict[str, Any] = {
    "description": "Whether it bills no VAT (article 293 B of the CGI); its receipts then say so.",
    "examples": [False],
}
_FOOD_VAT: dict[str, Any] = {
    "description": "The VAT that its food bears, in hundredths of a percent, for its receipts; null: they say none.",
    "examples": [550],
}
_LARGE: dict[str, Any] = {
    "description": "Whether it sells on more than 400 m²: its food then goes only to associations that it has an "
    "agreement with.",
    "examples": [False],
}
_SHOWS_LEFTOVERS: dict[str, Any] = {
    "description": "Whether associations nearby are told about how much it regularly leaves, by day of the week and "
    "category, so that they may propose an agreement.",
    "examples": [False],
}
FoodVat = Literal[210, 550, 850, 1000, 2000]


class ShopIn(In):
    """A shop to register. Without coordinates its address is looked up, where the server can do that."""

    name: str = Field(**_NAME)
    siret: str = Field(
        max_length=30, description="14 digits. Spaces between them are accepted.", examples=["732 829 320 00074"]
    )
    address: str = Field(**_ADDRESS)
    insee_code: InseeCode | None = Field(default=None, **_INSEE_CODE)
    latitude: float | None = Field(default=None, **_LATITUDE)
    longitude: float | None = Field(default=None, **_LONGITUDE)
    opening_hours: OpeningHours = Field(default=OpeningHours(), examples=[WEEK])
    category: Category = Field(examples=["bakery"])
    description: str = Field(default="", **_DESCRIPTION)
    telephone: str | None = Field(default=None, **_TELEPHONE_SENT)
    website: str | None = Field(default=None, **_WEBSITE_SENT)


class ShopEdit(In):
    """Changes to a shop. Fields that are not sent stay as they are. `opening_hours` replaces all opening hours.

    A new address without coordinates is looked up, where the server can do that, and the shop moves there.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"opening_hours": WEEK}]})

    name: str = if_sent(**_NAME)
    address: str = if_sent(**_ADDRESS)
    insee_code: InseeCode = if_sent(**_INSEE_CODE)
    latitude: float = if_sent(**_LATITUDE)
    longitude: float = if_sent(**_LONGITUDE)
    opening_hours: OpeningHours = if_sent(examples=[WEEK])
    category: Category = if_sent(examples=["bakery"])
    description: str = if_sent(**_DESCRIPTION)
    photo_id: UUID | None = if_sent(**_PHOTO_ID)
    telephone: str | None = if_sent(**_TELEPHONE_SENT)
    website: str | None = if_sent(**_WEBSITE_SENT)
    shows_impact: bool = if_sent(**_SHOWS_IMPACT)
    legal_name: str | None = if_sent(min_length=1, max_length=200, **_LEGAL_NAME)
    legal_form: str | None = if_sent(min_length=1, max_length=120, **_LEGAL_FORM)
    legal_address: str | None = if_sent(min_length=1, max_length=300, **_LEGAL_ADDRESS)
    vat_number: VatNumber | None = if_sent(**_VAT_NUMBER)
    vat_franchise: bool = if_sent(**_VAT_FRANCHISE)
    food_vat_bp: FoodVat | None = if_sent(**_FOOD_VAT)
    above_400_m2: bool = if_sent(**_LARGE)
    shows_leftovers: bool = if_sent(**_SHOWS_LEFTOVERS)


class ShopBrief(Out):
    """The shop of a lot: its name and where it is."""

    id: UUID = Field(examples=[SHOP])
    name: str = Field(examples=_NAME["examples"])
    address: str = Field(examples=_ADDRESS["examples"])
    latitude: float = Field(examples=_LATITUDE["examples"])
    longitude: float = Field(examples=_LONGITUDE["examples"])
    category: Category = Field(examples=["bakery"])
    time_zone: str = Field(**_TIME_ZONE)


class ShopFound(ShopBrief):
    """A shop in the results of a search."""

    insee_code: str = Field(examples=["67482"])
    photo_id: UUID | None = Field(description="For `GET /photos/{photo_id}/…`.", examples=[None])
    distance_m: int | None = Field(
        default=None, description="As the crow flies, for a search by `near`.", examples=[420]
    )


class ShopFacts(ShopBrief):
    """The public facts about a shop."""

    insee_code: str = Field(examples=["67482"])
    opening_hours: OpeningHoursOut = Field(description="In the shop's time zone.", examples=[WEEK])
    description: str = Field(examples=_DESCRIPTION["examples"])
    photo_id: UUID | None = Field(description="For `GET /photos/{photo_id}/…`.", examples=[None])
    telephone: str | None = Field(**_TELEPHONE)
    website: str | None = Field(**_WEBSITE)
    lots_url: str = Field(description="Path that lists its lots on offer.", examples=[f"/v1/shops/{SHOP}/lots"])


class NextLot(Out):
    """A lot that a shop offers now or soon, for its page."""

    id: UUID = Field(description="For `GET /lots/{lot_id}`.", examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"])
    title: str = Field(examples=["Panier de viennoiseries"])
    category: Category = Field(examples=["pastry"])
    kind: Literal["discounted", "free"] = Field(examples=["discounted"])
    original_price_cents: int = Field(description="Of one portion.", examples=[1200])
    price_cents: int = Field(description="Of one portion.", examples=[480])
    pickup_start: datetime = Field(examples=["2026-11-22T16:30:00Z"])
    pickup_end: datetime = Field(examples=["2026-11-22T18:00:00Z"])
    photo_id: UUID | None = Field(description="For `GET /photos/{photo_id}/…`.", examples=[None])
    remaining: int = Field(description="Portions that can still be reserved.", examples=[3])
    date_kind: Literal["use_by", "best_before", "none"] = Field(examples=["best_before"])
    food_date: date | None = Field(description="null when `date_kind` is `none`.", examples=["2026-11-23"])
    past_best_before: bool = Field(
        description="The best-before date has passed; the food is still good.", examples=[False]
    )


class ShownImpact(Out):
    """The impact that a shop chooses to show: the sum of months that are over, in whole tens.

    A month counts if at least 11 people collected and nobody had more than 85 % of its food. CO₂e is an estimate.
    """

    first_month: str = Field(alias="from", description="The first month that counts.", examples=["2026-03"])
    last_month: str = Field(alias="to", description="The last month that counts.", examples=["2026-10"])
    meals: int = Field(examples=[1280])
    food_kg: int = Field(examples=[640])
    co2e_kg: int = Field(examples=[1150])
    method: str = Field(examples=["ecopanier-2025"])


class OnPage(Out):
    """The parts of a shop's page besides its own words."""

    opening_hours_text: list[str] = Field(
        description="The opening hours in French or, by Accept-Language, in English: a line per run of days.",
        examples=[["Mardi : de 7 h à 13 h et de 15 h 30 à 19 h 30", "Samedi : de 7 h à 18 h"]],
    )
    next_lots: list[NextLot] = Field(
        description="The next lots with portions left, earliest pickup first. Free ones are shown to verified "
        "beneficiaries only."
    )
    impact: ShownImpact | None = Field(
        description="null if the shop does not show it, or if too few people collected.", examples=[None]
    )


class ShopPage(OnPage, ShopFacts):
    """A shop, as anyone sees it."""


class OwnShop(ShopFacts):
    """A shop, as its merchant and admins see it."""

    siret: str = Field(examples=["73282932000074"])
    to_correct: list[Correctable] = Field(**_TO_CORRECT)
    status: ShopStatus = Field(examples=["pending"])
    paused_at: datetime | None = Field(**_PAUSED_AT)
    shows_impact: bool = Field(**_SHOWS_IMPACT)
    legal_name: str | None = Field(**_LEGAL_NAME)
    legal_form: str | None = Field(**_LEGAL_FORM)
    legal_address: str | None = Field(**_LEGAL_ADDRESS)
    vat_number: str | None = Field(**_VAT_NUMBER)
    vat_franchise: bool = Field(**_VAT_FRANCHISE)
    food_vat_bp: int | None = Field(**_FOOD_VAT)
    above_400_m2: bool = Field(**_LARGE)
    shows_leftovers: bool = Field(**_SHOWS_LEFTOVERS)


class OwnShopPage(OnPage, OwnShop):
    """A shop's page, as its merchant and admins see it."""

    role: MemberRole | None = Field(description="Your role there; null for an admin.", examples=["owner"])


class WorkplaceOut(Out):
    """The facts about a shop that everybody who works there sees on each page."""

    id: UUID = Field(examples=[SHOP])
    name: str = Field(examples=["Boulangerie de la Krutenau"])
    status: ShopStatus = Field(examples=["verified"])
    time_zone: str = Field(**_TIME_ZONE)
    paused_at: datetime | None = Field(**_PAUSED_AT)
    to_correct: list[Correctable] = Field(**_TO_CORRECT)
    role: MemberRole = Field(description="Your role there.", examples=["owner"])
