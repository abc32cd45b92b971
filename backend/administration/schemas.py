"""What enters and leaves about an admin's decisions."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.bodies import In, Out

ACCOUNT = "01980c5e-5b77-7e90-8c1d-43a0b2f9d6e8"
Standing = Literal["pending", "verified", "rejected"]


class DecisionIn(In):
    """A decision, kept with who took it and when."""

    decision: Literal["verified", "rejected"] = Field(examples=["verified"])
    reason: str | None = Field(default=None, min_length=1, max_length=500, examples=["Extrait Kbis vu le 20/11."])


class ReasonIn(In):
    """Why, kept with who decided and when."""

    reason: str = Field(min_length=1, max_length=500, examples=["Trois lots non conformes signalés."])


class AccountStanding(Out):
    """Whether an account may be used."""

    id: UUID = Field(examples=[ACCOUNT])
    status: Literal["active", "suspended"] = Field(examples=["suspended"])


class AssociationOut(Out):
    """An association; its id is its account's."""

    id: UUID = Field(examples=[ACCOUNT])
    name: str = Field(examples=["Les Paniers du Faubourg"])
    email: str | None = Field(examples=["contact@example.org"])
    email_verified: bool = Field(examples=[True])
    status: Standing = Field(examples=["pending"])
    created_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])


class CollectorOut(Out):
    """A collector; the id is the account's."""

    id: UUID = Field(examples=[ACCOUNT])
    display_name: str = Field(examples=["Jules"])
    email: str | None = Field(examples=["jules@example.org"])
    email_verified: bool = Field(examples=[True])
    status: Standing = Field(examples=["pending"])
    created_at: datetime = Field(examples=["2026-11-22T09:12:44Z"])
