"""Reads of mandates and of people whom programs sent. The acts decide who sees which."""

from typing import Any
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy import Integer, Uuid, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.acts import Acts
from backend.partners.external_ids import opened_external
from backend.partners.problems import BatchNotFound, MandateNotFound
from backend.partners.schemas import (
    BatchRead,
    ClientMandate,
    ClientMandates,
    EnrolledElsewhere,
    MandateOut,
    PersonOutcome,
    WrongField,
)
from backend.problems.problem import known_problems, problem_texts
from backend.problems.texts import Language, field_text
from backend.settings import settings

_MANDATE = (
    "id",
    "association_id",
    "association_name",
    "client_id",
    "client_name",
    "organisation_id",
    "organisation_name",
    "territory_code",
    "granted_at",
    "ended_at",
    "in_force",
)
_ELSEWHERE = ("id", "lookup", "sealed_external", "client_id", "client_name", "organisation_name", "seen_at")


async def mandates(
    session: AsyncSession, organisation: UUID | None, after: UUID | None, limit: int
) -> list[MandateOut]:
    """Return up to `limit + 1` mandates, oldest first: of an organisation's clients, or of the caller's association.

    The database raises OrganisationNotFound, AssociationNotFound, WhichAssociation.
    """
    return await _mandates(session, organisation, limit + 1, after, None)


async def mandate(session: AsyncSession, mandate_id: UUID) -> MandateOut:
    """Return a mandate of the caller's association. Raises MandateNotFound."""
    found = await _mandates(session, None, 1, None, mandate_id)
    if not found:
        raise MandateNotFound
    return found[0]


async def client_mandates(acts: Acts, client: UUID) -> ClientMandates:
    """Return the associations that an API client may enrol people for."""
    rows = await acts.rows("client_mandates", client=client)
    return ClientMandates(
        data=[
            ClientMandate(association_id=row["association_id"], association=row["name"], granted_at=row["granted_at"])
            for row in rows
        ]
    )


async def batch(acts: Acts, client: UUID, batch_id: UUID, language: Language) -> BatchRead:
    """Return a batch of an API client with what became of each person. Raises BatchNotFound."""
    rows = await acts.rows("client_batch", client=client, batch=batch_id)
    if not rows:
        raise BatchNotFound
    return BatchRead(
        id=batch_id,
        association_id=rows[0]["association_id"],
        people=len(rows),
        status=rows[0]["status"],
        results=[
            PersonOutcome(
                external_id=opened_external(settings(), row["lookup"], row["sealed_external"]),
                outcome=row["outcome"] or "queued",
                errors=[_wrong(error, language) for error in from_json(row["errors"] or "[]")],
            )
            for row in rows
        ],
    )


def _wrong(error: dict[str, str], language: Language) -> WrongField:
    """Return an error in words: a problem's if the database refused, otherwise a field's."""
    kind = known_problems().get(error["code"])
    message = error.get("message") or (
        problem_texts(kind, language)[1] if kind is not None else field_text(error["code"], language)
    )
    return WrongField(field=error["field"], code=error["code"], message=message)


async def enrolled_elsewhere(session: AsyncSession, before: UUID | None, limit: int) -> list[EnrolledElsewhere]:
    """Return up to `limit + 1` people whom programs sent and who are enrolled elsewhere, newest first.

    The database raises AssociationNotFound, WhichAssociation, SecondFactorRequired.
    """
    found = func.app.enrolled_elsewhere(cast(limit + 1, Integer), cast(before, Uuid))
    rows = await session.execute(select(found.table_valued(*_ELSEWHERE)))
    return [
        EnrolledElsewhere(
            id=row.id,
            external_id=opened_external(settings(), row.lookup, row.sealed_external),
            client_id=row.client_id,
            client=row.client_name,
            organisation=row.organisation_name,
            sent_at=row.seen_at,
        )
        for row in rows
    ]


async def _mandates(
    session: AsyncSession, organisation: UUID | None, most: int, after: UUID | None, wanted: UUID | None
) -> list[MandateOut]:
    found = func.app.mandates_seen(cast(organisation, Uuid), cast(most, Integer), cast(after, Uuid), cast(wanted, Uuid))
    return [_mandate(row) for row in await session.execute(select(found.table_valued(*_MANDATE)))]


def _mandate(row: Any) -> MandateOut:
    return MandateOut(
        id=row.id,
        association_id=row.association_id,
        association=row.association_name,
        client_id=row.client_id,
        client=row.client_name,
        organisation_id=row.organisation_id,
        organisation=row.organisation_name,
        territory=row.territory_code,
        granted_at=row.granted_at,
        ended_at=row.ended_at,
        in_force=row.in_force,
    )
