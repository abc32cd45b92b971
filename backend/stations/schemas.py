"""Request and response bodies for pickup stations."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from backend.http.schemas import In, Out

STATION = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9c41"
SHOP = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11"
NAME = "Caisse 1"
LONGEST_CODE = 40

# No control characters, line breaks or changes of direction, so that a list shows it in one line.
StationName = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+$"
    ),
    Field(description="Where it stands, in your own words. Do not use names of people.", examples=[NAME]),
]


class StationIn(In):
    """A device to pair."""

    name: StationName


class StationOut(Out):
    """A device at a shop's counter."""

    id: UUID = Field(examples=[STATION])
    name: str = Field(examples=[NAME])
    status: Literal["waiting", "paired", "revoked"] = Field(
        description="`waiting`: no device has used the pairing code.", examples=["paired"]
    )
    pairing_ends_at: datetime | None = Field(description="Until when the code can be used.", examples=[None])
    created_at: datetime = Field(examples=["2026-07-20T08:15:00Z"])
    paired_at: datetime | None = Field(examples=["2026-07-20T08:16:00Z"])
    revoked_at: datetime | None = Field(examples=[None])


class StationAdded(StationOut):
    """A new station with the code that its device is paired by."""

    pairing_code: str = Field(
        description="To type on the device within 5 minutes. It works once and is shown only now.",
        examples=["7K3M9-QXT4B"],
    )


class PairingIn(In):
    """The pairing code that a shop's owner was shown."""

    pairing_code: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CODE)] = Field(
        description="In small or capital letters, with or without spaces and dashes.",
        examples=["7K3M9-QXT4B"],
        repr=False,
    )


class StationPaired(Out):
    """The credential of a device that has been paired."""

    station_token: str = Field(
        description="The device keeps it and sends it as its bearer token. It is shown only this once.",
        examples=["station_c2hvd24gaW4gdGhlIGRvY3VtZW50YXRpb24gb25seSE"],
    )
    token_type: Literal["bearer"] = Field(default="bearer", examples=["bearer"])


class StationAtWork(Out):
    """The facts about its shop that a station may read."""

    id: UUID = Field(examples=[STATION])
    name: str = Field(examples=[NAME])
    shop_id: UUID = Field(examples=[SHOP])
    shop: str = Field(description="The shop's name.", examples=["Boulangerie de la Krutenau"])
    day: date = Field(description="Today, where the shop is.", examples=["2026-07-20"])
    passes_to_come: int = Field(
        description="How many passes may still be shown today, for all the shop's lots.", examples=[7]
    )
