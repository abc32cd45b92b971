"""Enrolling beneficiaries and deciding about their right."""

import secrets
from datetime import date
from hashlib import sha256
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.beneficiaries import queries
from backend.beneficiaries.schemas import BeneficiaryIn, BeneficiaryOut, EnrolledOut
from backend.db import call, call_row


async def enrol_beneficiary(session: AsyncSession, person: BeneficiaryIn) -> EnrolledOut:
    """Enrol a person and give their code; the right has to be verified before it counts.

    From the database NotAllowed (an association that is not verified), RightInThePast, BornInTheFuture, CodesUsedUp.
    """
    token = secrets.token_urlsafe(32)
    # The database keeps what checks the token, not what is shown to the person.
    beneficiary_id, code = await call_row(
        session,
        "enrol_beneficiary",
        **person.model_dump(exclude={"eligible_until"}),
        until=person.eligible_until,
        activation_hash=sha256(token.encode()).digest(),
    )
    return EnrolledOut(
        id=beneficiary_id,
        code=code,
        status="pending",
        eligible_until=person.eligible_until,
        activation_token=token,
    )


async def set_status(
    session: AsyncSession, beneficiary_id: UUID, status: Literal["verified", "suspended"]
) -> BeneficiaryOut:
    """Verify or suspend a beneficiary; it takes effect at once. From the database BeneficiaryNotFound."""
    await call(session, "set_beneficiary_status", beneficiary=beneficiary_id, new_status=status)
    return await queries.beneficiary(session, beneficiary_id)


async def renew(session: AsyncSession, beneficiary_id: UUID, until: date) -> BeneficiaryOut:
    """Let a right end on another day. From the database BeneficiaryNotFound, RightInThePast."""
    await call(session, "renew_beneficiary", beneficiary=beneficiary_id, until=until)
    return await queries.beneficiary(session, beneficiary_id)
