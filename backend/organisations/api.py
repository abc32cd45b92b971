"""Organisations and their members over HTTP."""

from uuid import UUID

import limits
from fastapi import Request, Response
from pydantic import TypeAdapter

from backend.database.sessions import AsAdmin, SignedIn, caller_in
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.members import actions as members
from backend.members import queries as members_read
from backend.members.problems import AlreadyMember, LastOwner, MemberNotFound, MemberNotJoined
from backend.members.queries import Workplace
from backend.members.schemas import MemberEdit, MemberOut, OrganisationMemberIn
from backend.organisations import actions, queries
from backend.organisations.problems import (
    OrganisationClosed,
    OrganisationNotFound,
    OrganisationSirenInvalid,
    OrganisationSirenTaken,
    OrganisationTerritoryUnfit,
)
from backend.organisations.schemas import OrganisationEdit, OrganisationIn, OrganisationOut
from backend.problems.common import CursorInvalid, NotAllowed, PreconditionFailed
from backend.problems.problem import may_answer

router = Router(tags=["organisations"], prefix="/organisations")

INVITATIONS = limits.parse("30/day")  # each is a mail to an address that did not ask for it
CURSOR = TypeAdapter(tuple[UUID])


@router.post(
    "",
    status_code=201,
    responses=may_answer(OrganisationSirenInvalid, OrganisationSirenTaken, OrganisationTerritoryUnfit),
)
async def create_organisation(wanted: OrganisationIn, session: AsAdmin, once: OnceDep) -> OrganisationOut:
    """Make an organisation, as an admin. Its first owner is invited by mail, as members of shops are."""
    return await once(session, actions.create_organisation(session, wanted), 201)


@router.get("", responses=may_answer(CursorInvalid))
async def list_organisations(session: SignedIn, limit: Limit = 20, after: After = None) -> Page[OrganisationOut]:
    """List the organisations that you work for, oldest first; as an admin, all of them."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.organisations(session, beyond, limit), limit, lambda found: (found.id,))


@router.get("/{organisation_id}", responses=may_answer(OrganisationNotFound))
async def read_organisation(organisation_id: UUID, session: SignedIn, response: Response) -> OrganisationOut:
    """Read an organisation that you work for; as an admin, any."""
    found, version = await queries.organisation(session, organisation_id)
    response.headers["ETag"] = etag(version)
    return found


@router.patch("/{organisation_id}", responses=may_answer(OrganisationNotFound, OrganisationClosed, PreconditionFailed))
async def change_organisation(
    organisation_id: UUID, edit: OrganisationEdit, session: AsAdmin, if_match: IfMatch, response: Response
) -> OrganisationOut:
    """Rename an organisation or close it, as an admin.

    Once it is closed nobody works there, and its API clients are refused at once.
    """
    found, version = await actions.change_organisation(session, organisation_id, edit, if_match)
    response.headers["ETag"] = etag(version)
    return found


@router.get("/{organisation_id}/members", responses=may_answer(OrganisationNotFound, CursorInvalid))
async def list_members_of_organisation(
    organisation_id: UUID, session: SignedIn, limit: Limit = 20, after: After = None
) -> Page[MemberOut]:
    """List the members of an organisation that you own, and its open invitations; as an admin, of any."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    found = await members_read.members(session, Workplace(organisation=organisation_id), beyond, limit)
    return page_of(found, limit, lambda member: (member.id,))


@router.post(
    "/{organisation_id}/members",
    status_code=201,
    responses=may_answer(OrganisationNotFound, NotAllowed, AlreadyMember),
)
async def invite_member_of_organisation(
    organisation_id: UUID, wanted: OrganisationMemberIn, request: Request, session: SignedIn, once: OnceDep
) -> MemberOut:
    """Invite somebody to work for an organisation that you own, as `POST /shops/{shop_id}/members` does.

    Admins may invite too, and they alone may invite an owner: one who lost their last owner gets another that way.
    """
    await spend(request.scope, "invitations", INVITATIONS, str(caller_in(session)))
    return await once(session, members.invite_member(session, Workplace(organisation=organisation_id), wanted), 201)


@router.patch(
    "/{organisation_id}/members/{member_id}",
    responses=may_answer(OrganisationNotFound, MemberNotFound, MemberNotJoined, LastOwner),
)
async def change_member_of_organisation(
    organisation_id: UUID, member_id: UUID, wanted: MemberEdit, session: SignedIn
) -> MemberOut:
    """Change the role of a member of an organisation that you own. The last owner stays one."""
    return await members.change_member(session, Workplace(organisation=organisation_id), member_id, wanted.role)


@router.delete(
    "/{organisation_id}/members/{member_id}",
    status_code=204,
    responses=may_answer(OrganisationNotFound, MemberNotFound, LastOwner),
)
async def remove_member_of_organisation(organisation_id: UUID, member_id: UUID, session: SignedIn) -> None:
    """Remove a member of an organisation that you own, withdraw an invitation, or leave an organisation.

    It takes effect on the person's next request. The last owner cannot leave.
    """
    await members.remove_member(session, Workplace(organisation=organisation_id), member_id)
