"""Reads of organisations. The act decides who sees which."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.organisations.problems import OrganisationNotFound
from backend.organisations.schemas import OrganisationOut

_COLUMNS = (
    "id",
    "name",
    "kind",
    "siren",
    "territory_code",
    "territory_name",
    "status",
    "version",
    "created_at",
    "role",
)


async def organisations(session: AsyncSession, after: UUID | None, limit: int) -> list[OrganisationOut]:
    """Return up to `limit + 1` organisations that the caller sees, oldest first."""
    return [_organisation(row) for row in await _seen(session, limit + 1, after, None)]


async def organisation(session: AsyncSession, organisation_id: UUID) -> tuple[OrganisationOut, int]:
    """Return an organisation and its version. Raises OrganisationNotFound."""
    found = await _seen(session, 1, None, organisation_id)
    if not found:
        raise OrganisationNotFound
    return _organisation(found[0]), found[0].version


async def _seen(session: AsyncSession, most: int, after: UUID | None, wanted: UUID | None) -> list[Any]:
    found = func.app.organisations_seen(cast(most, Integer), cast(after, Uuid), cast(wanted, Uuid))
    return list(await session.execute(select(found.table_valued(*_COLUMNS))))


def _organisation(row: Any) -> OrganisationOut:
    return OrganisationOut(
        id=row.id,
        name=row.name,
        kind=row.kind,
        siren=row.siren,
        territory=row.territory_code,
        territory_name=row.territory_name,
        status=row.status,
        role=row.role,
        created_at=row.created_at,
    )
