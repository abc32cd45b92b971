"""Members of shops and associations, and invitations, over HTTP. `organisations` has the routes of its own members."""

from typing import Annotated
from uuid import UUID

import limits
from fastapi import Path, Request, Response
from pydantic import TypeAdapter

from backend.accounts.tokens import LONGEST_TOKEN
from backend.associations.problems import WHICH
from backend.associations.queries import require_association
from backend.database.sessions import ActsDep, AsAssociationMember, AsShopMember, SignedIn, caller_in
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import limited, spend
from backend.http.routing import Router
from backend.members import actions, queries
from backend.members.problems import (
    AlreadyMember,
    InvitationForOtherAddress,
    InvitationNotFound,
    LastOwner,
    MemberNotFound,
    MemberNotJoined,
    WorkplaceUnverified,
)
from backend.members.queries import Workplace
from backend.members.schemas import InvitationOut, MemberEdit, MemberIn, MemberOut, MembershipOut
from backend.problems.common import CursorInvalid, NotAllowed
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound

router = Router(tags=["members"])

INVITATIONS = limits.parse("30/day")  # each is a mail to an address that did not ask for it
SHOWN = limited("invitations", "60/minute")  # by address; nobody finds 256 random bits by trying
CURSOR = TypeAdapter(tuple[UUID])
NOT_KEPT = {"Cache-Control": "no-store"}
Token = Annotated[str, Path(max_length=LONGEST_TOKEN, description="From the link of the mail.", examples=["6Yt0…"])]


@router.get("/shops/{shop_id}/members", responses=may_answer(ShopNotFound, CursorInvalid))
async def list_members(shop_id: UUID, session: AsShopMember, limit: Limit = 20, after: After = None) -> Page[MemberOut]:
    """List the members of a shop that you own, and its open invitations, in the order in which they were invited."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    found = await queries.members(session, Workplace(shop=shop_id), beyond, limit)
    return page_of(found, limit, lambda member: (member.id,))


@router.post(
    "/shops/{shop_id}/members",
    status_code=201,
    responses=may_answer(ShopNotFound, WorkplaceUnverified, AlreadyMember),
)
async def invite_member(
    shop_id: UUID, wanted: MemberIn, request: Request, session: AsShopMember, once: OnceDep
) -> MemberOut:
    """Invite somebody to work for a verified shop that you own.

    They get a mail with a link, which works once, for 7 days, and only for an account with that confirmed address.
    Inviting the same address again replaces the earlier invitation. To hand the shop over, make a member an owner,
    then leave.
    """
    await spend(request.scope, "invitations", INVITATIONS, str(caller_in(session)))
    return await once(session, actions.invite_member(session, Workplace(shop=shop_id), wanted), 201)


@router.patch(
    "/shops/{shop_id}/members/{member_id}",
    responses=may_answer(ShopNotFound, MemberNotFound, MemberNotJoined, LastOwner),
)
async def change_member(shop_id: UUID, member_id: UUID, wanted: MemberEdit, session: AsShopMember) -> MemberOut:
    """Change the role of a member of a shop that you own. The last owner stays one."""
    return await actions.change_member(session, Workplace(shop=shop_id), member_id, wanted.role)


@router.delete(
    "/shops/{shop_id}/members/{member_id}",
    status_code=204,
    responses=may_answer(ShopNotFound, MemberNotFound, LastOwner),
)
async def remove_member(shop_id: UUID, member_id: UUID, session: AsShopMember) -> None:
    """Remove a member of a shop that you own, withdraw an invitation, or leave a shop that you work for.

    It takes effect on the person's next request. The last owner cannot leave.
    """
    await actions.remove_member(session, Workplace(shop=shop_id), member_id)


@router.get("/associations/me/members", responses=may_answer(*WHICH, CursorInvalid))
async def list_members_of_association(
    session: AsAssociationMember, limit: Limit = 20, after: After = None
) -> Page[MemberOut]:
    """List the members of an association that you own, and its open invitations, in the order of invitation."""
    at = Workplace(association=await require_association(session, "owner"))
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.members(session, at, beyond, limit), limit, lambda member: (member.id,))


@router.post(
    "/associations/me/members", status_code=201, responses=may_answer(*WHICH, WorkplaceUnverified, AlreadyMember)
)
async def invite_member_of_association(
    wanted: MemberIn, request: Request, session: AsAssociationMember, once: OnceDep
) -> MemberOut:
    """Invite somebody to work for a verified association that you own, as `POST /shops/{shop_id}/members` does.

    `staff` enrols and verifies people and makes cards; `reader` reads figures.
    """
    await spend(request.scope, "invitations", INVITATIONS, str(caller_in(session)))
    at = Workplace(association=await require_association(session, "owner"))
    return await once(session, actions.invite_member(session, at, wanted), 201)


@router.patch(
    "/associations/me/members/{member_id}",
    responses=may_answer(*WHICH, MemberNotFound, MemberNotJoined, LastOwner),
)
async def change_member_of_association(member_id: UUID, wanted: MemberEdit, session: AsAssociationMember) -> MemberOut:
    """Change the role of a member of an association that you own. The last owner stays one."""
    at = Workplace(association=await require_association(session, "owner"))
    return await actions.change_member(session, at, member_id, wanted.role)


@router.delete(
    "/associations/me/members/{member_id}",
    status_code=204,
    responses=may_answer(*WHICH, MemberNotFound, LastOwner),
)
async def remove_member_of_association(member_id: UUID, session: AsAssociationMember) -> None:
    """Remove a member of an association that you own, withdraw an invitation, or leave an association.

    It takes effect on the person's next request. The last owner cannot leave.
    """
    at = Workplace(association=await require_association(session, "reader"))
    await actions.remove_member(session, at, member_id)


@router.get("/me/memberships", responses=may_answer(CursorInvalid))
async def list_memberships(session: SignedIn, limit: Limit = 20, after: After = None) -> Page[MembershipOut]:
    """List the shops, associations and organisations that you work for, with your role there."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.memberships(session, beyond, limit), limit, lambda held: (held.member_id,))


@router.get("/invitations/{token}", responses=may_answer(InvitationNotFound), dependencies=[SHOWN])
async def read_invitation(token: Token, acts: ActsDep, response: Response) -> InvitationOut:
    """Read what an invitation is for. This needs no sign-in and does not use the invitation up."""
    response.headers.update(NOT_KEPT)
    return await queries.invitation(acts, token)


@router.post(
    "/invitations/{token}/accept",
    responses=may_answer(InvitationNotFound, InvitationForOtherAddress, AlreadyMember, NotAllowed),
)
async def accept_invitation(token: Token, session: SignedIn, once: OnceDep) -> MembershipOut:
    """Accept an invitation, once, with an account whose confirmed address is the invited one.

    Any account can be a member but an admin's. It keeps its own role, and does what members do besides.
    """
    return await once(session, actions.accept_invitation(session, token), 200)
