"""Beneficiaries over HTTP, for verified associations and admins, who enrol them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.associations.problems import WHICH
from backend.beneficiaries import actions, queries
from backend.beneficiaries.problems import (
    AlreadyEnrolled,
    BeneficiaryNotFound,
    BornInTheFuture,
    CodesUsedUp,
    RightInThePast,
    RightTooLong,
)
from backend.beneficiaries.schemas import (
    ActivationOut,
    AssociationToDo,
    BeneficiaryIn,
    BeneficiaryOut,
    BeneficiaryRead,
    BeneficiaryStatus,
    EnrolledOut,
    OwnSupport,
    PersonEdit,
    PersonSought,
    RenewalIn,
)
from backend.database.sessions import AsAssociation, AsEnroller, signed_in_as
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.http.schemas import DayAsked
from backend.identity.tokens import Role
from backend.problems.common import CursorInvalid, NotAllowed, PreconditionFailed
from backend.problems.problem import may_answer

router = Router(tags=["beneficiaries"])

CURSOR = TypeAdapter(tuple[UUID])
AsBeneficiary = Annotated[AsyncSession, signed_in_as(Role.BENEFICIARY)]


@router.post(
    "/beneficiaries",
    status_code=201,
    responses=may_answer(*WHICH, AlreadyEnrolled, RightInThePast, RightTooLong, BornInTheFuture, CodesUsedUp),
)
async def enrol_beneficiary(person: BeneficiaryIn, session: AsEnroller, once: OnceDep) -> EnrolledOut:
    """Enrol a beneficiary, as a verified association or an admin.

    Only the association that enrolled a person can read their data again.
    """
    try:
        return await once(session, actions.enrol_beneficiary(session, person))
    except AlreadyEnrolled:
        await once.release(session)
        await session.commit()  # so that the audit log keeps the attempt
        raise


@router.get("/me/support", responses=may_answer(NotAllowed))
async def read_own_support(session: AsBeneficiary) -> OwnSupport:
    """Read which association answers for your right, a transfer that was asked for, and the state of your card."""
    return await queries.own_support(session)


@router.get("/associations/me/to-do", responses=may_answer(*WHICH))
async def read_to_do(session: AsAssociation) -> AssociationToDo:
    """Read what waits for the association where you are owner or staff: rights, transfers, imports and agreements."""
    return await queries.to_do(session)


@router.get("/beneficiaries", responses=may_answer(*WHICH, CursorInvalid))
async def list_beneficiaries(
    session: AsEnroller,
    status: Annotated[BeneficiaryStatus | None, Query(examples=["pending"])] = None,
    ending_before: Annotated[
        DayAsked | None, Query(description="Only people whose right ends before this day.", examples=["2027-01-01"])
    ] = None,
    code: Annotated[str | None, Query(pattern=r"^\d{4}-[Bb][Ee][Nn]-\d{5}$", examples=["2026-BEN-00042"])] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[BeneficiaryOut]:
    """List the beneficiaries whom your association enrolled.

    An admin sees the code, state and dates of every beneficiary, but not who they are.
    """
    beyond = cursor_key(after, CURSOR)[0] if after else None
    which = queries.Wanted(status, ending_before, code)
    return page_of(await queries.beneficiaries(session, which, beyond, limit), limit, lambda right: (right.id,))


@router.post("/beneficiaries/find", responses=may_answer(*WHICH, BeneficiaryNotFound))
async def find_beneficiary(sought: PersonSought, session: AsAssociation, response: Response) -> BeneficiaryOut:
    """Find one of your beneficiaries by name and date of birth.

    Case, accents, hyphens and the order of the two names do not matter. A person whom another association enrolled is
    not found, just like an unknown person. This is a POST so that no name stands in a URL.
    """
    found = await actions.find_beneficiary(session, sought)
    beneficiary, version = await queries.named_beneficiary(session, found, "find")
    response.headers["ETag"] = etag(version)
    return beneficiary


@router.get("/beneficiaries/{beneficiary_id}", responses=may_answer(BeneficiaryNotFound))
async def read_beneficiary(beneficiary_id: UUID, session: AsEnroller, response: Response) -> BeneficiaryRead:
    """Read a beneficiary whom you enrolled, with the state of their card and the transfer that was asked for.

    An admin can read the code, state and dates of every beneficiary.
    """
    beneficiary, version = await queries.read_beneficiary(session, beneficiary_id)
    response.headers["ETag"] = etag(version)
    return beneficiary


@router.patch(
    "/beneficiaries/{beneficiary_id}",
    responses=may_answer(BeneficiaryNotFound, AlreadyEnrolled, BornInTheFuture, PreconditionFailed),
)
async def correct_beneficiary(
    beneficiary_id: UUID, wanted: PersonEdit, session: AsAssociation, if_match: IfMatch, response: Response
) -> BeneficiaryOut:
    """Correct the data of a person whom you enrolled.

    With If-Match it changes only if nobody has changed it since you read it.
    """
    await actions.correct_person(session, beneficiary_id, wanted, if_match)
    beneficiary, version = await queries.named_beneficiary(session, beneficiary_id, "correct")
    response.headers["ETag"] = etag(version)
    return beneficiary


@router.post("/beneficiaries/{beneficiary_id}/activation", status_code=201, responses=may_answer(BeneficiaryNotFound))
async def renew_activation(beneficiary_id: UUID, session: AsAssociation, once: OnceDep) -> ActivationOut:
    """Make a new activation token for a beneficiary who lost theirs or forgot their password.

    Earlier tokens and open sessions end. The password stays valid until the new token sets another. A token lets its
    holder sign in as this person, so only the association that enrolled them can make one, and no admin. The person
    gets a mail about it if their address is confirmed.
    """
    return await once(session, actions.renew_activation(session, beneficiary_id))


@router.post("/beneficiaries/{beneficiary_id}/verify", responses=may_answer(BeneficiaryNotFound))
async def verify_beneficiary(beneficiary_id: UUID, session: AsEnroller, once: OnceDep) -> BeneficiaryOut:
    """Verify a beneficiary or end their suspension, so that they can see and reserve free lots."""
    return await once(session, actions.set_status(session, beneficiary_id, "verified"), 200)


@router.post("/beneficiaries/{beneficiary_id}/suspend", responses=may_answer(BeneficiaryNotFound))
async def suspend_beneficiary(beneficiary_id: UUID, session: AsEnroller, once: OnceDep) -> BeneficiaryOut:
    """Suspend a beneficiary, so that they can no longer see or reserve free lots."""
    return await once(session, actions.set_status(session, beneficiary_id, "suspended"), 200)


@router.post(
    "/beneficiaries/{beneficiary_id}/renew", responses=may_answer(BeneficiaryNotFound, RightInThePast, RightTooLong)
)
async def renew_beneficiary(
    beneficiary_id: UUID, wanted: RenewalIn, session: AsEnroller, once: OnceDep
) -> BeneficiaryOut:
    """Renew a beneficiary's right until a given day."""
    return await once(session, actions.renew(session, beneficiary_id, wanted.eligible_until), 200)
