"""Enrolling beneficiaries and deciding about their right."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.tokens import derived_token, new_token, token_hash
from backend.beneficiaries import queries
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
    EnrolledOut,
    PersonEdit,
    PersonSought,
    TransferOut,
)
from backend.database.sessions import call, call_row
from backend.http.etags import require_revision
from backend.problems.problem import Problem
from backend.sealing.seals import SEALED_PERSON, DataKey, identity_of, keyring, opened_json, sealed_json
from backend.settings import settings

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
    # Whoever is enrolled has all of it.
    assert outcome.id is not None and outcome.code is not None and outcome.activation_token is not None  # noqa: S101, PT018
    return EnrolledOut(
        id=outcome.id,
        code=outcome.code,
        status="pending",
        eligible_until=person.eligible_until,
        activation_token=outcome.activation_token,
    )


NotEnrolled = Literal["already", "past", "no_code"]
NOT_ENROLLED: Mapping[NotEnrolled, type[Problem]] = {
    "already": AlreadyEnrolled,
    "past": RightInThePast,
    "no_code": CodesUsedUp,
}


@dataclass(frozen=True)
class Enrolment:
    """What became of one person. Id and code for whoever enrolled them, now or earlier, and for nobody else.

    With the token of the enrolment as long as it waits to be used.
    """

    what: Literal["enrolled"] | NotEnrolled
    id: UUID | None
    code: str | None
    activation_token: str | None


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
            "activation_hashes": [one.token_hash for one in sealed],
        },
    )
    secret = _activation_secret()
    return [
        Enrolment(row.outcome, row.beneficiary, row.new_code, _waiting_token(secret, row.beneficiary, row.held_token))
        for row in rows
    ]


def _activation_secret() -> bytes:
    return settings().derived_key("one-time-tokens")


def _activation_token(secret: bytes, account_id: UUID) -> str:
    """Make the token of an enrolment: made again, it is the same, and it is kept nowhere."""
    return derived_token(secret, "activate", str(account_id))


def _waiting_token(secret: bytes, account_id: UUID | None, held: bytes | None) -> str | None:
    """Give the token of an enrolment if that is the one that waits: none was used, and none took its place."""
    if account_id is None or held is None:
        return None
    token = _activation_token(secret, account_id)
    return token if token_hash(token) == held else None


@dataclass(frozen=True)
class _Sealed:
    key: DataKey
    person: bytes
    identity: bytes
    token_hash: bytes


def _sealed(ids: Sequence[UUID], persons: Sequence[BeneficiaryIn]) -> list[_Sealed]:
    """Seal each with a key of their own. In a thread: many of them would hold up the requests of others."""
    keys, secret = keyring(), _activation_secret()
    made = []
    for account_id, person in zip(ids, persons, strict=True):
        key = keys.new_data_key(account_id)
        known = person.model_dump(mode="json", exclude={"eligible_until", "household_size"})
        identity = identity_of(keys, person.first_name, person.last_name, person.birth_date)
        # The database keeps what checks the token, not what is shown to the person.
        held = token_hash(_activation_token(secret, account_id))
        made.append(_Sealed(key, sealed_json(key, SEALED_PERSON, known), identity, held))
    return made


async def correct_person(
    session: AsyncSession, beneficiary_id: UUID, wanted: PersonEdit, versions: list[int] | None
) -> None:
    """Correct who somebody is that the caller's association enrolled; the person's own key seals it anew.

    From the database BeneficiaryNotFound. Raises AlreadyEnrolled (as somebody else), BornInTheFuture,
    PreconditionFailed.
    """
    held = await call_row(session, "person_to_correct", beneficiary=beneficiary_id)
    household_size, sealed, wrapped, master_key, version = held
    require_revision(versions, version)
    changes = wanted.model_dump(mode="json", exclude_unset=True)
    if not changes:
        return
    if "birth_date" in changes and wanted.birth_date > today():
        raise BornInTheFuture
    household_size = changes.pop("household_size", household_size)
    keys = keyring()
    key = keys.data_key(beneficiary_id, wrapped, master_key)
    person: dict[str, Any] = {**cast(dict[str, Any], opened_json(key, SEALED_PERSON, sealed)), **changes}
    corrected = await call(
        session,
        "correct_person",
        beneficiary=beneficiary_id,
        new_household_size=household_size,
        new_sealed=sealed_json(key, SEALED_PERSON, person),
        new_identity=identity_of(keys, person["first_name"], person["last_name"], person["birth_date"]),
    )
    if not corrected:
        await session.commit()  # the audit log keeps that it was tried
        raise AlreadyEnrolled


async def find_beneficiary(session: AsyncSession, sought: PersonSought) -> UUID:
    """Find one's own beneficiary by who they are. Raises BeneficiaryNotFound; the search stays in the audit log."""
    identity = identity_of(keyring(), sought.first_name, sought.last_name, sought.birth_date)
    found: UUID | None = await call(session, "find_beneficiary", sought=identity)
    if found is None:
        await session.commit()
        raise BeneficiaryNotFound
    return found


async def renew_activation(session: AsyncSession, beneficiary_id: UUID) -> ActivationOut:
    """Make another token for a beneficiary's first sign-in, or for one without their password.

    From the database BeneficiaryNotFound, NotAllowed (an admin, for somebody whom an association enrolled).
    """
    token = new_token()
    ends = await call(session, "renew_activation", beneficiary=beneficiary_id, new_token_hash=token_hash(token))
    return ActivationOut(activation_token=token, expires_at=ends)


async def ask_transfer(session: AsyncSession, beneficiary_id: UUID, association_id: UUID) -> TransferOut:
    """Transfer a beneficiary to another association, once it accepts; as an admin at once.

    From the database BeneficiaryNotFound, AssociationNotFound, AlreadyThere, TransferPending.
    """
    transfer = await call(session, "ask_transfer", beneficiary=beneficiary_id, receiver=association_id)
    return await queries.transfer(session, transfer)


async def end_transfer(
    session: AsyncSession, transfer_id: UUID, how: Literal["accepted", "declined", "withdrawn"]
) -> TransferOut:
    """Accept or decline a transfer, or withdraw one's own. From the database TransferNotFound, TransferOver."""
    await call(session, "end_transfer", transfer=transfer_id, how=how)
    return await queries.transfer(session, transfer_id)


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
