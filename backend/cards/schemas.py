"""What enters and leaves about cards. What a card's QR holds leaves on paper only."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from backend.beneficiaries.schemas import BENEFICIARY
from backend.http.schemas import In, Out

MOST_CARDS = 100


def _each_once(holders: list[UUID]) -> list[UUID]:
    if len(set(holders)) < len(holders):
        raise PydanticCustomError("named_twice", "Each beneficiary once")
    return holders


class CardsIn(In):
    """For whom cards are to be made; ten make a sheet."""

    beneficiary_ids: Annotated[list[UUID], AfterValidator(_each_once)] = Field(
        min_length=1, max_length=MOST_CARDS, examples=[[BENEFICIARY]]
    )


class CardOut(Out):
    """A beneficiary's latest card. What it holds is on the card alone."""

    id: UUID
    status: Literal["active", "revoked"] = Field(examples=["active"])
    made_at: datetime
    revoked_at: datetime | None = Field(description="Since when it opens nothing.", examples=[None])
