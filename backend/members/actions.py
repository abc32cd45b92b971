"""Invite people to a shop, an association or an organisation, accept, change roles and remove members.

The database keeps the rules.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.queries import own_account, own_address
from backend.accounts.tokens import new_token, token_hash
from backend.database.sessions import call
from backend.identity.tokens import MemberRole
from backend.members import queries
from backend.members.invitations import Invitation
from backend.members.problems import InvitationForOtherAddress
from backend.members.queries import Workplace
from backend.members.schemas import MemberIn, MemberOut, MembershipOut, OrganisationMemberIn
from backend.sealing.seals import address_look_up, keyring
from backend.settings import settings


async def invite_member(session: AsyncSession, at: Workplace, wanted: MemberIn | OrganisationMemberIn) -> MemberOut:
    """Invite an address; the mail is queued. An invitation that is still open for it is replaced.

    The database raises ShopNotFound, AssociationNotFound or OrganisationNotFound, WorkplaceUnverified, AlreadyMember,
    and NotAllowed if anybody but an admin invites an owner.
    """
    look_up = address_look_up(keyring(), wanted.email)
    invitation = Invitation(wanted.email, new_token())
    invited = await call(
        session,
        "invite_member",
        shop=at.shop,
        association=at.association,
        organisation=at.organisation,
        address=wanted.email,
        address_lookup=look_up,
        wanted_role=wanted.role,
        sealed_invitation=invitation.sealed(settings(), look_up),
        new_token_hash=token_hash(invitation.token),
    )
    return await queries.member(session, at, invited)


async def accept_invitation(session: AsyncSession, token: str) -> MembershipOut:
    """Make the caller a member where an invitation asked them to be.

    Raises InvitationForOtherAddress; the database raises it too, and InvitationNotFound, AlreadyMember, NotAllowed.
    """
    email, confirmed = await own_address(session, await own_account(session), "accept_invitation")
    if email is None or not confirmed:
        raise InvitationForOtherAddress
    look_up = address_look_up(keyring(), email)
    joined = await call(session, "accept_invitation", held=token_hash(token), address=email, address_lookup=look_up)
    return await queries.membership(session, joined)


async def change_member(session: AsyncSession, at: Workplace, member_id: UUID, role: MemberRole) -> MemberOut:
    """Change the role of a member, and return the member.

    The database raises ShopNotFound, AssociationNotFound or OrganisationNotFound, MemberNotFound, MemberNotJoined,
    LastOwner.
    """
    before = await queries.member(session, at, member_id)
    await call(
        session,
        "change_member",
        shop=at.shop,
        association=at.association,
        member=member_id,
        wanted_role=role,
        organisation=at.organisation,
    )
    if before.you:
        return before.model_copy(update={"role": role})
    return await queries.member(session, at, member_id)


async def remove_member(session: AsyncSession, at: Workplace, member_id: UUID) -> None:
    """Remove a member, leave, or withdraw an invitation.

    The database raises ShopNotFound, AssociationNotFound or OrganisationNotFound, MemberNotFound, LastOwner.
    """
    await call(
        session,
        "remove_member",
        shop=at.shop,
        association=at.association,
        member=member_id,
        organisation=at.organisation,
    )
