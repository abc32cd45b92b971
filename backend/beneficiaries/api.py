"""Beneficiaries over HTTP, for those who enrol them: verified associations and admins."""

from typing import cast
from uuid import UUID

from pydantic import TypeAdapter

from backend.beneficiaries import actions, queries
from backend.beneficiaries.facts import (
    AlreadyEnrolled,
    BeneficiaryNotFound,
    BornInTheFuture,
    CodesUsedUp,
    RightInThePast,
)
from backend.beneficiaries.schemas import BeneficiaryIn, BeneficiaryOut, EnrolledOut, RenewalIn
from backend.common_facts import CursorInvalid
from backend.db import AsEnroller
from backend.errors import problems
from backend.idempotency import OnceDep
from backend.paging import After, Limit, Page, cursor_key, page_of
from backend.routing import Router

router = Router(tags=["beneficiaries"])

CURSOR = TypeAdapter(tuple[UUID])


@router.post(
    "/beneficiaries",
    status_code=201,
    responses=problems(AlreadyEnrolled, RightInThePast, BornInTheFuture, CodesUsedUp),
)
async def enrol_beneficiary(person: BeneficiaryIn, session: AsEnroller, once: OnceDep) -> EnrolledOut:
    """Enrol a beneficiary, as a verified association or an admin.

    The person's data come back to nobody but the association that enrolled them.
    """
    return cast(EnrolledOut, await once(session, actions.enrol_beneficiary(session, person)))


@router.get("/beneficiaries", responses=problems(CursorInvalid))
async def list_beneficiaries(session: AsEnroller, limit: Limit = 20, after: After = None) -> Page[BeneficiaryOut]:
    """List the people one enrolled; an admin lists all codes, states and dates, without the people."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.beneficiaries(session, beyond, limit), limit, lambda right: (right.id,))


@router.get("/beneficiaries/{beneficiary_id}", responses=problems(BeneficiaryNotFound))
async def read_beneficiary(beneficiary_id: UUID, session: AsEnroller) -> BeneficiaryOut:
    """Read somebody one enrolled; an admin reads anyone's code, state and date."""
    return await queries.beneficiary(session, beneficiary_id, named=True)


@router.post("/beneficiaries/{beneficiary_id}/verify", responses=problems(BeneficiaryNotFound))
async def verify_beneficiary(beneficiary_id: UUID, session: AsEnroller, once: OnceDep) -> BeneficiaryOut:
    """Verify a beneficiary, or end their suspension: from now on they see and reserve free lots."""
    return cast(BeneficiaryOut, await once(session, actions.set_status(session, beneficiary_id, "verified"), 200))


@router.post("/beneficiaries/{beneficiary_id}/suspend", responses=problems(BeneficiaryNotFound))
async def suspend_beneficiary(beneficiary_id: UUID, session: AsEnroller, once: OnceDep) -> BeneficiaryOut:
    """Suspend a beneficiary's right: from now on they see and reserve no free lots."""
    return cast(BeneficiaryOut, await once(session, actions.set_status(session, beneficiary_id, "suspended"), 200))


@router.post("/beneficiaries/{beneficiary_id}/renew", responses=problems(BeneficiaryNotFound, RightInThePast))
async def renew_beneficiary(
    beneficiary_id: UUID, wanted: RenewalIn, session: AsEnroller, once: OnceDep
) -> BeneficiaryOut:
    """Renew a beneficiary's right until another day."""
    return cast(BeneficiaryOut, await once(session, actions.renew(session, beneficiary_id, wanted.eligible_until), 200))
