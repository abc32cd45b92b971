"""Request and response bodies for organisations."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.accounts.addresses import EmailAddress
from backend.http.schemas import In, Out
from backend.identity.tokens import MemberRole

OrganisationKind = Literal["municipality", "agglomeration", "ngo"]
ORGANISATION = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9c01"
_KIND = "A municipality's territory is a commune, an agglomeration's an EPCI, an NGO's any."
_TERRITORY = "The INSEE code of a commune, the SIREN of an EPCI, `DEP-67`, `REG-44`, `FR` or the id of a zone."


class OrganisationIn(In):
    """A new organisation and the address of its first owner, who is invited by mail."""

    name: str = Field(min_length=1, max_length=200, examples=["Ville de Strasbourg"])
    kind: OrganisationKind = Field(description=_KIND, examples=["municipality"])
    siren: str = Field(min_length=9, max_length=20, examples=["216704825"])
    territory: str = Field(min_length=2, max_length=36, description=_TERRITORY, examples=["67482"])
    owner_email: EmailAddress = Field(examples=["claire@strasbourg.example"])


class OrganisationEdit(In):
    """Changes by an admin. A closed organisation stays closed."""

    name: str | None = Field(default=None, min_length=1, max_length=200, examples=["Ville de Strasbourg"])
    status: Literal["closed"] | None = Field(default=None, examples=[None])


class OrganisationOut(Out):
    """A municipality, an agglomeration or an NGO."""

    id: UUID = Field(examples=[ORGANISATION])
    name: str = Field(examples=["Ville de Strasbourg"])
    kind: OrganisationKind = Field(examples=["municipality"])
    siren: str = Field(examples=["216704825"])
    territory: str = Field(description=_TERRITORY, examples=["67482"])
    territory_name: str = Field(examples=["Strasbourg"])
    status: Literal["active", "closed"] = Field(examples=["active"])
    role: MemberRole | None = Field(description="Yours there; null for an admin who is no member.", examples=["owner"])
    created_at: datetime = Field(examples=["2026-11-29T08:15:00Z"])
