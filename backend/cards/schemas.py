"""The requests and answers of cards. The secret of a card leaves only in the printed sheet."""

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
    """The people for whom to make cards; a sheet has ten."""

    beneficiary_ids: Annotated[list[UUID], AfterValidator(_each_once)] = Field(
        min_length=1, max_length=MOST_CARDS, examples=[[BENEFICIARY]]
    )


class CardOut(Out):
    """A beneficiary's latest card, without its secret."""

    id: UUID
    status: Literal["active", "revoked"] = Field(examples=["active"])
    made_at: datetime
    revoked_at: datetime | None = Field(description="When the card was revoked.", examples=[None])
