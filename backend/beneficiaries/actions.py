"""Enrol, correct, find and transfer beneficiaries, and decide about their right."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast
from uuid import UUID

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
    RightTooLong,
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
from backend.sealing.identities import METHOD, Identity, identity_of
from backend.sealing.seals import SEALED_PERSON, DataKey, keyring, opened_json, sealed_json
from backend.settings import settings

_ENROL = text(
    "select * from app.enrol_beneficiaries(:ids, :untils, :household_sizes, :sealed_persons, :identities,"
    " :former_identities, :method, :wrapped_keys, :master_key, :activation_hashes)"
)


async def enrol_beneficiary(session: AsyncSession, person: BeneficiaryIn) -> EnrolledOut:
    """Enrol a person and return their code. Their right counts only once it is verified.

    Raises AlreadyEnrolled, RightInThePast, RightTooLong, BornInTheFuture, CodesUsedUp; the database raises NotAllowed
    when the association is not verified.
    """
    if person.birth_date > await today(session):
        raise BornInTheFuture
    [enrolment] = await enrol_together(session, [person])
    if enrolment.outcome != "enrolled":
        raise NOT_ENROLLED[enrolment.outcome]
    # An enrolled person always has these three.
    assert enrolment.id is not None and enrolment.code is not None and enrolment.activation_token is not None  # noqa: S101, PT018
    return EnrolledOut(
        id=enrolment.id,
        code=enrolment.code,
        status="pending",
        eligible_until=person.eligible_until,
        activation_token=enrolment.activation_token,
    )


NotEnrolled = Literal["already", "past", "too_long", "no_code"]
NOT_ENROLLED: Mapping[NotEnrolled, type[Problem]] = {
    "already": AlreadyEnrolled,
    "past": RightInThePast,
    "too_long": RightTooLong,
    "no_code": CodesUsedUp,
}


@dataclass(frozen=True)
class Enrolment:
    """The result of enrolling one person.

    Id and code are None unless the caller enrolled this person, now or earlier. The token is that of the enrolment;
    it is None once it has been used or replaced.
    """

    outcome: Literal["enrolled"] | NotEnrolled
    id: UUID | None
    code: str | None
    activation_token: str | None


async def today(session: AsyncSession) -> date:
    """Return the current date where the caller's association is; in Paris for an admin."""
    day: date = await call(session, "own_day")
    return day


async def enrol_together(session: AsyncSession, persons: Sequence[BeneficiaryIn]) -> list[Enrolment]:
    """Seal these people's data and enrol them in one statement; return one result each, in their order.

    The caller checks that no date of birth is in the future: the database cannot read what is sealed. The database
    raises NotAllowed.
    """
    ids: list[UUID] = await call(session, "new_account_ids", how_many=len(persons))
    sealed = await asyncio.to_thread(sealed_people, ids, persons)
    rows = await session.execute(
        _ENROL,
        {
            "ids": ids,
            "untils": [person.eligible_until for person in persons],
            "household_sizes": [person.household_size for person in persons],
            "sealed_persons": [one.person for one in sealed],
            "identities": [one.identity.present for one in sealed],
            "former_identities": [one.identity.former for one in sealed],
            "method": METHOD,
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
    """Return the token of an enrolment. It is derived, so that it is the same each time and need not be stored."""
    return derived_token(secret, "activate", str(account_id))


def _waiting_token(secret: bytes, account_id: UUID | None, held: bytes | None) -> str | None:
    """Return the token of an enrolment; None when it has been used or replaced. held: the hash of the unused token."""
    if account_id is None or held is None:
        return None
    token = _activation_token(secret, account_id)
    return token if token_hash(token) == held else None


@dataclass(frozen=True)
class Sealed:
    """The columns of a person that the database gets, sealed."""

    key: DataKey
    person: bytes
    identity: Identity
    token_hash: bytes


def sealed_people(ids: Sequence[UUID], persons: Sequence[BeneficiaryIn]) -> list[Sealed]:
    """Seal each person with a key of their own. Runs in a thread, because many people would delay other requests."""
    keys, secret = keyring(), _activation_secret()
    made = []
    for account_id, person in zip(ids, persons, strict=True):
        key = keys.new_data_key(account_id)
        known = person.model_dump(mode="json", exclude={"eligible_until", "household_size"})
        identity = identity_of(keys, person.first_name, person.last_name, person.birth_date)
        # The database stores only the hash of the token that the person is given.
        held = token_hash(_activation_token(secret, account_id))
        made.append(Sealed(key, sealed_json(key, SEALED_PERSON, known), identity, held))
    return made


async def correct_person(
    session: AsyncSession, beneficiary_id: UUID, wanted: PersonEdit, versions: list[int] | None
) -> None:
    """Correct the data of a person whom the caller's association enrolled, and seal it again with the person's own key.

    Raises AlreadyEnrolled when the corrected person is enrolled as another beneficiary; BornInTheFuture,
    PreconditionFailed; the database raises BeneficiaryNotFound.
    """
    held = await call_row(session, "person_to_correct", beneficiary=beneficiary_id)
    household_size, sealed, wrapped, master_key, version = held
    require_revision(versions, version)
    changes = wanted.model_dump(mode="json", exclude_unset=True)
    if not changes:
        return
    if "birth_date" in changes and wanted.birth_date > await today(session):
        raise BornInTheFuture
    household_size = changes.pop("household_size", household_size)
    keys = keyring()
    key = keys.data_key(beneficiary_id, wrapped, master_key)
    person: dict[str, Any] = {**cast(dict[str, Any], opened_json(key, SEALED_PERSON, sealed)), **changes}
    identity = identity_of(keys, person["first_name"], person["last_name"], person["birth_date"])
    corrected = await call(
        session,
        "correct_person",
        beneficiary=beneficiary_id,
        new_household_size=household_size,
        new_sealed=sealed_json(key, SEALED_PERSON, person),
        new_identity=identity.present,
        former_identity=identity.former,
        method=METHOD,
    )
    if not corrected:
        await session.commit()  # so that the audit log keeps the attempt
        raise AlreadyEnrolled


async def find_beneficiary(session: AsyncSession, sought: PersonSought) -> UUID:
    """Return the id of the caller's own beneficiary with this name and date of birth.

    Raises BeneficiaryNotFound; the audit log keeps the search all the same.
    """
    identity = identity_of(keyring(), sought.first_name, sought.last_name, sought.birth_date)
    found: UUID | None = await call(
        session, "find_beneficiary", sought=identity.present, formerly=identity.former, method=METHOD
    )
    if found is None:
        await session.commit()
        raise BeneficiaryNotFound
    return found


async def renew_activation(session: AsyncSession, beneficiary_id: UUID) -> ActivationOut:
    """Make a new token with which a beneficiary signs in for the first time or sets a new password.

    The database raises BeneficiaryNotFound, and NotAllowed for an admin.
    """
    token = new_token()
    ends = await call(session, "renew_activation", beneficiary=beneficiary_id, new_token_hash=token_hash(token))
    return ActivationOut(activation_token=token, expires_at=ends)


async def ask_transfer(session: AsyncSession, beneficiary_id: UUID, association_id: UUID) -> TransferOut:
    """Ask another association to take a beneficiary over.

    The database raises BeneficiaryNotFound, AssociationNotFound, AlreadyThere, TransferPending.
    """
    transfer = await call(session, "ask_transfer", beneficiary=beneficiary_id, receiver=association_id)
    return await queries.transfer(session, transfer)


async def end_transfer(
    session: AsyncSession, transfer_id: UUID, how: Literal["accepted", "declined", "withdrawn"]
) -> TransferOut:
    """Accept or decline a transfer, or withdraw it.

    The database raises TransferNotFound, TransferOver, SecondAdminNeeded, NotAllowed.
    """
    await call(session, "end_transfer", transfer=transfer_id, how=how)
    return await queries.transfer(session, transfer_id)


async def set_status(
    session: AsyncSession, beneficiary_id: UUID, status: Literal["verified", "suspended"]
) -> BeneficiaryOut:
    """Verify or suspend a beneficiary, with effect at once. The database raises BeneficiaryNotFound."""
    await call(session, "set_beneficiary_status", beneficiary=beneficiary_id, new_status=status)
    return await queries.beneficiary(session, beneficiary_id)


async def renew(session: AsyncSession, beneficiary_id: UUID, until: date) -> BeneficiaryOut:
    """Set the last day of a right. The database raises BeneficiaryNotFound, RightInThePast, RightTooLong."""
    await call(session, "renew_beneficiary", beneficiary=beneficiary_id, until=until)
    return await queries.beneficiary(session, beneficiary_id)
