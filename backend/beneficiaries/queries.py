"""Reads of beneficiaries, under row-level security: who asks decides what there is to read.

Who they are is sealed. It is opened for the association that enrolled them, one data key a person, and each opening
stands in the audit log.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.beneficiaries.facts import BeneficiaryNotFound, ImportNotFound
from backend.beneficiaries.models import Beneficiary, Import
from backend.beneficiaries.schemas import BeneficiaryOut, ImportOut, PersonOut
from backend.db import caller_in, role_in
from backend.identity import Role
from backend.seals import SEALED_PERSON, keyring, opened_json

# Batches of an import take some tenths of a second: one that is silent for so long has died.
SILENT = timedelta(seconds=60)

_OPEN = text("select * from app.open_persons(:wanted, :why)")


async def beneficiary(session: AsyncSession, beneficiary_id: UUID, *, named: bool = False) -> BeneficiaryOut:
    """Give a beneficiary that the caller may see; the person only where asked for. Raises BeneficiaryNotFound."""
    right = (
        await session.execute(select(Beneficiary).where(col(Beneficiary.id) == beneficiary_id))
    ).scalar_one_or_none()
    if right is None:
        raise BeneficiaryNotFound
    persons = await opened_persons(session, [beneficiary_id], "read") if named else {}
    return _shown(right, persons)


async def beneficiaries(session: AsyncSession, after: UUID | None, limit: int) -> list[BeneficiaryOut]:
    """Give one beneficiary more than a page, in the order of enrolment: an association's own, for an admin all."""
    wanted = select(Beneficiary).order_by(col(Beneficiary.id)).limit(limit + 1)
    if role_in(session) != Role.ADMIN:
        # Row-level security says so too; said here, the index serves it.
        wanted = wanted.where(col(Beneficiary.association_id) == caller_in(session))
    if after is not None:
        wanted = wanted.where(col(Beneficiary.id) > after)
    rights = (await session.execute(wanted)).scalars().all()
    # Not the one beyond the page: nobody is shown who that is.
    persons = await opened_persons(session, [right.id for right in rights[:limit]], "list")
    return [_shown(right, persons) for right in rights]


async def imports(session: AsyncSession, before: UUID | None, limit: int) -> list[ImportOut]:
    """Give one import more than a page, the newest first: one's own, for an admin all."""
    wanted = _imports().order_by(col(Import.id).desc()).limit(limit + 1)
    if role_in(session) != Role.ADMIN:
        wanted = wanted.where(col(Import.account_id) == caller_in(session))
    if before is not None:
        wanted = wanted.where(col(Import.id) < before)
    return [ImportOut.model_validate(row) for row in await session.execute(wanted)]


async def import_(session: AsyncSession, import_id: UUID) -> ImportOut:
    """Give an import that the caller may see. Raises ImportNotFound."""
    row = (await session.execute(_imports().where(col(Import.id) == import_id))).one_or_none()
    if row is None:
        raise ImportNotFound
    return ImportOut.model_validate(row)


def _imports() -> Select[*tuple[Any, ...]]:
    died = (col(Import.status) == "running") & (col(Import.seen_at) < func.app.clock() - SILENT)
    return select(
        *(col(column) for column in (Import.id, Import.lines, Import.enrolled, Import.already_enrolled)),
        *(col(column) for column in (Import.refused, Import.begun_at, Import.ended_at)),
        case((died, "interrupted"), else_=col(Import.status)).label("status"),
    )


async def opened_persons(session: AsyncSession, wanted: Sequence[UUID], why: str) -> dict[UUID, PersonOut]:
    """Open who these beneficiaries are: those that the caller enrolled as a verified association, and the caller's own.

    why: a word for the audit log, which gets an entry for each of them. Raises MasterKeyMissing, SealBroken.
    """
    if not wanted or role_in(session) == Role.ADMIN:
        return {}
    rows = await session.execute(_OPEN, {"wanted": list(wanted), "why": why})
    return {row.beneficiary_id: _opened(row) for row in rows}


def _opened(row: Any) -> PersonOut:
    key = keyring().data_key(row.beneficiary_id, row.wrapped, row.master_key)
    known = opened_json(key, SEALED_PERSON, row.sealed)
    return PersonOut.model_validate({**dict(known), "household_size": row.household_size})  # type: ignore[call-overload]


def _shown(right: Beneficiary, persons: dict[UUID, PersonOut]) -> BeneficiaryOut:
    return BeneficiaryOut(**right.model_dump(exclude={"association_id"}), person=persons.get(right.id))
