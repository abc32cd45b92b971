"""Reads of beneficiaries, under row-level security: the result depends on who asks.

Personal data is sealed with one data key a person. It is opened only for the association that enrolled them, and the
audit log has an entry for each opening.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.associations.queries import acting_association, agreements, association_today
from backend.beneficiaries.models import Beneficiary, Import
from backend.beneficiaries.problems import BeneficiaryNotFound, ImportNotFound, TransferNotFound
from backend.beneficiaries.schemas import (
    AssociationToDo,
    BeneficiaryOut,
    BeneficiaryRead,
    BeneficiaryStatus,
    ImportOut,
    OwnSupport,
    PersonOut,
    TransferOut,
    TransferStatus,
)
from backend.database.sessions import caller_in, role_in
from backend.identity.tokens import Role
from backend.sealing.seals import SEALED_PERSON, keyring, opened_json

# A batch of an import takes some tenths of a second. An import that reports nothing for this long has died.
SILENT = timedelta(seconds=60)
# A right that ends within this time is to be renewed, or not.
ENDS_WITHIN = timedelta(days=30)
PEOPLE_TO_DO, OTHERS_TO_DO = 6, 20

_OPEN = text("select * from app.open_persons(:wanted, :why)")
_TRANSFERS = text("select * from app.transfers_seen(:one, :status, :before, :most)")
# Raw SQL, because cards are a feature above this one. Each part has one row at most, so the person is opened once.
_READ = text("""
    select b.id as beneficiary_id, b.code, b.status, b.eligible_until, b.created_at, b.version,
           o.household_size, o.sealed, o.wrapped, o.master_key,
           c.status as card, c.made_at as card_made_at,
           t.to_association as transfer_to, t.asked_at as transfer_asked_at
    from app.beneficiaries b
    left join lateral app.open_persons(array[b.id], 'read') o on true
    left join lateral (select status, made_at from app.cards where beneficiary_id = b.id
                       order by revoked_at desc nulls first limit 1) c on true
    left join (app.transfers p cross join lateral app.transfers_seen(p.id, null, null, 1) t)
           on p.beneficiary_id = b.id and p.status = 'pending'
    where b.id = :wanted
""")


async def beneficiary(session: AsyncSession, beneficiary_id: UUID) -> BeneficiaryOut:
    """Return a beneficiary whom the caller may see, without personal data. Raises BeneficiaryNotFound."""
    return (await _beneficiary(session, beneficiary_id, None))[0]


async def named_beneficiary(session: AsyncSession, beneficiary_id: UUID, why: str) -> tuple[BeneficiaryOut, int]:
    """Return a beneficiary and their version, with personal data if the caller's association enrolled them.

    why: the reason for the audit log. Raises BeneficiaryNotFound.
    """
    return await _beneficiary(session, beneficiary_id, why)


async def _beneficiary(session: AsyncSession, beneficiary_id: UUID, why: str | None) -> tuple[BeneficiaryOut, int]:
    right = await session.get(Beneficiary, beneficiary_id, populate_existing=True)
    if right is None:
        raise BeneficiaryNotFound
    persons = await opened_persons(session, [beneficiary_id], why) if why is not None else {}
    return _shown(right, persons), right.version


async def read_beneficiary(session: AsyncSession, beneficiary_id: UUID) -> tuple[BeneficiaryRead, int]:
    """Return a beneficiary with their card and pending transfer, and their version. Raises BeneficiaryNotFound.

    Personal data is opened if the caller's association enrolled them; the audit log notes it.
    """
    row = (await session.execute(_READ, {"wanted": beneficiary_id})).one_or_none()
    if row is None:
        raise BeneficiaryNotFound
    read = BeneficiaryRead(
        id=row.beneficiary_id,
        code=row.code,
        status=row.status,
        eligible_until=row.eligible_until,
        created_at=row.created_at,
        person=_opened(row) if row.sealed is not None else None,
        card=row.card,
        card_made_at=row.card_made_at,
        transfer_to=row.transfer_to,
        transfer_asked_at=row.transfer_asked_at,
    )
    return read, row.version


@dataclass(frozen=True)
class Wanted:
    """The filters of a list of beneficiaries; None does not filter."""

    status: BeneficiaryStatus | None = None
    ending_before: date | None = None
    code: str | None = None


async def beneficiaries(session: AsyncSession, which: Wanted, after: UUID | None, limit: int) -> list[BeneficiaryOut]:
    """Return up to `limit + 1` beneficiaries in the order of enrolment: the caller's own, or all for an admin."""
    wanted = select(Beneficiary).order_by(col(Beneficiary.id)).limit(limit + 1)
    if role_in(session) != Role.ADMIN:
        # Row-level security filters by this too; repeating it here lets the query use the index.
        wanted = wanted.where(col(Beneficiary.association_id) == acting_association("staff"))
    if which.status is not None:
        wanted = wanted.where(col(Beneficiary.status) == which.status)
    if which.ending_before is not None:
        wanted = wanted.where(col(Beneficiary.eligible_until) < which.ending_before)
    if which.code is not None:
        wanted = wanted.where(col(Beneficiary.code) == which.code.upper())
    if after is not None:
        wanted = wanted.where(col(Beneficiary.id) > after)
    rights = (await session.execute(wanted)).scalars().all()
    # The extra one beyond the page is not opened, because nobody will see it.
    persons = await opened_persons(session, [right.id for right in rights[:limit]], "list")
    return [_shown(right, persons) for right in rights]


async def to_do(session: AsyncSession) -> AssociationToDo:
    """Return what waits for the association that the caller works for. Raises what `require_association` raises.

    Only the people who are shown are opened.
    """
    association, today = await association_today(session)
    ours = col(Beneficiary.association_id) == acting_association("staff")
    soon = col(Beneficiary.eligible_until) <= today + ENDS_WITHIN
    ending = select(Beneficiary).where(ours, col(Beneficiary.status) == "verified", soon)
    pending = select(Beneficiary).where(ours, col(Beneficiary.status) == "pending")
    by_end = (col(Beneficiary.eligible_until), col(Beneficiary.id))
    rights = (await session.execute(ending.order_by(*by_end).limit(PEOPLE_TO_DO))).scalars().all()
    waiting = (await session.execute(pending.order_by(col(Beneficiary.id)).limit(PEOPLE_TO_DO))).scalars().all()
    persons = await opened_persons(session, [right.id for right in (*rights, *waiting)], "list")
    proposed = await agreements(session, None, "proposed", None, OTHERS_TO_DO)
    return AssociationToDo(
        today=today,
        rights=[_shown(right, persons) for right in rights],
        rights_in_all=await _count(session, ending, rights),
        pending=[_shown(right, persons) for right in waiting],
        pending_in_all=await _count(session, pending, waiting),
        transfers=(await transfers(session, "pending", None, OTHERS_TO_DO))[:OTHERS_TO_DO],
        imports=[one for one in (await imports(session, None, 3))[:3] if one.status != "done" or one.refused],
        agreements=[one for one in proposed[:OTHERS_TO_DO] if one.association.id == association.id],
    )


async def _count(session: AsyncSession, wanted: Select[Beneficiary], shown: Sequence[Beneficiary]) -> int:
    if len(shown) < PEOPLE_TO_DO:
        return len(shown)
    return (await session.scalar(select(func.count()).select_from(wanted.subquery()))) or 0


async def transfers(
    session: AsyncSession, status: TransferStatus | None, before: UUID | None, limit: int
) -> list[TransferOut]:
    """Return up to `limit + 1` transfers to or from the caller's association (any for an admin), newest first."""
    rows = await session.execute(_TRANSFERS, {"one": None, "status": status, "before": before, "most": limit + 1})
    return [TransferOut.model_validate(row) for row in rows]


async def transfer(session: AsyncSession, transfer_id: UUID) -> TransferOut:
    """Return a transfer to or from the caller's association. Raises TransferNotFound."""
    row = (
        await session.execute(_TRANSFERS, {"one": transfer_id, "status": None, "before": None, "most": 1})
    ).one_or_none()
    if row is None:
        raise TransferNotFound
    return TransferOut.model_validate(row)


async def imports(session: AsyncSession, before: UUID | None, limit: int) -> list[ImportOut]:
    """Return up to `limit + 1` imports of the caller (everybody's for an admin), newest first."""
    wanted = _imports().order_by(col(Import.id).desc()).limit(limit + 1)
    if role_in(session) != Role.ADMIN:
        wanted = wanted.where(col(Import.account_id) == caller_in(session))
    if before is not None:
        wanted = wanted.where(col(Import.id) < before)
    return [ImportOut.model_validate(row) for row in await session.execute(wanted)]


async def import_(session: AsyncSession, import_id: UUID) -> ImportOut:
    """Return an import that the caller may see. Raises ImportNotFound."""
    row = (await session.execute(_imports().where(col(Import.id) == import_id))).one_or_none()
    if row is None:
        raise ImportNotFound
    return ImportOut.model_validate(row)


@cache  # a statement takes longer to make than to run
def _imports() -> Select[*tuple[Any, ...]]:
    died = (col(Import.status) == "running") & (col(Import.seen_at) < func.app.clock() - SILENT)
    return select(
        *(col(column) for column in (Import.id, Import.lines, Import.enrolled, Import.already_enrolled)),
        *(col(column) for column in (Import.refused, Import.begun_at, Import.ended_at)),
        case((died, "interrupted"), else_=col(Import.status)).label("status"),
    )


async def opened_persons(session: AsyncSession, wanted: Sequence[UUID], why: str) -> dict[UUID, PersonOut]:
    """Return the personal data of those of these beneficiaries whom the caller may open.

    A verified association may open the people whom it enrolled, and a beneficiary their own data. why: a word for the
    audit log, which gets an entry for each person. Raises MasterKeyMissing, SealBroken.
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


async def own_support(session: AsyncSession) -> OwnSupport:
    """Return who answers for the right of the caller, a beneficiary."""
    return OwnSupport.model_validate((await session.execute(text("select * from app.own_support()"))).one())
