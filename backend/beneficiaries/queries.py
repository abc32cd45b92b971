"""Reads of beneficiaries, under row-level security: the result depends on who asks.

Personal data is sealed with one data key a person. It is opened only for the association that enrolled them, and the
audit log has an entry for each opening.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.associations.problems import AssociationNotFound
from backend.associations.queries import agreements
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
from backend.database.plain_reads import conditions, row_of, rows_of
from backend.database.sessions import caller_in, role_in
from backend.identity.tokens import Role
from backend.sealing.seals import SEALED_PERSON, keyring, opened_json

# A batch of an import takes some tenths of a second. An import that reports nothing for this long has died.
SILENT = timedelta(seconds=60)
# A right that ends within this time is to be renewed, or not.
ENDS_WITHIN = timedelta(days=30)
PEOPLE_TO_DO, OTHERS_TO_DO = 6, 20

_OPEN = "select * from app.open_persons($1, $2)"
_TRANSFERS = "select * from app.transfers_seen($1, $2, $3, $4)"
_RIGHTS = "select id, code, status, eligible_until, created_at from app.beneficiaries where {} order by {} limit $1"
_ENDING = """
    select id, code, status, eligible_until, created_at, count(*) over () as in_all
    from app.beneficiaries where association_id = $1 and status = 'verified' and eligible_until <= $3
    order by eligible_until, id limit $2"""
_PENDING = """
    select id, code, status, eligible_until, created_at, count(*) over () as in_all
    from app.beneficiaries where association_id = $1 and status = 'pending' order by id limit $2"""
_RIGHT = "select id, code, status, eligible_until, created_at, version from app.beneficiaries where id = $1"
_WHERE = """
    select a.id, app.local_day(app.clock(), a.time_zone) as today, app.acting_association('staff') as ours
    from app.associations a where a.id = (select app.acting_association('reader'))"""
_IMPORTS = """
    select id, lines, enrolled, already_enrolled, refused, begun_at, ended_at,
           case when status = 'running' and seen_at < app.clock() - $1::interval then 'interrupted' else status end
               as status
    from app.imports where {} order by id desc limit $2"""
# Raw SQL, because cards are a feature above this one. Each part has one row at most, so the person is opened once.
_READ = """
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
    where b.id = $1
"""


async def beneficiary(session: AsyncSession, beneficiary_id: UUID) -> BeneficiaryOut:
    """Return a beneficiary whom the caller may see, without personal data. Raises BeneficiaryNotFound."""
    return (await _beneficiary(session, beneficiary_id, None))[0]


async def named_beneficiary(session: AsyncSession, beneficiary_id: UUID, why: str) -> tuple[BeneficiaryOut, int]:
    """Return a beneficiary and their version, with personal data if the caller's association enrolled them.

    why: the reason for the audit log. Raises BeneficiaryNotFound.
    """
    return await _beneficiary(session, beneficiary_id, why)


async def _beneficiary(session: AsyncSession, beneficiary_id: UUID, why: str | None) -> tuple[BeneficiaryOut, int]:
    right = await row_of(session, _RIGHT, beneficiary_id)
    if right is None:
        raise BeneficiaryNotFound
    persons = await opened_persons(session, [beneficiary_id], why) if why is not None else {}
    return _shown(right, persons), right["version"]


async def read_beneficiary(session: AsyncSession, beneficiary_id: UUID) -> tuple[BeneficiaryRead, int]:
    """Return a beneficiary with their card and pending transfer, and their version. Raises BeneficiaryNotFound.

    Personal data is opened if the caller's association enrolled them; the audit log notes it.
    """
    row = await row_of(session, _READ, beneficiary_id)
    if row is None:
        raise BeneficiaryNotFound
    person = _opened(row) if row["sealed"] is not None else None
    return BeneficiaryRead(**row, id=beneficiary_id, person=person), row["version"]


@dataclass(frozen=True)
class Wanted:
    """The filters of a list of beneficiaries; None does not filter."""

    status: BeneficiaryStatus | None = None
    ending_before: date | None = None
    code: str | None = None


async def beneficiaries(session: AsyncSession, which: Wanted, after: UUID | None, limit: int) -> list[BeneficiaryOut]:
    """Return up to `limit + 1` beneficiaries in the order of enrolment: the caller's own, or all for an admin."""
    role = "staff" if role_in(session) != Role.ADMIN else None
    wanted = (
        # Row-level security filters by this too; repeating it here lets the query use the index.
        ("association_id = (select app.acting_association({}))", role),
        ("status = {}", which.status),
        ("eligible_until < {}", which.ending_before),
        ("code = {}", which.code and which.code.upper()),
        ("id > {}", after),
    )
    where, values = conditions(wanted, limit + 1)
    rights = await rows_of(session, _RIGHTS.format(where, "id"), *values)
    # The extra one beyond the page is not opened, because nobody will see it.
    persons = await opened_persons(session, [right["id"] for right in rights[:limit]], "list")
    return [_shown(right, persons) for right in rights]


async def to_do(session: AsyncSession) -> AssociationToDo:
    """Return what waits for the association that the caller works for. Raises what `require_association` raises.

    Only the people who are shown are opened.
    """
    where = await row_of(session, _WHERE)
    if where is None:
        raise AssociationNotFound
    today, ours = where["today"], where["ours"]
    rights = await rows_of(session, _ENDING, ours, PEOPLE_TO_DO, today + ENDS_WITHIN)
    waiting = await rows_of(session, _PENDING, ours, PEOPLE_TO_DO)
    persons = await opened_persons(session, [right["id"] for right in (*rights, *waiting)], "list")
    proposed = await agreements(session, None, "proposed", None, OTHERS_TO_DO)
    return AssociationToDo(
        today=today,
        rights=[_shown(right, persons) for right in rights],
        rights_in_all=_in_all(rights),
        pending=[_shown(right, persons) for right in waiting],
        pending_in_all=_in_all(waiting),
        transfers=(await transfers(session, "pending", None, OTHERS_TO_DO))[:OTHERS_TO_DO],
        imports=[one for one in (await imports(session, None, 3))[:3] if one.status != "done" or one.refused],
        agreements=[one for one in proposed[:OTHERS_TO_DO] if one.association.id == where["id"]],
    )


def _in_all(shown: Sequence[asyncpg.Record]) -> int:
    return shown[0]["in_all"] if shown else 0


async def transfers(
    session: AsyncSession, status: TransferStatus | None, before: UUID | None, limit: int
) -> list[TransferOut]:
    """Return up to `limit + 1` transfers to or from the caller's association (any for an admin), newest first."""
    rows = await rows_of(session, _TRANSFERS, None, status, before, limit + 1)
    return [TransferOut(**row) for row in rows]


async def transfer(session: AsyncSession, transfer_id: UUID) -> TransferOut:
    """Return a transfer to or from the caller's association. Raises TransferNotFound."""
    row = await row_of(session, _TRANSFERS, transfer_id, None, None, 1)
    if row is None:
        raise TransferNotFound
    return TransferOut(**row)


async def imports(session: AsyncSession, before: UUID | None, limit: int) -> list[ImportOut]:
    """Return up to `limit + 1` imports of the caller (everybody's for an admin), newest first."""
    whose = caller_in(session) if role_in(session) != Role.ADMIN else None
    where, values = conditions((("account_id = {}", whose), ("id < {}", before)), SILENT, limit + 1)
    return [ImportOut(**row) for row in await rows_of(session, _IMPORTS.format(where), *values)]


async def import_(session: AsyncSession, import_id: UUID) -> ImportOut:
    """Return an import that the caller may see. Raises ImportNotFound."""
    row = await row_of(session, _IMPORTS.format("id = $3"), SILENT, 1, import_id)
    if row is None:
        raise ImportNotFound
    return ImportOut(**row)


async def opened_persons(session: AsyncSession, wanted: Sequence[UUID], why: str) -> dict[UUID, PersonOut]:
    """Return the personal data of those of these beneficiaries whom the caller may open.

    A verified association may open the people whom it enrolled, and a beneficiary their own data. why: a word for the
    audit log, which gets an entry for each person. Raises MasterKeyMissing, SealBroken.
    """
    if not wanted or role_in(session) == Role.ADMIN:
        return {}
    rows = await rows_of(session, _OPEN, list(wanted), why)
    return {row["beneficiary_id"]: _opened(row) for row in rows}


def _opened(row: asyncpg.Record) -> PersonOut:
    key = keyring().data_key(row["beneficiary_id"], row["wrapped"], row["master_key"])
    known = opened_json(key, SEALED_PERSON, row["sealed"])
    return PersonOut.model_validate({**dict(known), "household_size": row["household_size"]})  # type: ignore[call-overload]


def _shown(right: asyncpg.Record, persons: Mapping[UUID, PersonOut]) -> BeneficiaryOut:
    return BeneficiaryOut(**right, person=persons.get(right["id"]))


async def own_support(session: AsyncSession) -> OwnSupport:
    """Return who answers for the right of the caller, a beneficiary."""
    return OwnSupport.model_validate((await session.execute(text("select * from app.own_support()"))).one())
