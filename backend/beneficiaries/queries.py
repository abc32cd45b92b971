"""Reads of beneficiaries, under row-level security: who asks decides what there is to read.

Who they are is sealed. It is opened for the association that enrolled them, one data key a person, and each opening
stands in the audit log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.beneficiaries.models import Beneficiary, Import
from backend.beneficiaries.problems import BeneficiaryNotFound, ImportNotFound, TransferNotFound
from backend.beneficiaries.schemas import (
    BeneficiaryOut,
    BeneficiaryStatus,
    ImportOut,
    PersonOut,
    TransferOut,
    TransferStatus,
)
from backend.database.sessions import caller_in, role_in
from backend.identity.tokens import Role
from backend.sealing.seals import SEALED_PERSON, keyring, opened_json

# Batches of an import take some tenths of a second: one that is silent for so long has died.
SILENT = timedelta(seconds=60)

_OPEN = text("select * from app.open_persons(:wanted, :why)")
_TRANSFERS = text("select * from app.transfers_seen(:one, :status, :before, :most)")


async def beneficiary(session: AsyncSession, beneficiary_id: UUID) -> BeneficiaryOut:
    """Give a beneficiary that the caller may see, without the person. Raises BeneficiaryNotFound."""
    return (await _beneficiary(session, beneficiary_id, None))[0]


async def named_beneficiary(session: AsyncSession, beneficiary_id: UUID, why: str) -> tuple[BeneficiaryOut, int]:
    """Give a beneficiary with the person, for the association that enrolled them, and the version.

    why: for the audit log. Raises BeneficiaryNotFound.
    """
    return await _beneficiary(session, beneficiary_id, why)


async def _beneficiary(session: AsyncSession, beneficiary_id: UUID, why: str | None) -> tuple[BeneficiaryOut, int]:
    right = await session.get(Beneficiary, beneficiary_id, populate_existing=True)
    if right is None:
        raise BeneficiaryNotFound
    persons = await opened_persons(session, [beneficiary_id], why) if why is not None else {}
    return _shown(right, persons), right.version


@dataclass(frozen=True)
class Wanted:
    """Which beneficiaries a list is about; None for any."""

    status: BeneficiaryStatus | None = None
    ending_before: date | None = None
    code: str | None = None


async def beneficiaries(session: AsyncSession, which: Wanted, after: UUID | None, limit: int) -> list[BeneficiaryOut]:
    """Give one beneficiary more than a page, in the order of enrolment: an association's own, for an admin all."""
    wanted = select(Beneficiary).order_by(col(Beneficiary.id)).limit(limit + 1)
    if role_in(session) != Role.ADMIN:
        # Row-level security says so too; said here, the index serves it.
        wanted = wanted.where(col(Beneficiary.association_id) == caller_in(session))
    if which.status is not None:
        wanted = wanted.where(col(Beneficiary.status) == which.status)
    if which.ending_before is not None:
        wanted = wanted.where(col(Beneficiary.eligible_until) < which.ending_before)
    if which.code is not None:
        wanted = wanted.where(col(Beneficiary.code) == which.code.upper())
    if after is not None:
        wanted = wanted.where(col(Beneficiary.id) > after)
    rights = (await session.execute(wanted)).scalars().all()
    # Not the one beyond the page: nobody is shown who that is.
    persons = await opened_persons(session, [right.id for right in rights[:limit]], "list")
    return [_shown(right, persons) for right in rights]


async def transfers(
    session: AsyncSession, status: TransferStatus | None, before: UUID | None, limit: int
) -> list[TransferOut]:
    """Give one transfer more than a page, the newest first: to and from the caller's association, for an admin all."""
    rows = await session.execute(_TRANSFERS, {"one": None, "status": status, "before": before, "most": limit + 1})
    return [TransferOut.model_validate(row) for row in rows]


async def transfer(session: AsyncSession, transfer_id: UUID) -> TransferOut:
    """Give a transfer to or from the caller's association. Raises TransferNotFound."""
    row = (
        await session.execute(_TRANSFERS, {"one": transfer_id, "status": None, "before": None, "most": 1})
    ).one_or_none()
    if row is None:
        raise TransferNotFound
    return TransferOut.model_validate(row)


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
    return BeneficiaryOut(**right.model_dump(exclude={"association_id", "version"}), person=persons.get(right.id))
