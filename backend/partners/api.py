"""Mandates, and enrolment by software, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.api_clients.calling import CallingClient, calling_client, client_in, client_session
from backend.api_clients.problems import ApiClientNotFound
from backend.associations.problems import WHICH
from backend.database.sessions import ActsDep, AsAssociation, AsAssociationMember, SignedIn
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.organisations.problems import OrganisationNotFound
from backend.partners import actions, enrolment, queries
from backend.partners.problems import (
    AssociationUnverified,
    BatchNotFound,
    MandateMissing,
    MandateNotFound,
    MandateWhich,
)
from backend.partners.schemas import (
    BatchOut,
    BatchRead,
    ClientMandates,
    EnrolledElsewhere,
    MandateIn,
    MandateOut,
    PeopleIn,
)
from backend.problems.common import CursorInvalid
from backend.problems.problem import language_of, may_answer

MOST_PARTS = 20_000  # names and values of a body: 1,000 people of some ten fields
router = Router(tags=["enrolment by software"])
large = Router(tags=["enrolment by software"], most_parts=MOST_PARTS)

CURSOR = TypeAdapter(tuple[UUID])
Client = Annotated[CallingClient, Depends(calling_client("beneficiaries:enrol"))]
EnrolSession = Annotated[AsyncSession, Depends(client_session("beneficiaries:enrol"), scope="function")]


@router.get("/associations/me/mandates", responses=may_answer(*WHICH, CursorInvalid))
async def list_mandates(session: AsAssociationMember, limit: Limit = 20, after: After = None) -> Page[MandateOut]:
    """List the mandates of an association that you own, oldest first; those that have ended too."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.mandates(session, None, beyond, limit), limit, lambda held: (held.id,))


@router.post(
    "/associations/me/mandates",
    status_code=201,
    responses=may_answer(*WHICH, AssociationUnverified, ApiClientNotFound),
)
async def grant_mandate(wanted: MandateIn, session: AsAssociationMember, once: OnceDep) -> MandateOut:
    """Let a program of an organisation enrol people in your association's name, as its owner with a second factor.

    The program is told neither codes nor activation tokens, nor who is enrolled elsewhere. You verify people, activate
    them and make their cards as before. A client that has a mandate keeps it.
    """
    return await once(session, actions.grant_mandate(session, wanted.client_id), 201)


@router.delete("/associations/me/mandates/{mandate_id}", status_code=204, responses=may_answer(*WHICH, MandateNotFound))
async def end_mandate(mandate_id: UUID, session: AsAssociationMember) -> None:
    """End a mandate, as the association's owner with a second factor. The program is refused at once."""
    await actions.end_mandate(session, mandate_id)


@router.get("/associations/me/enrolled-elsewhere", responses=may_answer(*WHICH, CursorInvalid))
async def list_enrolled_elsewhere(
    session: AsAssociation, limit: Limit = 20, after: After = None
) -> Page[EnrolledElsewhere]:
    """List the people whom programs sent for your association and whom another one has enrolled, newest first.

    Their program is not told. To support one of them, ask for the transfer with them.
    """
    before = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.enrolled_elsewhere(session, before, limit), limit, lambda one: (one.id,))


@router.get("/organisations/{organisation_id}/mandates", responses=may_answer(OrganisationNotFound, CursorInvalid))
async def list_mandates_of_organisation(
    organisation_id: UUID, session: SignedIn, limit: Limit = 20, after: After = None
) -> Page[MandateOut]:
    """List the mandates of the API clients of an organisation that you work for, oldest first."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    found = await queries.mandates(session, organisation_id, beyond, limit)
    return page_of(found, limit, lambda held: (held.id,))


@router.get("/partners/mandates")
async def list_own_mandates(client: Client, acts: ActsDep) -> ClientMandates:
    """List the associations that you may enrol people for, as an API client."""
    return await queries.client_mandates(acts, client.id)


@large.post("/partners/beneficiaries", status_code=202, responses=may_answer(MandateMissing, MandateWhich))
async def enrol_people(wanted: PeopleIn, request: Request, session: EnrolSession, once: OnceDep) -> BatchOut:
    """Enrol up to 1,000 people for an association that has mandated you, as an API client.

    The answer is a batch, which is worked on within seconds: read what became of each person with
    `GET /partners/batches/{batch_id}`. Each person has an `external_id` of yours. Sent again, it renews the right until
    the new day and corrects what changed; with `ended` it ends the right. Names are sealed on arrival.
    """
    return await once(session, enrolment.take(session, client_in(session), wanted, language_of(request.scope)), 202)


@router.get("/partners/batches/{batch_id}", responses=may_answer(BatchNotFound))
async def read_batch(batch_id: UUID, client: Client, acts: ActsDep, request: Request) -> BatchRead:
    """Read what became of the people of a batch: accepted, or which fields are wrong. It is kept for 30 days.

    You learn neither codes nor tokens, nor whether somebody is enrolled elsewhere; the association does.
    """
    return await queries.batch(acts, client.id, batch_id, language_of(request.scope))
