"""Bodies of requests and answers about kiosks."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from backend.accounts.schemas import TokensOut
from backend.accounts.tokens import LONGEST_TOKEN
from backend.http.schemas import In, Out

_DEVICE = "c2hvd24gaW4gdGhlIGRvY3VtZW50YXRpb24gb25seSE"
_CARD = "EC1:MFRGGZDFMZTWQ2LKNNWG23TPOA"

# No control characters, line breaks or changes of direction, so that a list shows it in one line.
KioskName = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+$"
    ),
    Field(
        description="Where it stands, in your own words. Do not use names of people.",
        examples=["Accueil de jour, entrée"],
    ),
]


class KioskIn(In):
    """A tablet to register."""

    name: KioskName


class KioskOut(Out):
    """A kiosk."""

    id: UUID
    name: str = Field(examples=["Accueil de jour, entrée"])
    association_id: UUID | None = Field(description="The association that owns it; null: an admin had registered it.")
    created_at: datetime
    revoked_at: datetime | None = Field(description="When it was revoked.", examples=[None])
    last_used_on: date | None = Field(description="The last day on which somebody signed in there.", examples=[None])


class KioskRegistered(Out):
    """A new kiosk, with the secret that its device keeps."""

    id: UUID
    name: str = Field(examples=["Accueil de jour, entrée"])
    device: str = Field(
        description="The device sends it with each card. It is shown only this once: enter it on the device.",
        examples=[_DEVICE],
    )


class CardSignIn(In):
    """A card shown at a kiosk."""

    card: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=LONGEST_TOKEN)] = Field(
        description="The content of the card's QR.", examples=[_CARD], repr=False
    )
    device: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TOKEN)] | None = Field(
        default=None, description="The device's secret, from its registration.", examples=[_DEVICE], repr=False
    )


class KioskTokensOut(TokensOut):
    """A kiosk session's tokens."""

    expires_in: int = Field(description="Seconds until the session ends unless it is refreshed.", examples=[180])
    refresh_token: str = Field(
        description="Valid for one refresh within 180 seconds, until 30 minutes after signing in.",
        examples=[_DEVICE],
    )
