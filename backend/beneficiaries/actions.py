"""Enrolling beneficiaries and deciding about their right."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.beneficiaries import queries
from backend.beneficiaries.facts import AlreadyEnrolled, BornInTheFuture, CodesUsedUp, RightInThePast
from backend.beneficiaries.schemas import BeneficiaryIn, BeneficiaryOut, EnrolledOut
from backend.db import call
from backend.errors import Fact
from backend.seals import SEALED_PERSON, DataKey, identity_of, keyring, sealed_json

PARIS = ZoneInfo("Europe/Paris")

_ENROL = text(
    "select * from app.enrol_beneficiaries(:ids, :untils, :household_sizes, :sealed_persons, :identities,"
    " :wrapped_keys, :master_key, :activation_hashes)"
)


async def enrol_beneficiary(session: AsyncSession, person: BeneficiaryIn) -> EnrolledOut:
    """Enrol a person and give their code; the right has to be verified before it counts.

    From the database NotAllowed (an association that is not verified). Raises AlreadyEnrolled, RightInThePast,
    BornInTheFuture, CodesUsedUp.
    """
    if person.birth_date > today():
        raise BornInTheFuture
    [outcome] = await enrol_together(session, [person])
    if outcome.what != "enrolled":
        raise NOT_ENROLLED[outcome.what]
    assert outcome.id is not None and outcome.code is not None  # noqa: S101, PT018  whoever is enrolled has both
    return EnrolledOut(
        id=outcome.id,
        code=outcome.code,
        status="pending",
        eligible_until=person.eligible_until,
        activation_token=outcome.activation_token,
    )


NotEnrolled = Literal["already", "past", "no_code"]
NOT_ENROLLED: Mapping[NotEnrolled, type[Fact]] = {
    "already": AlreadyEnrolled,
    "past": RightInThePast,
    "no_code": CodesUsedUp,
}


@dataclass(frozen=True)
class Enrolment:
    """What became of one person. Id and code for whoever enrolled them, now or earlier, and for nobody else."""

    what: Literal["enrolled"] | NotEnrolled
    id: UUID | None
    code: str | None
    activation_token: str


def today() -> date:
    """Give the present day in Paris."""
    return datetime.now(PARIS).date()


async def enrol_together(session: AsyncSession, persons: Sequence[BeneficiaryIn]) -> list[Enrolment]:
    """Seal these people and enrol them in one statement; give what became of each, in their order.

    From the database NotAllowed. Whether somebody is born yet is for the caller to look at: what is sealed, the
    database cannot read.
    """
    ids: list[UUID] = await call(session, "new_account_ids", how_many=len(persons))
    sealed = await asyncio.to_thread(_sealed, ids, persons)
    rows = await session.execute(
        _ENROL,
        {
            "ids": ids,
            "untils": [person.eligible_until for person in persons],
            "household_sizes": [person.household_size for person in persons],
            "sealed_persons": [one.person for one in sealed],
            "identities": [one.identity for one in sealed],
            "wrapped_keys": [one.key.wrapped for one in sealed],
            "master_key": keyring().current,
            "activation_hashes": [sha256(one.token.encode()).digest() for one in sealed],
        },
    )
    return [
        Enrolment(row.outcome, row.beneficiary, row.new_code, one.token) for row, one in zip(rows, sealed, strict=True)
    ]


@dataclass(frozen=True)
class _Sealed:
    key: DataKey
    person: bytes
    identity: bytes
    token: str


def _sealed(ids: Sequence[UUID], persons: Sequence[BeneficiaryIn]) -> list[_Sealed]:
    """Seal each with a key of their own. In a thread: many of them would hold up the requests of others."""
    keys = keyring()
    made = []
    for account_id, person in zip(ids, persons, strict=True):
        key = keys.new_data_key(account_id)
        known = person.model_dump(mode="json", exclude={"eligible_until", "household_size"})
        identity = identity_of(keys, person.first_name, person.last_name, person.birth_date)
        # The database keeps what checks the token, not what is shown to the person.
        made.append(_Sealed(key, sealed_json(key, SEALED_PERSON, known), identity, secrets.token_urlsafe(32)))
    return made


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
