"""Reads of beneficiaries, under row-level security: who asks decides what there is to join."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.beneficiaries.facts import BeneficiaryNotFound
from backend.beneficiaries.models import Beneficiary, BeneficiaryPerson
from backend.beneficiaries.schemas import BeneficiaryOut, PersonOut
from backend.db import caller_in, role_in
from backend.identity import Role

_BENEFICIARIES = select(Beneficiary, BeneficiaryPerson).join(
    BeneficiaryPerson, col(BeneficiaryPerson.beneficiary_id) == col(Beneficiary.id), isouter=True
)


async def beneficiary(session: AsyncSession, beneficiary_id: UUID) -> BeneficiaryOut:
    """Give a beneficiary that the caller may see. Raises BeneficiaryNotFound."""
    row = (await session.execute(_BENEFICIARIES.where(col(Beneficiary.id) == beneficiary_id))).one_or_none()
    if row is None:
        raise BeneficiaryNotFound
    return _shown(*row)


async def beneficiaries(session: AsyncSession, after: UUID | None, limit: int) -> list[BeneficiaryOut]:
    """Give one beneficiary more than a page, in the order of enrolment: an association's own, for an admin all."""
    wanted = _BENEFICIARIES.order_by(col(Beneficiary.id)).limit(limit + 1)
    if role_in(session) != Role.ADMIN:
        # Row-level security says so too; said here, the index serves it.
        wanted = wanted.where(col(Beneficiary.association_id) == caller_in(session))
    if after is not None:
        wanted = wanted.where(col(Beneficiary.id) > after)
    return [_shown(*row) for row in (await session.execute(wanted)).all()]


def _shown(right: Beneficiary, person: BeneficiaryPerson | None) -> BeneficiaryOut:
    return BeneficiaryOut(
        **right.model_dump(exclude={"association_id"}), person=PersonOut.model_validate(person) if person else None
    )
