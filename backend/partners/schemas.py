"""Request and response bodies of mandates and of enrolment by software."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, SkipValidation

from backend.beneficiaries.schemas import BeneficiaryIn
from backend.http.schemas import In, Out

MOST_PEOPLE = 1000
BATCH = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9e01"
_CLIENT = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9d01"
_ASSOCIATION = "01980c5e-5b77-7e90-8c1d-43a0b2f9d6e8"
ExternalId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description="How your program calls this person. The same id again is the same person.",
        examples=["CCAS-2026-00042"],
    ),
]


class MandateIn(In):
    """The API client that may enrol people."""

    client_id: UUID = Field(description="The organisation tells you its client's id.", examples=[_CLIENT])


class MandateOut(Out):
    """An association's leave for an API client to enrol people in its name."""

    id: UUID = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9e02"])
    association_id: UUID = Field(examples=[_ASSOCIATION])
    association: str = Field(examples=["Le Relais"])
    client_id: UUID = Field(examples=[_CLIENT])
    client: str = Field(examples=["Logiciel du CCAS"])
    organisation_id: UUID = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9c01"])
    organisation: str = Field(examples=["Ville de Strasbourg"])
    territory: str = Field(examples=["67482"])
    granted_at: datetime = Field(examples=["2026-11-29T08:15:00Z"])
    ended_at: datetime | None = Field(examples=[None])
    in_force: bool = Field(description="Whether the client can enrol people by it at present.", examples=[True])


class ClientMandate(Out):
    """An association that an API client may enrol people for."""

    association_id: UUID = Field(examples=[_ASSOCIATION])
    association: str = Field(examples=["Le Relais"])
    granted_at: datetime = Field(examples=["2026-11-29T08:15:00Z"])


class ClientMandates(Out):
    """The associations that an API client may enrol people for."""

    data: list[ClientMandate]


class PartnerPersonIn(BeneficiaryIn):
    """A person to enrol, to renew or to correct; or with `ended`, whose right ends: then only the id counts."""

    external_id: ExternalId
    ended: bool = Field(default=False, description="true: end the person's right.", examples=[False])


class Identified(In):
    """The part of each person that must be right in any case."""

    external_id: ExternalId


class PeopleIn(In):
    """The people of a batch. Each is checked by itself: one who is wrong does not stop the others."""

    association_id: UUID | None = Field(
        default=None, description="Needed if several associations mandate the client.", examples=[None]
    )
    people: list[SkipValidation[PartnerPersonIn]] = Field(min_length=1, max_length=MOST_PEOPLE)


class BatchOut(Out):
    """A batch that was taken."""

    id: UUID = Field(examples=[BATCH])
    association_id: UUID = Field(examples=[_ASSOCIATION])
    people: int = Field(examples=[1000])
    status: Literal["queued", "done"] = Field(examples=["queued"])


class WrongField(Out):
    """The error in a field of a person. It never repeats what was sent."""

    field: str = Field(examples=["birth_date"])
    code: str = Field(examples=["missing"])
    message: str = Field(examples=["Ce champ est obligatoire."])


class PersonOutcome(Out):
    """The outcome for a person. `accepted` says nothing about whether they are enrolled elsewhere."""

    external_id: str | None = Field(
        description="Null if it was sent before the server's secret key changed.", examples=["CCAS-2026-00042"]
    )
    outcome: Literal["queued", "accepted", "refused"] = Field(examples=["accepted"])
    errors: list[WrongField] = Field(description="Empty unless refused.")


class BatchRead(BatchOut):
    """A batch with what became of each person, in the order in which they were sent."""

    results: list[PersonOutcome]


class EnrolledElsewhere(Out):
    """A person whom a program sent for your association and whom another one has enrolled."""

    id: UUID = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9e03"])
    external_id: str | None = Field(
        description="Null if it was sent before the server's secret key changed.", examples=["CCAS-2026-00042"]
    )
    client_id: UUID = Field(examples=[_CLIENT])
    client: str = Field(examples=["Logiciel du CCAS"])
    organisation: str = Field(examples=["Ville de Strasbourg"])
    sent_at: datetime = Field(examples=["2026-11-29T08:15:00Z"])


Sent = dict[str, Any]
"""A person as the program sent them, not checked yet."""
