"""What an admin has to decide about, under row-level security."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.accounts.models import Account
from backend.administration.models import Association, Collector
from backend.administration.schemas import AssociationOut, CollectorOut, Standing

_EMAIL = (col(Account.email), col(Account.email_verified_at).is_not(None).label("email_verified"))
_ASSOCIATIONS = select(
    col(Association.id), col(Association.name), col(Association.status), col(Association.created_at), *_EMAIL
).join(Account, col(Account.id) == col(Association.id))
_COLLECTORS = select(
    col(Collector.id), col(Account.display_name), col(Collector.status), col(Collector.created_at), *_EMAIL
).join(Account, col(Account.id) == col(Collector.id))


async def associations(
    session: AsyncSession, status: Standing | None, after: UUID | None, limit: int
) -> list[AssociationOut]:
    """Give one association more than a page, in the order of registration."""
    rows = await session.execute(_page(_ASSOCIATIONS, Association, status, after, limit))
    return [AssociationOut.model_validate(row) for row in rows]


async def collectors(
    session: AsyncSession, status: Standing | None, after: UUID | None, limit: int
) -> list[CollectorOut]:
    """Give one collector more than a page, in the order of registration."""
    rows = await session.execute(_page(_COLLECTORS, Collector, status, after, limit))
    return [CollectorOut.model_validate(row) for row in rows]


async def association(session: AsyncSession, association_id: UUID) -> AssociationOut:
    """Give an association that was just decided about."""
    row = (await session.execute(_ASSOCIATIONS.where(col(Association.id) == association_id))).one()
    return AssociationOut.model_validate(row)


async def collector(session: AsyncSession, collector_id: UUID) -> CollectorOut:
    """Give a collector that was just decided about."""
    return CollectorOut.model_validate(
        (await session.execute(_COLLECTORS.where(col(Collector.id) == collector_id))).one()
    )


def _page(
    of: Select[*tuple[Any, ...]],
    table: type[Association] | type[Collector],
    status: Standing | None,
    after: UUID | None,
    limit: int,
) -> Select[*tuple[Any, ...]]:
    wanted = of.order_by(col(table.id)).limit(limit + 1)
    if status is not None:
        wanted = wanted.where(col(table.status) == status)
    if after is not None:
        wanted = wanted.where(col(table.id) > after)
    return wanted
