"""Transfers of beneficiaries between associations, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import TypeAdapter

from backend.associations.problems import WHICH, AssociationNotFound
from backend.beneficiaries import actions, queries
from backend.beneficiaries.problems import (
    AlreadyThere,
    BeneficiaryNotFound,
    SecondAdminNeeded,
    TransferNotFound,
    TransferOver,
    TransferPending,
)
from backend.beneficiaries.schemas import TransferIn, TransferOut, TransferStatus
from backend.database.sessions import AsEnroller
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.problems.common import CursorInvalid
from backend.problems.problem import may_answer

router = Router(tags=["beneficiaries"])

CURSOR = TypeAdapter(tuple[UUID])
ENDS = may_answer(TransferNotFound, TransferOver)
ANSWERS = may_answer(TransferNotFound, TransferOver, SecondAdminNeeded)


@router.post(
    "/beneficiaries/{beneficiary_id}/transfer",
    status_code=201,
    responses=may_answer(BeneficiaryNotFound, AssociationNotFound, AlreadyThere, TransferPending),
)
async def ask_transfer(beneficiary_id: UUID, wanted: TransferIn, session: AsEnroller, once: OnceDep) -> TransferOut:
    """Ask another association to take over a beneficiary whom you enrolled.

    Nothing changes until it accepts. From then on only the other association can read the person's data and decide
    about their right. The person's cards end, and so do their sessions at kiosks.

    An admin can ask too. The association that has the person then accepts or declines; if it is closed, rejected or
    suspended, or if an admin enrolled the person, a second admin does. `waits_for` says who.
    """
    asked = actions.ask_transfer(session, beneficiary_id, wanted.association_id)
    return await once(session, asked)


@router.get("/beneficiaries/transfers", responses=may_answer(*WHICH, CursorInvalid))
async def list_transfers(
    session: AsEnroller,
    status: Annotated[TransferStatus | None, Query(examples=["pending"])] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[TransferOut]:
    """List the transfers to and from your association, newest first; an admin sees all."""
    before = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.transfers(session, status, before, limit), limit, lambda transfer: (transfer.id,))


@router.post("/beneficiaries/transfers/{transfer_id}/accept", responses=ANSWERS)
async def accept_transfer(transfer_id: UUID, session: AsEnroller, once: OnceDep) -> TransferOut:
    """Accept a transfer that waits for you. The receiving association is responsible for this person from now on."""
    return await once(session, actions.end_transfer(session, transfer_id, "accepted"), 200)


@router.post("/beneficiaries/transfers/{transfer_id}/decline", responses=ANSWERS)
async def decline_transfer(transfer_id: UUID, session: AsEnroller, once: OnceDep) -> TransferOut:
    """Decline a transfer that waits for you; the person stays where they are."""
    return await once(session, actions.end_transfer(session, transfer_id, "declined"), 200)


@router.post("/beneficiaries/transfers/{transfer_id}/withdraw", responses=ENDS)
async def withdraw_transfer(transfer_id: UUID, session: AsEnroller, once: OnceDep) -> TransferOut:
    """Withdraw a transfer that you asked for (an admin: any), unless it was already accepted or declined."""
    return await once(session, actions.end_transfer(session, transfer_id, "withdrawn"), 200)
