"""Request and response bodies for members and invitations."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.accounts.addresses import EmailAddress
from backend.http.schemas import In, Out
from backend.identity.tokens import MemberRole

MEMBER = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9b31"
_ROLE = "`owner` does everything; `staff` works there every day; `reader` reads figures."


class MemberIn(In):
    """Somebody to invite."""

    email: EmailAddress = Field(examples=["lea@example.org"])
    role: Literal["staff", "reader"] = Field(description=_ROLE, examples=["staff"])


class OrganisationMemberIn(In):
    """Somebody to invite to an organisation."""

    email: EmailAddress = Field(examples=["lea@example.org"])
    role: MemberRole = Field(description=_ROLE + " Only admins invite owners.", examples=["staff"])


class MemberEdit(In):
    """A member's new role."""

    role: MemberRole = Field(description=_ROLE, examples=["reader"])


class MemberOut(Out):
    """A member, or an invitation that nobody has accepted yet."""

    id: UUID = Field(examples=[MEMBER])
    email: str | None = Field(description="The address of the person's account.", examples=["lea@example.org"])
    role: MemberRole = Field(examples=["staff"])
    status: Literal["invited", "joined"] = Field(examples=["joined"])
    you: bool = Field(description="Whether this is you.", examples=[False])
    created_at: datetime = Field(examples=["2026-07-20T08:15:00Z"])
    joined_at: datetime | None = Field(examples=["2026-07-20T09:30:00Z"])
    ends_at: datetime | None = Field(description="Until when an invitation can be accepted.", examples=[None])
    mail: Literal["queued", "sent", "failed"] | None = Field(
        description="What became of the mail of an invitation; `failed`: its mail server refuses the address.",
        examples=[None],
    )


WorkplaceKind = Literal["shop", "association", "organisation"]


class WorkplaceOut(Out):
    """The shop, association or organisation where somebody is, or may become, a member."""

    kind: WorkplaceKind = Field(examples=["shop"])
    name: str = Field(examples=["Boulangerie de la Krutenau"])
    role: MemberRole = Field(examples=["staff"])


class InvitationOut(WorkplaceOut):
    """An invitation, as whoever holds its link sees it."""

    ends_at: datetime = Field(examples=["2026-07-27T08:15:00Z"])


class MembershipOut(WorkplaceOut):
    """A shop, an association or an organisation that you work for."""

    member_id: UUID = Field(description="Your id as a member there.", examples=[MEMBER])
    id: UUID = Field(
        description="The shop's, the association's or the organisation's id.",
        examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11"],
    )
    joined_at: datetime = Field(examples=["2026-07-20T09:30:00Z"])
