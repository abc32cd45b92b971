"""Reads of members and invitations. Acts decide who may read which."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.tokens import token_hash
from backend.database.acts import Acts
from backend.database.sessions import caller_in
from backend.members.invitations import Invitation, InvitationUnreadable
from backend.members.problems import InvitationNotFound, MemberNotFound
from backend.members.schemas import InvitationOut, MemberOut, MembershipOut, WorkplaceKind
from backend.sealing.seals import SEALED_ADDRESS, keyring
from backend.settings import settings

_MEMBER = ("id", "account_id", "role", "email", "sealed_address", "wrapped", "master_key", "lookup")
_INVITATION = ("sealed_invitation", "created_at", "joined_at", "ends_at", "mail_state")


@dataclass(frozen=True)
class Workplace:
    """The shop, the association or the organisation whose members are meant: one of the three ids."""

    shop: UUID | None = None
    association: UUID | None = None
    organisation: UUID | None = None


async def members(session: AsyncSession, at: Workplace, after: UUID | None, limit: int) -> list[MemberOut]:
    """Return up to `limit + 1` members and open invitations, in the order in which they were invited.

    The database raises ShopNotFound, AssociationNotFound or OrganisationNotFound unless the caller is an owner there.
    """
    return await _members(session, at, limit + 1, after, None)


async def member(session: AsyncSession, at: Workplace, member_id: UUID) -> MemberOut:
    """Return one member or open invitation. Raises what `members` raises, and MemberNotFound."""
    found = await _members(session, at, 1, None, member_id)
    if not found:
        raise MemberNotFound
    return found[0]


async def memberships(session: AsyncSession, after: UUID | None, limit: int) -> list[MembershipOut]:
    """Return up to `limit + 1` places where the caller works, in the order in which they were invited."""
    return await _memberships(session, limit + 1, after, None)


async def membership(session: AsyncSession, member_id: UUID) -> MembershipOut:
    """Return the caller's membership with this id, which must exist."""
    return (await _memberships(session, 1, None, member_id))[0]


async def invitation(acts: Acts, token: str) -> InvitationOut:
    """Return what an invitation is about. Raises InvitationNotFound."""
    found = await acts.rows("open_invitation", held=token_hash(token))
    if not found:
        raise InvitationNotFound
    row = found[0]
    return InvitationOut(
        kind=_kind(row["shop"], row["association"]),
        name=row["shop"] or row["association"] or row["organisation"],
        role=row["role"],
        ends_at=row["ends_at"],
    )


async def _members(
    session: AsyncSession, at: Workplace, most: int, after: UUID | None, wanted: UUID | None
) -> list[MemberOut]:
    found = func.app.members_of(
        cast(at.shop, Uuid),
        cast(at.association, Uuid),
        cast(most, Integer),
        cast(after, Uuid),
        cast(wanted, Uuid),
        cast(at.organisation, Uuid),
    )
    rows = await session.execute(select(found.table_valued(*_MEMBER, *_INVITATION)))
    return [
        MemberOut(
            id=row.id,
            email=_address(row),
            role=row.role,
            status="invited" if row.account_id is None else "joined",
            you=row.account_id == caller_in(session),
            created_at=row.created_at,
            joined_at=row.joined_at,
            ends_at=row.ends_at,
            mail=row.mail_state,
        )
        for row in rows
    ]


def _address(row: Any) -> str | None:
    """Return a member's address; None if it was invited with another secret key or the account has none any more."""
    if row.sealed_address is not None:
        key = keyring().data_key(row.account_id, row.wrapped, row.master_key)
        return key.open(SEALED_ADDRESS, row.sealed_address).decode()
    if row.sealed_invitation is not None:
        try:
            return Invitation.opened(settings(), row.lookup, row.sealed_invitation).email
        except InvitationUnreadable:
            return None
    email: str | None = row.email
    return email


def _kind(shop: object, association: object) -> WorkplaceKind:
    return "shop" if shop is not None else "association" if association is not None else "organisation"


async def _memberships(
    session: AsyncSession, most: int, after: UUID | None, wanted: UUID | None
) -> list[MembershipOut]:
    found = func.app.own_memberships(cast(most, Integer), cast(after, Uuid), cast(wanted, Uuid))
    rows = await session.execute(
        select(found.table_valued("id", "shop_id", "association_id", "organisation_id", "name", "role", "joined_at"))
    )
    return [
        MembershipOut(
            member_id=row.id,
            id=row.shop_id or row.association_id or row.organisation_id,
            kind=_kind(row.shop_id, row.association_id),
            name=row.name,
            role=row.role,
            joined_at=row.joined_at,
        )
        for row in rows
    ]
