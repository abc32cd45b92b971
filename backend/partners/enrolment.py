"""Take the people whom a program sends: check each, seal their names at once, and queue them for the worker."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.beneficiaries.actions import Sealed, sealed_people
from backend.beneficiaries.problems import BornInTheFuture
from backend.beneficiaries.schemas import BeneficiaryIn
from backend.database.sessions import call_row
from backend.http.error_handlers import field_errors
from backend.partners.external_ids import external_look_up, sealed_external
from backend.partners.schemas import BatchOut, Identified, PartnerPersonIn, PeopleIn
from backend.problems.problem import FieldError, problem_texts
from backend.problems.texts import Language
from backend.sealing.identities import METHOD
from backend.sealing.seals import keyring
from backend.settings import settings

_FILL = text(
    "select app.fill_batch(:batch, :lookups, :externals, :ends, :wrong, :ids, :untils, :household_sizes,"
    " :sealed_persons, :identities, :former_identities, :method, :wrapped_keys, :master_key, :activation_hashes)"
)


@dataclass(frozen=True)
class _Read:
    """A person as checked: one to enrol, one whose right ends, or what is wrong."""

    external_id: str
    ends: bool
    person: PartnerPersonIn | None
    wrong: Sequence[FieldError]


async def take(session: AsyncSession, client: UUID, sent: PeopleIn, language: Language) -> BatchOut:
    """Take people as a batch, which the worker enrols. The session acts for the client.

    Raises RequestValidationError for an external id that is wrong or sent twice; the database raises MandateMissing,
    MandateWhich.
    """
    external_ids = _external_ids(sent.people)
    batch, association, today, ids = await call_row(
        session, "begin_batch", client=client, wanted=sent.association_id, how_many=len(sent.people)
    )
    read = await asyncio.to_thread(_checked, sent.people, external_ids, today, language)
    values = await asyncio.to_thread(_values, read, ids, association, client)
    await session.execute(_FILL, {"batch": batch, **values})
    return BatchOut(id=batch, association_id=association, people=len(read), status="queued")


def _external_ids(people: Sequence[Any]) -> list[str]:
    """Return the external ids. Raises RequestValidationError: an answer by id needs an id that is right."""
    found: list[str] = []
    wrong: list[Any] = []
    seen: set[str] = set()
    for place, person in enumerate(people):
        if not isinstance(person, dict):
            wrong.append({"type": "model_attributes_type", "loc": ("body", "people", place)})
            continue
        try:
            named = {name: value for name, value in person.items() if name == "external_id"}
            external_id = Identified.model_validate(named).external_id
        except ValidationError as error:
            wrong += [{**one, "loc": ("body", "people", place, *one["loc"])} for one in error.errors()]
            continue
        if external_id in seen:
            wrong.append({"type": "external_id_twice", "loc": ("body", "people", place, "external_id")})
        seen.add(external_id)
        found.append(external_id)
    if wrong:
        raise RequestValidationError(wrong)
    return found


def _checked(people: Sequence[Any], external_ids: Sequence[str], today: date, language: Language) -> list[_Read]:
    """Check each person by themselves. Runs in a thread."""
    return [_read(person, name, today, language) for person, name in zip(people, external_ids, strict=True)]


def _read(sent: Any, external_id: str, today: date, language: Language) -> _Read:
    if sent.get("ended") is True:
        return _Read(external_id, True, None, ())
    try:
        person = PartnerPersonIn.model_validate(sent)
    except ValidationError as invalid:
        wrong = field_errors(invalid.errors(include_url=False, include_input=False), language)
        return _Read(external_id, False, None, wrong)
    if person.birth_date > today:
        message = problem_texts(BornInTheFuture, language)[1]
        return _Read(
            external_id, False, None, [FieldError(field="birth_date", code=BornInTheFuture.code, message=message)]
        )
    return _Read(external_id, False, person, ())


def _values(read: Sequence[_Read], ids: Sequence[UUID], association: UUID, client: UUID) -> dict[str, Any]:
    """Return what the database is given: nothing of a person but sealed, and keyed hashes. Runs in a thread."""
    keys, chosen = keyring(), settings()
    look_ups = [external_look_up(keys, association, client, one.external_id) for one in read]
    to_enrol = [(account_id, one.person) for account_id, one in zip(ids, read, strict=True) if one.person is not None]
    people = [
        BeneficiaryIn.model_validate(person.model_dump(exclude={"external_id", "ended"})) for _, person in to_enrol
    ]
    sealed = iter(sealed_people([account_id for account_id, _ in to_enrol], people))
    each: list[tuple[UUID, PartnerPersonIn, Sealed] | None] = [
        None if one.person is None else (account_id, one.person, next(sealed))
        for account_id, one in zip(ids, read, strict=True)
    ]
    return {
        "lookups": look_ups,
        "externals": [
            sealed_external(chosen, look_up, one.external_id) for look_up, one in zip(look_ups, read, strict=True)
        ],
        "ends": [one.ends for one in read],
        "wrong": [to_json([error.model_dump() for error in one.wrong]).decode() if one.wrong else None for one in read],
        "ids": [one and one[0] for one in each],
        "untils": [one and one[1].eligible_until for one in each],
        "household_sizes": [one and one[1].household_size for one in each],
        "sealed_persons": [one and one[2].person for one in each],
        "identities": [one and one[2].identity.present for one in each],
        "former_identities": [one and one[2].identity.former for one in each],
        "method": METHOD,
        "wrapped_keys": [one and one[2].key.wrapped for one in each],
        "master_key": keys.current,
        "activation_hashes": [one and one[2].token_hash for one in each],
    }
