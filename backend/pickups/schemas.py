"""Bodies of requests and answers at the counter."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints, model_validator

from backend.http.scans import typed
from backend.http.schemas import In, Out


def _digits(pin: Any) -> Any:
    return typed(pin) if isinstance(pin, str) else pin


# Read forgivingly, so nothing in it is refused.
Scan = Annotated[str, StringConstraints(strip_whitespace=False)]
Pin = Annotated[str, BeforeValidator(_digits), StringConstraints(pattern=r"^[0-9]{6}$")]


class PickupIn(In):
    """A pass as scanned or typed at the counter: the QR or the code, and the PIN."""

    qr: Scan | None = Field(default=None, max_length=200, examples=["EP1:7K3M9QXT4B:JBSWY3DPEHPK3PXPJBSWY3DPEH"])
    code: Scan | None = Field(default=None, max_length=40, examples=[None])
    pin: Pin = Field(examples=["048213"])
    shown_at: AwareDatetime | None = Field(
        default=None,
        description="From a station that had no network: when the pass was shown, at most 12 hours ago. The pickup "
        "window is judged by it.",
        examples=[None],
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.qr is None) == (self.code is None):
            raise ValueError("give qr or code, one of both")
        return self


class PickupOut(Out):
    """The portions that were handed over. The answer looks the same for every kind of lot."""

    reservation_id: UUID = Field(examples=["01980c5e-9f01-7d40-8a11-5b1c0c9d7e21"])
    title: str = Field(examples=["Panier du soir"])
    quantity: int = Field(examples=[1])
    picked_up_at: datetime = Field(examples=["2026-11-22T17:42:10+00:00"])
