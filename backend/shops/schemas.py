"""Request and response bodies for shops."""

from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from backend.http.schemas import In, Out, if_sent
from backend.shops.communes import InseeCode
from backend.shops.models import Category
from backend.shops.opening_hours import OpeningHours, OpeningHoursOut

SHOP = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11"
WEEK: dict[str, Any] = {
    "tuesday": [{"opens": "07:00", "closes": "13:00"}, {"opens": "15:30", "closes": "19:30"}],
    "saturday": [{"opens": "07:00", "closes": "18:00"}],
}
# `closed`: its merchant's account was erased.
ShopStatus = Literal["pending", "verified", "rejected", "suspended", "closed"]

_NAME: dict[str, Any] = {"min_length": 1, "max_length": 120, "examples": ["Boulangerie de la Krutenau"]}
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


class ShopIn(In):
    """A shop to register."""

    name: str = Field(**_NAME)
    siret: str = Field(
        max_length=30, description="14 digits. Spaces between them are accepted.", examples=["732 829 320 00074"]
    )
    address: str = Field(**_ADDRESS)
    insee_code: InseeCode = Field(**_INSEE_CODE)
    latitude: float = Field(**_LATITUDE)
    longitude: float = Field(**_LONGITUDE)
    opening_hours: OpeningHours = Field(default=OpeningHours(), examples=[WEEK])
    category: Category = Field(examples=["bakery"])


class ShopEdit(In):
    """Changes to a shop. Fields that are not sent stay as they are. `opening_hours` replaces all opening hours."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"opening_hours": WEEK}]})

    name: str = if_sent(**_NAME)
    address: str = if_sent(**_ADDRESS)
    insee_code: InseeCode = if_sent(**_INSEE_CODE)
    latitude: float = if_sent(**_LATITUDE)
    longitude: float = if_sent(**_LONGITUDE)
    opening_hours: OpeningHours = if_sent(examples=[WEEK])
    category: Category = if_sent(examples=["bakery"])


class ShopBrief(Out):
    """The shop of a lot: its name and where it is."""

    id: UUID = Field(examples=[SHOP])
    name: str = Field(examples=_NAME["examples"])
    address: str = Field(examples=_ADDRESS["examples"])
    latitude: float = Field(examples=_LATITUDE["examples"])
    longitude: float = Field(examples=_LONGITUDE["examples"])
    category: Category = Field(examples=["bakery"])
    time_zone: str = Field(**_TIME_ZONE)


class ShopPage(ShopBrief):
    """A shop, as anyone sees it."""

    insee_code: str = Field(examples=["67482"])
    opening_hours: OpeningHoursOut = Field(description="In the shop's time zone.", examples=[WEEK])
    lots_url: str = Field(description="Path that lists its lots on offer.", examples=[f"/v1/shops/{SHOP}/lots"])


class OwnShop(ShopPage):
    """A shop, as its merchant and admins see it."""

    siret: str = Field(examples=["73282932000074"])
    to_correct: list[Literal["insee_code", "latitude", "longitude"]] = Field(
        description=(
            "Fields that the shop's owner is asked to correct: no commune has this INSEE code, or the coordinates are "
            "outside its territory. Only shops that were registered before this was checked can have such fields."
        ),
        examples=[[]],
    )
    status: ShopStatus = Field(examples=["pending"])
