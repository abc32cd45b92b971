"""Beneficiaries over HTTP, for those who enrol them: verified associations and admins."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.beneficiaries import actions, queries
from backend.beneficiaries.problems import (
    AlreadyEnrolled,
    BeneficiaryNotFound,
    BornInTheFuture,
    CodesUsedUp,
    RightInThePast,
)
from backend.beneficiaries.schemas import (
    ActivationOut,
    BeneficiaryIn,
    BeneficiaryOut,
    BeneficiaryStatus,
    EnrolledOut,
    PersonEdit,
    PersonSought,
    RenewalIn,
)
from backend.database.sessions import AsEnroller, signed_in_as
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.identity.tokens import Role
from backend.problems.common import CursorInvalid, PreconditionFailed
from backend.problems.problem import may_answer

router = Router(tags=["beneficiaries"])

AsAssociation = Annotated[AsyncSession, signed_in_as(Role.ASSOCIATION)]
CURSOR = TypeAdapter(tuple[UUID])


@router.post(
    "/beneficiaries",
    status_code=201,
    responses=may_answer(AlreadyEnrolled, RightInThePast, BornInTheFuture, CodesUsedUp),
)
async def enrol_beneficiary(person: BeneficiaryIn, session: AsEnroller, once: OnceDep) -> EnrolledOut:
    """Enrol a beneficiary, as a verified association or an admin.

    The person's data come back to nobody but the association that enrolled them.
    """
    try:
        return await once(session, actions.enrol_beneficiary(session, person))
    except AlreadyEnrolled:
        await once.gives_up(session)
        await session.commit()  # the audit log keeps that it was tried
        raise


@router.get("/beneficiaries", responses=may_answer(CursorInvalid))
async def list_beneficiaries(
    session: AsEnroller,
    status: Annotated[BeneficiaryStatus | None, Query(examples=["pending"])] = None,
    ending_before: Annotated[
        date | None, Query(description="Whose right ends before this day.", examples=["2027-01-01"])
    ] = None,
    code: Annotated[str | None, Query(pattern=r"^\d{4}-[Bb][Ee][Nn]-\d{5}$", examples=["2026-BEN-00042"])] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[BeneficiaryOut]:
    """List the people one enrolled; an admin lists all codes, states and dates, without the people."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    which = queries.Wanted(status, ending_before, code)
    return page_of(await queries.beneficiaries(session, which, beyond, limit), limit, lambda right: (right.id,))


@router.post("/beneficiaries/find", responses=may_answer(BeneficiaryNotFound))
async def find_beneficiary(sought: PersonSought, session: AsAssociation, response: Response) -> BeneficiaryOut:
    """Find one's own beneficiary by name and date of birth, however they are written.

    Somebody whom another association enrolled is not found, like somebody unknown. Names stand in no address.
    """
    found = await actions.find_beneficiary(session, sought)
    beneficiary, version = await queries.named_beneficiary(session, found, "find")
    response.headers["ETag"] = etag(version)
    return beneficiary


@router.get("/beneficiaries/{beneficiary_id}", responses=may_answer(BeneficiaryNotFound))
async def read_beneficiary(beneficiary_id: UUID, session: AsEnroller, response: Response) -> BeneficiaryOut:
    """Read somebody one enrolled; an admin reads anyone's code, state and date."""
    beneficiary, version = await queries.named_beneficiary(session, beneficiary_id, "read")
    response.headers["ETag"] = etag(version)
    return beneficiary


@router.patch(
    "/beneficiaries/{beneficiary_id}",
    responses=may_answer(BeneficiaryNotFound, AlreadyEnrolled, BornInTheFuture, PreconditionFailed),
)
async def correct_beneficiary(
    beneficiary_id: UUID, wanted: PersonEdit, session: AsAssociation, if_match: IfMatch, response: Response
) -> BeneficiaryOut:
    """Correct who somebody is that one enrolled; with If-Match only if nothing changed since it was read."""
    await actions.correct_person(session, beneficiary_id, wanted, if_match)
    beneficiary, version = await queries.named_beneficiary(session, beneficiary_id, "correct")
    response.headers["ETag"] = etag(version)
    return beneficiary


@router.post("/beneficiaries/{beneficiary_id}/activation", status_code=201, responses=may_answer(BeneficiaryNotFound))
async def renew_activation(beneficiary_id: UUID, session: AsEnroller, once: OnceDep) -> ActivationOut:
    """Make another activation token, for somebody who lost theirs or forgot their password.

    Tokens before it and running sessions end. The password holds until the new token sets another. The association
    that enrolled them makes it, an admin only for people whom admins enrolled: with it one signs in as this person,
    who hears of it at their confirmed address.
    """
    return await once(session, actions.renew_activation(session, beneficiary_id))


@router.post("/beneficiaries/{beneficiary_id}/verify", responses=may_answer(BeneficiaryNotFound))
async def verify_beneficiary(beneficiary_id: UUID, session: AsEnroller, once: OnceDep) -> BeneficiaryOut:
    """Verify a beneficiary, or end their suspension: from now on they see and reserve free lots."""
    return await once(session, actions.set_status(session, beneficiary_id, "verified"), 200)


@router.post("/beneficiaries/{beneficiary_id}/suspend", responses=may_answer(BeneficiaryNotFound))
async def suspend_beneficiary(beneficiary_id: UUID, session: AsEnroller, once: OnceDep) -> BeneficiaryOut:
    """Suspend a beneficiary's right: from now on they see and reserve no free lots."""
    return await once(session, actions.set_status(session, beneficiary_id, "suspended"), 200)


@router.post("/beneficiaries/{beneficiary_id}/renew", responses=may_answer(BeneficiaryNotFound, RightInThePast))
async def renew_beneficiary(
    beneficiary_id: UUID, wanted: RenewalIn, session: AsEnroller, once: OnceDep
) -> BeneficiaryOut:
    """Renew a beneficiary's right until another day."""
    return await once(session, actions.renew(session, beneficiary_id, wanted.eligible_until), 200)
